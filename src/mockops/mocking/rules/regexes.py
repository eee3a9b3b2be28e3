"""Regular expressions that people supply: RE2 alone, so that no text can make one run long."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mockops.mocking.model import StubInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_CHARACTERS = 10_000
_MAX_MEMORY_BYTES = 8 << 20


def quiet_options() -> Any:
    """Return RE2's options for patterns from outside: bounded memory, nothing written to stderr."""
    import re2  # noqa: PLC0415 (10 ms, and most stubs have no regular expression)

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    return options


@lru_cache(maxsize=4096)
def compile_regex(pattern: str) -> Callable[[str], bool]:
    """Return a test of whether a whole text matches `pattern`, in RE2 syntax.

    Raises:
        StubInvalid: RE2 does not take it; look-around and back references are what it lacks.

    """
    import re2  # noqa: PLC0415 (10 ms, and most stubs have no regular expression)

    if len(pattern) > _MAX_CHARACTERS:
        raise StubInvalid(
            f"the regular expression has {len(pattern)} characters; at most {_MAX_CHARACTERS} are allowed"
        )
    try:
        compiled = re2.compile(pattern, quiet_options())
    except re2.error as error:
        raise StubInvalid(explain_refusal(pattern, error)) from error

    def matches(text: str) -> bool:
        return compiled.fullmatch(text) is not None

    return matches


def explain_refusal(pattern: str, error: Exception) -> str:
    """Say why RE2 does not take a pattern, and what to write instead."""
    reason = error.args[0] if error.args else error
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    advice = ""
    if any(token in pattern for token in ("(?=", "(?!", "(?<=", "(?<!")):
        advice = "; RE2 has no look-ahead and look-behind: exclude with not_regex or not_contains"
    elif "invalid escape sequence" in text and any(f"\\{digit}" in pattern for digit in range(1, 10)):
        advice = "; back references are not available in RE2"
    return f"the regular expression {pattern!r} is not RE2 syntax: {text}{advice}"
