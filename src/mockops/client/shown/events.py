"""Events, as CloudEvents 1.0."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mockops.core.json import Json, JsonObject


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that has happened (CloudEvents 1.0, structured JSON form)."""

    specversion: str
    id: str
    type: str
    source: str
    time: datetime
    org: str
    actor: str
    """Who caused it: `kind:name`."""
    depth: int
    """How many events led to this one."""
    sequence: int
    """Position in the log: later commits have higher ones."""
    subject: str = ""
    workspace: str = ""
    """Name."""
    workspaceid: str = ""
    causationid: str = ""
    """The event that this one follows from."""
    dataschema: str = ""
    datacontenttype: str = ""
    data: Json = None
    data_base64: str = ""
    extensions: JsonObject = {}
    """Attributes that others added."""

    @property
    def document(self) -> JsonObject:
        """The event in JSON, as the server has it."""
        found: JsonObject = msgspec.to_builtins(self)
        found |= found.pop("extensions", {})
        return found


_ATTRIBUTES = frozenset(Event.__struct_fields__) - {"extensions"}


def read_event(content: msgspec.Raw | bytes | str) -> Event:
    """Return the event that is told in JSON; raises msgspec.DecodeError when none is."""
    document = msgspec.json.decode(content, type=dict[str, Json])
    known = {name: value for name, value in document.items() if name in _ATTRIBUTES}
    others = {name: value for name, value in document.items() if name not in _ATTRIBUTES}
    return msgspec.convert(known | ({"extensions": others} if others else {}), Event)


class EventTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event."""

    id: str
    source: str
    is_new: bool
