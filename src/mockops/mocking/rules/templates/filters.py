"""The filters that templates may use, each bounded by what it would make."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Set as AnySet
from typing import TYPE_CHECKING, Any

import msgspec
from jinja2 import pass_context
from jinja2.filters import FILTERS

from mockops.mocking.model import TemplateFailed
from mockops.mocking.rules.templates.budget import CHARACTERS_PER_STEP
from mockops.mocking.rules.templates.values import json_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jinja2.runtime import Context

    from mockops.mocking.rules.templates.budget import Budget

BUDGET = "the budget"
"""Where a render's context keeps its budget: no template can name what has a space in it."""

_AS_THEY_ARE = [
    "abs",
    "batch",
    "capitalize",
    "center",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "wordcount",
    "wordwrap",
]
_LOOK_DEEP = frozenset({"dictsort", "groupby", "join", "max", "min", "sort", "string", "unique"})
_SIZED = (str, list, tuple, range, AnySet, dict)
_MAX_WIDTH = 10_000
_WIDTH = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(\*|\d+)?(?:\.(\*|\d+))?")


def budget_of(context: Context) -> Budget:
    """Return the budget of the render that is going on."""
    budget: Budget = context.parent[BUDGET]
    return budget


def check_width(*widths: object) -> None:
    """Refuse a width or count that would make something huge."""
    for width in widths:
        if isinstance(width, int) and abs(width) > _MAX_WIDTH:
            raise TemplateFailed(f"a width or count of {width} is more than {_MAX_WIDTH}")


def check_format(pattern: object) -> None:
    """Refuse a `%` format whose width or precision would make something huge, or comes from outside."""
    for width, precision in _WIDTH.findall(str(pattern)):
        for number in (width, precision):
            if number == "*":
                raise TemplateFailed("a format's width must be written out, not '*'")
            check_width(int(number[:9]) if number else 0)


def _replaced(text: object, old: object = "", new: object = "", *_: object) -> int:
    old_text, new_text = str(old), str(new)
    return str(text).count(old_text) * len(new_text) if isinstance(text, str) else 0


def _joined(items: object, separator: object = "", *_: object, **__: object) -> int:
    return len(items) * len(str(separator)) if isinstance(items, list | tuple | str | dict) else 0


def _indented(text: object, width: object = 4, *_: object, **__: object) -> int:
    check_width(width)
    size = len(width) if isinstance(width, str) else int(width) if isinstance(width, int) else 0
    return (str(text).count("\n") + 1) * size


def _wrapped(text: object, width: object = 79, long: object = True, wrapstring: object = None, *_: object) -> int:
    check_width(width)
    lines = len(str(text)) // max(1, width if isinstance(width, int) else 1) + str(text).count("\n") + 1
    return lines * len(str(wrapstring or ""))


def _widths(_: object, *widths: object, **named: object) -> int:
    check_width(*widths, *named.values())
    return sum(abs(width) for width in widths if isinstance(width, int))


def _formatted(pattern: object, *_: object, **__: object) -> int:
    check_format(pattern)
    return 0


COSTS: dict[str, Callable[..., int]] = {
    "batch": _widths,
    "center": _widths,
    "ljust": _widths,
    "rjust": _widths,
    "zfill": _widths,
    "slice": _widths,
    "format": _formatted,
    "indent": _indented,
    "join": _joined,
    "replace": _replaced,
    "round": _widths,
    "wordwrap": _wrapped,
}
"""The characters (at most) that a filter or text method adds to what goes in, by its name."""


_PASSED: dict[str, Callable[[Context], Any]] = {
    "context": lambda context: context,
    "eval_context": lambda context: context.eval_ctx,
    "environment": lambda context: context.environment,
}


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap one of Jinja2's filters so that it pays for what it reads and makes before it does."""
    wants = getattr(getattr(function, "jinja_pass_arg", None), "name", "")
    cost = COSTS.get(name)
    is_deep = name in _LOOK_DEEP

    @pass_context
    def run(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        budget = budget_of(context)
        if is_deep:
            budget.weigh(value)
        if isinstance(value, _SIZED):
            budget.spend(1 + len(value) // (CHARACTERS_PER_STEP if isinstance(value, str) else 1))
        if cost is not None:
            budget.spend_text(cost(value, *args, **kwargs))
        if not wants:
            result = function(value, *args, **kwargs)
        else:
            result = function(_PASSED[wants](context), value, *args, **kwargs)
        if isinstance(result, str | list):
            budget.spend_text(len(result))
        return result

    return run


@pass_context
def count_loop(context: Context, items: Iterable[Any], steps: int) -> Iterator[Any]:
    """Yield the items of a loop; each costs what its body does."""
    budget = budget_of(context)
    for item in items:
        budget.spend(steps)
        yield item


@pass_context
def weigh(context: Context, value: Any) -> Any:
    """Return the value, its size paid for."""
    budget_of(context).weigh(value)
    return value


@pass_context
def concatenate(context: Context, parts: list[Any]) -> str:
    """Return the parts as one text (`~`)."""
    budget = budget_of(context)
    return "".join(text_of(part, budget) for part in parts)


@pass_context
def finalize(context: Context, value: Any) -> str:
    """Return what is written for an expression's value."""
    budget = budget_of(context)
    budget.spend(1)
    return text_of(value, budget)


@pass_context
def _tojson(context: Context, value: Any, indent: int | None = None) -> str:
    plain = json_of(value, budget_of(context))
    if indent is None:
        return msgspec.json.encode(plain).decode()
    return msgspec.json.format(msgspec.json.encode(plain), indent=max(0, min(indent, 16))).decode()


@pass_context
def _fromjson(context: Context, value: Any) -> Any:
    budget_of(context).weigh(str(value))
    return msgspec.json.decode(str(value))


@pass_context
def _escape(context: Context, value: Any) -> str:
    return html.escape(text_of(value, budget_of(context)))


@pass_context
def _choose(context: Context, items: Any) -> Any:
    return context.parent["random"].choice(list(items))


@pass_context
def _sum(context: Context, items: Any, attribute: str | int | None = None, start: float = 0) -> Any:
    environment = context.environment
    total = start
    for item in items:
        budget_of(context).spend(1)
        value = item if attribute is None else environment.getitem(item, attribute)
        if not isinstance(value, int | float):
            raise TemplateFailed(f"sum adds numbers, not {type(value).__name__}")
        total += value
    return total


@pass_context
def _b64encode(context: Context, value: Any) -> str:
    return base64.b64encode(text_of(value, budget_of(context)).encode()).decode()


@pass_context
def _b64decode(context: Context, value: Any) -> str:
    try:
        return base64.b64decode(text_of(value, budget_of(context)), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        raise TemplateFailed(f"b64decode: not Base64: {error}") from error


PUBLIC: dict[str, Callable[..., Any]] = {
    **{name: _bounded(name, FILTERS[name]) for name in _AS_THEY_ARE},
    "b64decode": _b64decode,
    "b64encode": _b64encode,
    "e": _escape,
    "escape": _escape,
    "fromjson": _fromjson,
    "random": _choose,
    "sum": _sum,
    "tojson": _tojson,
}
"""What templates may use, by name."""
PRIVATE: dict[str, Callable[..., Any]] = {"_count": count_loop, "_weigh": weigh, "_concat": concatenate}
"""What the rewriting of templates uses."""
