"""Path parameters that share a segment (`{lat},{lon}.{format}`), divided so that each is what it may be.

A template alone does not say where `1.5.json` parts into `{lat}.{format}`: the schemas of the parameters do.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_SHARED = re.compile(r"\}[^/{}]*\{")
_MAX_DIVISIONS = 64
_MAX_NAMES = 7


def has_shared_segment(template: str) -> bool:
    """Tell whether any segment of a path template holds more than one parameter."""
    return _SHARED.search(template) is not None


def divide(template: str, params: dict[str, str], fits: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    """Return path parameters so divided that they fit.

    Args:
        template: The path template, with a shared segment.
        params: Decoded values by name, divided in any way.
        fits: Says whether values are what their schemas allow. Of the divisions that fit, the one is returned where
            each value is as short as possible from the left; before a parameter that follows without anything
            between, such as an extension, the last full stop is tried first. About 64 divisions are tried at most.

    """
    found = params
    for segment in template.split("/"):
        literals, names = _PARAMETER.split(segment)[::2], _PARAMETER.findall(segment)
        names = [name.strip("+") for name in names]
        if not 2 <= len(names) <= _MAX_NAMES or not found.keys() >= {*names}:
            continue
        text = "".join(found[name] + after for name, after in zip(names, (*literals[1:-1], ""), strict=True))
        most = round(_MAX_DIVISIONS ** (1 / (len(names) - 1)))
        divided = [dict(zip(names, values, strict=True)) for values in _divisions(text, literals[1:-1], most)]
        tried = [{**found, **one} for one in divided]
        found = next((one for one in tried if fits(one)), tried[0] if tried else found)
    return found


def _divisions(text: str, between: list[str], most: int) -> Iterator[tuple[str, ...]]:
    """Yield the ways to part a text into non-empty values at marks, for each mark at the first `most` places."""
    if not between:
        yield (text,)
        return
    mark, *rest = between
    for at in islice(_places(text, mark), most):
        for others in _divisions(text[at + len(mark) :], rest, most):
            yield (text[:at], *others)


def _places(text: str, mark: str) -> Iterator[int]:
    """Yield where a mark stands in a text, with something before and after it."""
    dot = text.rfind(".") if not mark else -1
    if dot > 0:
        yield dot
    at = text.find(mark, 1)
    while 0 < at < len(text) - len(mark):
        if at != dot:
            yield at
        at = text.find(mark, at + 1)
