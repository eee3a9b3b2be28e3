"""Jinja2's sandbox, narrowed: values only, methods by white list, every operation bounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import Namespace

from mockops.mocking.model import TemplateFailed
from mockops.mocking.rules.templates.dice import FAKES, Dice, Fake
from mockops.mocking.rules.templates.filters import (
    COSTS,
    PRIVATE,
    PUBLIC,
    budget_of,
    check_format,
    finalize,
)
from mockops.mocking.rules.templates.missing import Missing
from mockops.mocking.rules.templates.scope import RequestView, format_moment

_MAX_BITS = 10_000
_MAX_RANGE = 100_000

_TEXT = frozenset(
    [
        "capitalize",
        "casefold",
        "center",
        "count",
        "endswith",
        "find",
        "index",
        "isalnum",
        "isalpha",
        "isdecimal",
        "isdigit",
        "islower",
        "isnumeric",
        "isspace",
        "istitle",
        "isupper",
        "join",
        "ljust",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rjust",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
        "zfill",
    ]
)
_DATE = frozenset(["year", "month", "day", "weekday", "isoweekday", "isoformat", "replace"])
_TIME = frozenset(["hour", "minute", "second", "microsecond", "isoformat", "replace"])
_METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, _TEXT),
    (Mapping, frozenset({"get", "items", "keys", "values"})),
    (list, frozenset({"count", "index"})),
    (tuple, frozenset({"count", "index"})),
    (datetime, _DATE | _TIME | {"date", "time", "timestamp", "strftime"}),
    (date, _DATE),
    (time, _TIME),
    (timedelta, frozenset({"days", "seconds", "total_seconds"})),
    (float, frozenset({"is_integer"})),
    (RequestView, RequestView.FIELDS),
    (Dice, Dice.METHODS),
    (
        LoopContext,
        frozenset(
            [
                "changed",
                "cycle",
                "depth",
                "first",
                "index",
                "index0",
                "last",
                "length",
                "nextitem",
                "previtem",
                "revindex",
                "revindex0",
            ]
        ),
    ),
)


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment for templates of people who must not reach, or exhaust, the process."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//"})

    def __init__(self, call_steps: int = 1) -> None:
        super().__init__(
            undefined=Missing,
            autoescape=False,
            finalize=finalize,
            optimized=False,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.call_steps = call_steps
        self.filters = {**PUBLIC, **PRIVATE}
        self.tests = {name: test for name, test in TESTS.items() if name not in ("callable", "escaped")}
        self.globals = {"range": bounded_range, "dict": dict, "namespace": Namespace}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may have an attribute: by white list, per type."""
        if isinstance(obj, Namespace):
            return not attr.startswith("_")
        return any(attr in names for kind, names in _METHODS if isinstance(obj, kind))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute`: of an object its member, whatever that is called, before any method."""
        if isinstance(obj, Mapping):
            try:
                return obj[attribute]
            except KeyError:
                pass
        if isinstance(obj, Fake):
            return obj.draw(attribute) if attribute in FAKES else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, datetime) and attribute == "strftime":
            return lambda pattern: format_moment(obj, pattern)
        if isinstance(obj, Undefined):
            return str(obj)  # fails, and says what is undefined
        if isinstance(obj, Namespace) or any(attribute in names for kind, names in _METHODS if isinstance(obj, kind)):
            return super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return `obj[argument]`: a member or item, never an attribute."""
        try:
            return obj[argument]
        except (TypeError, LookupError):
            if isinstance(obj, RequestView) and isinstance(argument, str):
                return self.getattr(obj, argument)
            return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Apply an operator whose result could be huge, after its size was paid for."""
        budget = budget_of(context)
        if operator == "%" and isinstance(left, str):
            check_format(left)
            budget.weigh(right)
        elif isinstance(left, int) and isinstance(right, int):
            check_integers(operator, left, right)
        elif operator == "*":
            budget.spend_text(_repeated(left, right) or _repeated(right, left))
        elif operator == "+" and isinstance(left, str | list | tuple):
            budget.weigh(left)
            budget.weigh(right)
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call something, after what it reads and makes was paid for."""
        budget = budget_of(context)
        budget.spend(self.call_steps if isinstance(obj, Macro) else 1)
        subject = getattr(obj, "__self__", None)
        if isinstance(subject, str):
            self._pay_for_method(context, obj.__name__, subject, args, kwargs)
        result = super().call(context, obj, *args, **kwargs)
        budget.weigh(result)
        return result

    @staticmethod
    def _pay_for_method(context: Context, name: str, text: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        budget = budget_of(context)
        budget.weigh(text)
        if name == "join" and args:
            budget.weigh(args[0])
            budget.spend_text(COSTS["join"](args[0], text))
        elif name in COSTS:
            budget.spend_text(COSTS[name](text, *args, **kwargs))
        elif name in ("split", "rsplit", "splitlines"):
            budget.spend(len(text) // 4)


def _repeated(items: Any, times: Any) -> int:
    """Return the size of a sequence repeated; 0 when it is none."""
    if isinstance(items, str | list | tuple) and isinstance(times, int):
        return max(0, len(items) * times) * (1 if isinstance(items, str) else 20)
    return 0


def check_integers(operator: str, left: int, right: int) -> None:
    """Refuse an integer operation whose result would have more than 10,000 bits."""
    bits = {
        "*": lambda: left.bit_length() + right.bit_length(),
        "**": lambda: left.bit_length() * abs(right),
    }.get(operator, lambda: 0)()
    if bits > _MAX_BITS:
        raise TemplateFailed(f"{operator} would make a number of {bits} bits, more than {_MAX_BITS}")


def bounded_range(*limits: int) -> range:
    """Return a range of at most 100,000 numbers."""
    numbers = range(*limits)
    if len(numbers) > _MAX_RANGE:
        raise TemplateFailed(f"range() of {len(numbers)} numbers is longer than {_MAX_RANGE}")
    return numbers
