"""JSONPath (RFC 9535): compiled once; plain member and index paths need no library."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import UNSET, UnsetType

from mockops.mocking.model import StubInvalid
from mockops.mocking.rules.regexes import compile_regex

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json

_STEP = re.compile(r"""\.([A-Za-z_][A-Za-z_0-9]*)|\['([^'\\]*)'\]|\["([^"\\]*)"\]|\[(0|[1-9][0-9]{0,8})\]""")


@lru_cache(maxsize=4096)
def compile_json_path(path: str) -> Callable[[Json], Json | UnsetType]:
    """Return a function from a JSON value to the first value that `path` selects in it, or UNSET.

    Raises:
        StubInvalid: The path is not RFC 9535 JSONPath.

    """
    steps = _simple_steps(path)
    if steps is not None:
        return lambda value: _follow(value, steps)
    query = _compile(path)

    def first(value: Json) -> Json | UnsetType:
        try:
            node = query.find_one(value)
        except _failures():
            return UNSET
        return UNSET if node is None else node.value

    return first


def _simple_steps(path: str) -> tuple[str | int, ...] | None:
    """Return the steps of a path that is nothing but members and indexes, or None."""
    if not path.startswith("$"):
        return None
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return None
        dotted, single, double, index = match.groups()
        steps.append(int(index) if index is not None else next(n for n in (dotted, single, double) if n is not None))
        at = match.end()
    return tuple(steps)


def _follow(value: Json, steps: tuple[str | int, ...]) -> Json | UnsetType:
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return UNSET
        elif not isinstance(value, list) or step >= len(value):
            return UNSET
        value = value[step]
    return value


def _compile(path: str) -> Any:
    from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415 (70 ms, needed by few stubs)

    try:
        return _environment().compile(path)
    except (JSONPathError, RecursionError) as error:
        raise StubInvalid(
            f"{path!r} is not JSONPath (RFC 9535): {error}; it starts with $, and filters read ?@.name == 'x'"
        ) from error


@lru_cache(maxsize=1)
def _failures() -> tuple[type[Exception], ...]:
    from jsonpath_rfc9535 import JSONPathError  # noqa: PLC0415 (loaded when the path was compiled)

    return (JSONPathError, RecursionError)


@lru_cache(maxsize=1)
def _environment() -> Any:
    """Return a JSONPath environment whose `match` and `search` run on RE2."""
    from jsonpath_rfc9535 import JSONPathEnvironment  # noqa: PLC0415 (70 ms, needed by few stubs)
    from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction  # noqa: PLC0415 (as above)

    class OnRe2(FilterFunction):
        arg_types: ClassVar[list[Any]] = [ExpressionType.VALUE, ExpressionType.VALUE]
        return_type = ExpressionType.LOGICAL

        def __init__(self, frame: str) -> None:
            self._frame = frame

        def __call__(self, text: object, pattern: object) -> bool:
            if not isinstance(text, str) or not isinstance(pattern, str):
                return False
            try:
                return compile_regex(self._frame % pattern)(text)
            except StubInvalid:
                return False  # RFC 9535 section 2.4.6: what is no I-Regexp matches nothing

    environment = JSONPathEnvironment()
    environment.function_extensions["match"] = OnRe2("%s")
    environment.function_extensions["search"] = OnRe2("(?s:.*)(?:%s)(?s:.*)")
    return environment
