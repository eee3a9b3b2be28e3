"""Facts others may react to, and the envelope they travel in (CloudEvents 1.0)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from mockops.core.json import Json, JsonObject

MAX_DEPTH = 8
"""How many events may have caused one another before a chain is taken for a loop."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has happened; its fields are the payload.

    A subclass names one kind of fact: `type` is `slice.happened`, as `config.changed`.
    """

    type: ClassVar[str] = ""

    @property
    def payload(self) -> JsonObject:
        """The fields as JSON."""
        fields: JsonObject = msgspec.to_builtins(self)
        return fields


class Custom(msgspec.Struct, frozen=True, kw_only=True):
    """An event that somebody outside made; its type is theirs."""

    type: str
    payload: Json = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event as the log keeps it: CloudEvents 1.0 in the structured JSON form, with our extension attributes."""

    specversion: str = "1.0"
    id: str
    type: str
    source: str
    """URI-reference of what it happened in: `/orgs/ORG/workspaces/NAME`."""
    subject: str = ""
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str = ""
    data: Json = None
    org: str = ""
    workspace: str = ""
    actor: str = ""
    """Who caused it: `kind:name`."""
    causationid: str = ""
    """The event that this one follows from."""
    depth: int = 0
    """How many events led to this one."""
    sequence: int = 0
    """Position in the log: later commits have higher ones."""
