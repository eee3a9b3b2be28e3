"""Secrets: kept sealed, referred to by name, never shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime

MAX_SECRET_BYTES = 64 << 10
"""Of one value, in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What may be known of a secret: everything but its value."""

    name: str
    """As templates write it: `{{ secrets.NAME }}`."""
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    """`kind:name`."""


class SecretUnknown(NotFound):
    """The organization has no such secret."""

    code: ClassVar[str] = "secret.unknown"


class SecretInvalid(Invalid):
    """A secret's name or value cannot be used."""

    code: ClassVar[str] = "secret.invalid"
