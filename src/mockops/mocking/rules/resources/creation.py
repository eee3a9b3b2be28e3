"""What a server adds to an item: its id, its times, the fields that no caller sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mockops.core.chance import roll
from mockops.core.ids import uuid_from
from mockops.mocking.rules.resources import names
from mockops.mocking.rules.schemas import json_types, keyword, properties, required, resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.resources.shape import Shape
    from mockops.mocking.rules.schemas import Definitions, Schema

_MAX_DEPTH = 24

Server = Callable[[str], bool]
"""Whether the server sets a property although nobody sent it."""


def id_text(value: Json) -> str:
    """Return an id as it stands in a path; empty when the value can be no id."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def id_value(text: str, schema: Schema, definitions: Definitions) -> Json:
    """Return an id from a path as the schema types it."""
    types = json_types(schema, definitions)
    if "string" not in types and types & {"integer", "number"} and text.lstrip("-").isdecimal() and len(text) < 40:
        return int(text)
    return text


def next_id(shape: Shape, existing: Collection[str], *seed: object) -> Json:
    """Return an id that is not taken: the next integer where ids are integers (or look so), else a seeded UUID.

    A plain string id continues the numbers of ids that exist (`ord_7` is followed by `ord_8`).
    """
    types = json_types(shape.id_schema, shape.definitions)
    if "string" not in types and types & {"integer", "number"}:
        return _next_integer(existing)
    name = keyword(shape.id_schema, shape.definitions, "format")
    if name != "uuid" and existing:
        following = _next_text(existing)
        if following is not None:
            return following
    chance = roll("resource id", *seed, len(existing))
    while True:
        found = uuid_from(chance.getrandbits(128))
        if found not in existing:
            return found


def _next_integer(existing: Iterable[str]) -> int:
    return (
        max((int(text) for text in existing if text.isascii() and text.isdecimal() and len(text) < 19), default=0) + 1
    )


def _next_text(existing: Collection[str]) -> str | None:
    """Return `ord_8` after `ord_7`, when all ids are one prefix and a number; else None."""
    prefixes = {text.rstrip("0123456789") for text in existing}
    if len(prefixes) != 1:
        return None
    prefix = prefixes.pop()
    tails = [text[len(prefix) :] for text in existing]
    if not all(tail and len(tail) < 16 for tail in tails):
        return None
    width = len(tails[0]) if len({len(tail) for tail in tails}) == 1 and any(tail[0] == "0" for tail in tails) else 0
    return f"{prefix}{_next_integer(tails):0{width}d}" if width else f"{prefix}{_next_integer(tails)}"


def stamp(item: JsonObject, shape: Shape, now: datetime, *, is_new: bool) -> None:
    """Set the fields that say when an item was created and changed, as far as the schema has them."""
    for name, schema in properties(shape.item, shape.definitions).items():
        word = names.normal(name)
        if (is_new and word in names.CREATED and name not in item) or word in names.UPDATED:
            value = moment(now, schema, shape.definitions)
            if value is not None:
                item[name] = value


def moment(now: datetime, schema: Schema, definitions: Definitions) -> Json:
    """Return a time as a schema types it: RFC 3339 text, a date, or seconds since 1970; None for other types."""
    types = json_types(schema, definitions)
    if "string" in types:
        if keyword(schema, definitions, "format") == "date":
            return now.date().isoformat()
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if types & {"integer", "number"}:
        return int(now.timestamp())
    return None


def echo_parents(item: JsonObject, shape: Shape, params: Mapping[str, str], parents: Iterable[str]) -> None:
    """Fill the fields that name an item's ancestors from the path, `userId` or `user_id`."""
    declared = properties(shape.item, shape.definitions)
    for parameter in parents:
        name = names.find((names.normal(parameter),), declared)
        if name is not None and name != shape.id_field and parameter in params:
            item[name] = id_value(params[parameter], declared[name], shape.definitions)


def select(filled: Json, given: Json, schema: Schema, definitions: Definitions, *, server_sets: Server) -> Json:
    """Return `filled` without what nobody asked for.

    Kept are the given members, the required ones, and at the top those for which `server_sets` holds.
    """
    return _select(filled, given, schema, definitions, server_sets, 0)


def _select(
    filled: Json, given: Json, schema: Schema, definitions: Definitions, server_sets: Server, depth: int
) -> Json:
    if not isinstance(filled, dict) or not isinstance(given, dict) or depth > _MAX_DEPTH:
        return filled
    if depth and _is_union(schema, definitions):
        return filled
    declared = properties(schema, definitions)
    needed = required(schema, definitions)
    kept: JsonObject = {}
    for name, value in filled.items():
        if name in given:
            kept[name] = _select(value, given[name], declared.get(name), definitions, _nothing, depth + 1)
        elif name in needed or server_sets(name):
            kept[name] = value
    return kept


def _is_union(schema: Schema, definitions: Definitions) -> bool:
    """Return whether what is required depends on which alternative is meant."""
    found = resolve(schema, definitions)
    return "oneOf" in found or "anyOf" in found


def _nothing(_: str) -> bool:
    return False
