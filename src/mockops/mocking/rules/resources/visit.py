"""One request to one collection: what is known of it, and how its answer is put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from mockops.core.problems import PROBLEM_JSON, problem
from mockops.mocking.model import Reply
from mockops.mocking.rules.negotiate.plan import find_response
from mockops.mocking.rules.resources.projection import Projection
from mockops.mocking.rules.resources.shape import (
    Path,
    Shape,
    body_path,
    descend,
    dig,
    id_names,
    item_path,
    request_media,
    wrap,
)
from mockops.mocking.rules.schemas import required
from mockops.mocking.rules.validate.bodies import BodyReader, MalformedBody, read_json
from mockops.mocking.rules.validate.validator import choose_media

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from mockops.contracts.model import Operation
    from mockops.core.exchange import Request
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Change, SessionView
    from mockops.mocking.rules.negotiate.plan import ResponsePlan
    from mockops.mocking.rules.resources.collection import Collection, Collections
    from mockops.mocking.rules.schemas import Schema


class Fill(Protocol):
    """Completes a value: generated members under the given ones, so that the schema holds."""

    def __call__(self, operation: Operation, schema: Schema, given: Json | msgspec.UnsetType, seed: str) -> Json:
        """Return `given` (UNSET: nothing) with what `schema`, one of `operation`'s, has besides.

        Equal seeds give equal values.
        """
        ...


class Conforms(Protocol):
    """Tells whether an answer holds what a schema says."""

    def __call__(self, operation: Operation, schema: Schema, value: Json) -> bool:
        """Return whether `value` conforms to `schema`, one of `operation`'s, as a response."""
        ...


class Seed(Protocol):
    """Gives the items that a collection starts with."""

    def __call__(self, collection: Collection, parents: Mapping[str, str]) -> Sequence[JsonObject]:
        """Return items, from examples or a persona, for one set of ancestors."""
        ...


class Missing(Protocol):
    """Gives the contract's own answer for an error status."""

    def __call__(self, operation: Operation, status: int) -> Reply | None:
        """Return the declared answer, or None where the contract says nothing of its body."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a decision on stateful resources takes from outside."""

    fill: Fill
    conforms: Conforms
    seed: Seed
    missing: Missing
    now: datetime
    """The time, in UTC, for fields such as `created_at`."""
    prefix: str = ""
    """What was stripped before the request's path; put before `Location` and links to other pages."""


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request to one collection, while it is answered."""

    collections: Collections
    collection: Collection
    shape: Shape
    operation: Operation
    plan: ResponsePlan
    request: Request
    params: Mapping[str, str]
    session: SessionView
    world: World
    key: str
    items: dict[str, JsonObject]
    seeds: tuple[Change, ...]
    """What must be written before the first change, so that the seeds stay."""

    @property
    def item_id(self) -> str:
        """The id in the path; empty on the collection's own path."""
        return self.params.get(self.collection.id_parameter, "")

    def changed(self, *changes: Change) -> tuple[Change, ...]:
        """Return changes with those before them that keep the seeds."""
        return (*self.seeds, *changes)


def missing(visit: Visit, status: int) -> Reply:
    """Answer as the contract declares for a status, else with a problem document."""
    operation = visit.operation
    if find_response(operation, status) is not None:
        declared = visit.world.missing(operation, status)
        if declared is not None:
            return declared
    if status == 409:
        return refused(visit, 409, "mocking.item_exists", f"{visit.key} already has an item with this id")
    known = ", ".join(f"`{text}`" for text in list(visit.items)[:20]) or "none"
    detail = f"{visit.key} has no item `{visit.item_id}` in session `{visit.session.name}`; there are: {known}"
    return refused(visit, status, "mocking.no_such_item", detail)


def refused(visit: Visit, status: int, code: str, detail: str) -> Reply:
    """Return a problem document as the answer."""
    return Reply(
        status=status,
        headers=(("Content-Type", PROBLEM_JSON),),
        body=problem(status, code, detail),
        operation=visit.operation.key,
    )


def reply(visit: Visit, body: Json, *, changes: tuple[Change, ...] = (), location: str = "", status: int = 0) -> Reply:
    """Return an answer with a body of the planned type, none where none is declared."""
    plan = visit.plan
    headers: tuple[tuple[str, str], ...] = (("Location", location),) if location else ()
    content = b""
    if plan.media is not None:
        headers = (("Content-Type", plan.content_type), *headers)
        content = msgspec.json.encode(_conforming(visit, body, plan.media.schema))
    return Reply(
        status=status or plan.status,
        headers=headers,
        body=content,
        operation=visit.operation.key,
        changes=changes,
    )


def _conforming(visit: Visit, body: Json, schema: Schema) -> Json:
    """Return a body that keeps the contract: as it is where it does, else the nearest that the generator finds.

    What was sent by another operation's schema, or an example that breaks its own, may not fit this answer.
    """
    if schema in (None, True, {}) or visit.world.conforms(visit.operation, schema, body):
        return body
    return visit.world.fill(visit.operation, schema, body, visit.key)


def shown(visit: Visit, item: JsonObject, item_id: str, schema: Schema, projection: Projection | None = None) -> Json:
    """Return an item as an answer's schema shows it; required fields that it lacks are filled."""
    definitions = visit.operation.definitions
    visible = (projection or Projection(schema, definitions)).members(item)
    lost = required(schema, definitions) - visible.keys()
    if visible and not lost:
        return visible
    filled = visit.world.fill(visit.operation, schema, visible, f"{visit.key}/{item_id}")
    if not visible or not isinstance(filled, dict):
        return filled
    return visible | {name: filled[name] for name in lost if name in filled}


def item_answer(visit: Visit, item: JsonObject, item_id: str) -> Json:
    """Return the body that shows one item, wrapped as the schema says."""
    media = visit.plan.media
    if media is None or media.schema is None:
        return item
    definitions = visit.operation.definitions
    wanted = id_names(visit.collection.name, visit.collection.id_parameter)
    path = item_path(media.schema, definitions, wanted, visit.collection.name)
    if path is None:
        return visit.world.fill(visit.operation, media.schema, msgspec.UNSET, f"{visit.key}/{item_id}")
    inner = shown(visit, item, item_id, descend(media.schema, definitions, path))
    return completed(visit, wrap(inner, path), media.schema, path)


def completed(visit: Visit, body: Json, schema: Schema, path: Path) -> Json:
    """Fill what an envelope requires beside what it wraps."""
    lost = required(schema, visit.operation.definitions) - (body.keys() if isinstance(body, dict) else set())
    if not path or not lost:
        return body
    filled = visit.world.fill(visit.operation, schema, body, visit.key)
    return {**{name: filled[name] for name in lost if name in filled}, **body} if isinstance(filled, dict) else body


def sent_item(visit: Visit) -> Json | msgspec.UnsetType:
    """Return the item in the request's body, without its wrapper: None without a body, UNSET when it cannot be read."""
    if not visit.request.body:
        return None
    body = visit.operation.request_body
    media = choose_media(body.content if body is not None else (), visit.request.header("content-type") or "")
    try:
        if media is None:
            return read_json(visit.request)
        sent = visit.request.media_type or media.media_type
        value = BodyReader(media, visit.operation.definitions, sent).read(visit.request)
    except MalformedBody:
        return msgspec.UNSET
    inner = dig(value, body_path(media.schema, visit.operation.definitions, visit.collection.name))
    return value if inner is None else inner


def sent_schema(visit: Visit) -> Schema:
    """Return the schema of the item in the request's body, without its wrapper; None when there is none."""
    media = request_media(visit.operation)
    if media is None:
        return None
    definitions = visit.operation.definitions
    return descend(media.schema, definitions, body_path(media.schema, definitions, visit.collection.name))
