"""Regular expressions of contracts, made to compile in the engine that validates."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

BACKTRACK_LIMIT = 100_000
"""Steps a lookaround or backreference may take on one text. Patterns without them run in linear time."""

_SLASHES = re.compile(r"/(?P<body>.*)/(?P<flags>[a-z]*)", re.DOTALL)
_LARGE_COUNT = re.compile(r"\{(?P<least>[0-9]+),[0-9]{3,}\}")
_REPAIRS = ((r"\A", "^"), (r"\Z", "$"), (r"\z", "$"), ("(?P<", "(?<"), ("[^]", r"[\s\S]"), (r"\_", "_"))


def pattern_options() -> Any:
    """Return the engine's options: linear time where possible, bounded backtracking elsewhere."""
    import jsonschema_rs  # noqa: PLC0415 (44 ms; most processes never compile a schema)

    return jsonschema_rs.FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT)


@lru_cache(maxsize=4096)
def usable_pattern(pattern: str) -> str | None:
    """Return the pattern, or what its author must have meant, as the validator compiles it; None if hopeless."""
    match = _SLASHES.fullmatch(pattern)
    if match:
        flags = "".join(flag for flag in match["flags"] if flag in "ims")
        pattern = f"(?{flags}){match['body']}" if flags else match["body"]
    if _compiles(pattern):
        return pattern
    for wrong, right in _REPAIRS:
        pattern = pattern.replace(wrong, right)
    if _compiles(pattern):
        return pattern
    # thousands of counted repetitions outgrow the engine; the least number is kept, `maxLength` can bound the rest
    pattern = _LARGE_COUNT.sub(r"{\g<least>,}", pattern)
    return pattern if _compiles(pattern) else None


def _compiles(pattern: str) -> bool:
    import jsonschema_rs  # noqa: PLC0415 (44 ms; most contracts have no patterns)

    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=pattern_options())
    except ValueError:
        return False
    return True
