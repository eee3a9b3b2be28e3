"""Column types that mean the same on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import DateTime, String, Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from mockops.core.json import Json

Id = String(36)
"""An identifier (`core.ids.new_id`)."""
Name = String(255)
"""A name, label or key that people choose."""
Digest = String(64)
"""SHA-256, in hex."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on the way in and out, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a value is in Python."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; store it in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value!r} has no time zone"
            raise ValueError(message)
        try:
            value = value.astimezone(UTC)
        except OverflowError:  # the first or last hours there are, elsewhere: in UTC there are none beyond
            is_last = value.year > 1
            value = datetime.max.replace(tzinfo=UTC) if is_last else datetime.min.replace(tzinfo=UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return it with its zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON value, kept as text: the same bytes on both databases, and integers of any size."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str | None:
        """Encode; None is NULL."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Json:
        """Decode; NULL is None."""
        return None if value is None else msgspec.json.decode(value)
