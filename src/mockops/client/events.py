"""The event log: what has happened, what happens, and what you tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from mockops.client.access import moment
from mockops.client.base import segment
from mockops.client.listing import Listing
from mockops.client.shown.events import Event, EventTaken, read_event
from mockops.client.streams import PATIENCE_S, Stream
from mockops.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mockops.client.base import Api
    from mockops.core.json import Json, JsonObject

_STRUCTURED = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"


class _Taken(msgspec.Struct, frozen=True):
    items: tuple[EventTaken, ...]


class Events:
    """Events, as CloudEvents 1.0."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(
        self,
        *,
        types: Sequence[str] = (),
        workspace: str = "",
        subject: str = "",
        source: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        after: int | None = None,
        order: Literal["newest", "oldest"] = "newest",
    ) -> Listing[Event]:
        """Return events.

        Args:
            types: Any of them; `*` and `?` as in globs: `config.*`.
            workspace: Id or name.
            subject: Globs, too: `stubs/*`.
            source: What they happened in.
            since: The first moment, with a time zone.
            until: The first moment that is too late.
            after: Only those behind this sequence.
            order: Which come first.

        """
        return Listing(
            self._api,
            "events",
            read_event,
            **{"from": moment(since), "to": moment(until)},
            type=types,
            workspace=workspace,
            subject=subject,
            source=source,
            after=after,
            order=order,
        )

    def get(self, event_id: str, *, source: str = "") -> Event:
        """Return an event; ids are unique within their source."""
        answer = self._api.get(f"events/{segment(event_id)}", source=source)
        return read_event(answer.read(msgspec.Raw))

    def send(
        self,
        type: str,
        data: Json = None,
        *,
        source: str,
        subject: str = "",
        workspace: str = "",
        event_id: str = "",
        time: datetime | None = None,
    ) -> EventTaken:
        """Tell that something has happened; repeating it with the same source and id is told once.

        Args:
            type: What, such as `com.example.order.paid`.
            data: JSON.
            source: URI-reference of what it happened in.
            subject: What of it.
            workspace: Id or name of the workspace that it is about; empty: none.
            event_id: Unique within the source; empty: drawn.
            time: When; None: now.

        """
        event: JsonObject = {
            "specversion": "1.0",
            "id": event_id or new_id(),
            "type": type,
            "source": source,
            "subject": subject,
            "workspace": workspace,
            "time": moment(time),
            "data": data,
        }
        return self.send_document({name: value for name, value in event.items() if value not in ("", None)})

    def send_document(self, event: JsonObject) -> EventTaken:
        """Send a CloudEvent in structured JSON form."""
        content = msgspec.json.encode(event)
        answer = self._api.request("POST", "events", content=content, content_type=_STRUCTURED)
        return answer.read(_Taken).items[0]

    def send_batch(self, events: Sequence[JsonObject]) -> Sequence[EventTaken]:
        """Send several CloudEvents, all or none."""
        answer = self._api.request("POST", "events", content=msgspec.json.encode(events), content_type=_BATCH)
        return answer.read(_Taken).items

    def stream(
        self,
        *,
        types: Sequence[str] = (),
        workspace: str = "",
        subject: str = "",
        source: str = "",
        after: int | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Stream[Event]:
        """Open a stream of events as they are committed; it takes itself up again when it breaks off.

        Args:
            types: Any of them; `*` and `?` as in globs: `config.*`.
            workspace: Id or name.
            subject: Globs, too.
            source: What they happened in.
            after: Sequence behind which it begins; None: what comes from now on.
            patience_s: How long the server may be away.

        """
        if after is None:
            newest = self.list().page(limit=1).items
            after = newest[0].sequence if newest else 0
        return Stream(
            self._api,
            "events/stream",
            read_event,
            after=after,
            patience_s=patience_s,
            type=types,
            workspace=workspace,
            subject=subject,
            source=source,
        )
