"""How values leave a template: as JSON, or as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import msgspec
from jinja2 import Undefined

from mockops.mocking.model import TemplateFailed

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.rules.templates.budget import Budget


def iso(moment: datetime) -> str:
    """Return a date-time as RFC 3339 writes it, in seconds, with milliseconds where there are any."""
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")


def text_of(value: object, budget: Budget) -> str:
    """Return a value as it stands in text: text as it is, everything else as JSON.

    Raises:
        TemplateFailed: It is no value but a function or an object.

    """
    if isinstance(value, str):
        budget.spend_text(len(value))
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    plain = json_of(value, budget)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()


def json_of(value: object, budget: Budget) -> Json:
    """Return a value as JSON has it.

    Raises:
        TemplateFailed: It has no counterpart in JSON.

    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        budget.spend_text(len(value))
        return str(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        budget.spend(1 + len(value))
        return {text_of(key, budget): json_of(member, budget) for key, member in value.items()}
    if isinstance(value, list | tuple | set | range | Iterator):
        return [json_of(item, budget) for item in _counted(value, budget)]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Undefined):
        return str(value)  # fails, and says what is undefined
    if isinstance(value, Undefined):
        return str(value)  # fails, and says what is undefined
    raise TemplateFailed(f"an expression gives {_kind(value)}, not a value; call it, or name one of its fields")


def _number(value: float) -> Json:
    if isinstance(value, int):
        return int(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise TemplateFailed(f"an expression gives {value}, which JSON does not have")
    return float(value)


def _counted(items: object, budget: Budget) -> Iterator[object]:
    for item in items:  # type: ignore[attr-defined]
        budget.spend(1)
        yield item


def _kind(value: object) -> str:
    name = type(value).__name__
    return "a function" if "method" in name or "function" in name else f"a {name}"
