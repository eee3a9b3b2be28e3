"""Creating, replacing, changing and removing items."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from mockops.mocking.model import DeleteItem, PutItem
from mockops.mocking.rules.negotiate.plan import find_response
from mockops.mocking.rules.patch import PatchFailed, json_patch, merge_patch
from mockops.mocking.rules.resources import creation
from mockops.mocking.rules.resources.projection import Projection
from mockops.mocking.rules.resources.visit import (
    item_answer,
    missing,
    refused,
    reply,
    sent_item,
    sent_schema,
)
from mockops.mocking.rules.schemas import keyword, properties

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Change, Reply
    from mockops.mocking.rules.resources.visit import Visit

JSON_PATCH = "application/json-patch+json"


def create(visit: Visit) -> Reply | None:
    """Add an item: with the id it is sent with where callers may choose it, else a new one."""
    sent = sent_item(visit)
    if not isinstance(sent, dict | None):
        return None
    item = _writable(visit, sent or {})
    shape = visit.shape
    key = creation.id_text(item.get(shape.id_field)) if shape.id_field else ""
    if key and key in visit.items and _declares(visit, 409):
        return missing(visit, 409)
    if not key:
        value = creation.next_id(shape, visit.items, visit.session.name, visit.key)
        key = creation.id_text(value)
        if shape.id_field:
            item[shape.id_field] = value
    return _created(visit, item, key, f"{visit.request.path.rstrip('/')}/{quote(key, safe='')}")


def _created(visit: Visit, item: JsonObject, key: str, path: str, status: int = 0) -> Reply:
    stored = _stored(visit, item, key, is_new=True)
    status = status or visit.plan.status
    return reply(
        visit,
        item_answer(visit, stored, key),
        changes=visit.changed(PutItem(collection=visit.key, id=key, item=stored)),
        location=visit.world.prefix + path if status == 201 else "",
        status=status,
    )


def replace_member(visit: Visit) -> Reply | None:
    """Replace the item that the body names by its id, as `PUT /pet` does."""
    sent = sent_item(visit)
    field = visit.shape.id_field
    if not isinstance(sent, dict) or not field:
        return None
    key = creation.id_text(sent.get(field))
    if not key:
        return None
    return _replaced(visit, sent, key)


def replace(visit: Visit) -> Reply | None:
    """Replace an item; one that is missing is created only where the contract declares 201."""
    sent = sent_item(visit)
    if not isinstance(sent, dict | None):
        return None
    return _replaced(visit, sent or {}, visit.item_id)


def _replaced(visit: Visit, sent: JsonObject, key: str) -> Reply:
    old = visit.items.get(key)
    item = _identified(visit, _writable(visit, sent), key)
    if old is None:
        if not any(each.status == "201" for each in visit.operation.responses):
            return missing(visit, 404)
        return _created(visit, item, key, visit.request.path, 201)
    callers = properties(sent_schema(visit), visit.operation.definitions)
    declared = properties(visit.shape.item, visit.shape.definitions)
    kept = {
        name: value
        for name, value in old.items()
        if name in declared
        and (name not in callers or keyword(declared[name], visit.shape.definitions, "readOnly") is True)
    }
    return _changed(visit, kept | item if callers else item, key)


def update(visit: Visit) -> Reply | None:
    """Change an item by JSON Merge Patch (RFC 7396), or by JSON Patch (RFC 6902) where that is what was sent."""
    old = visit.items.get(visit.item_id)
    if old is None:
        return missing(visit, 404)
    sent = sent_item(visit)
    if visit.request.media_type == JSON_PATCH or (isinstance(sent, list) and visit.operation.method == "PATCH"):
        try:
            new = json_patch(old, sent)
        except PatchFailed as error:
            status = 422 if _declares(visit, 422) else 409 if _declares(visit, 409) else 400
            return refused(visit, status, "mocking.patch_failed", f"the JSON Patch cannot be applied: {error}")
    elif isinstance(sent, dict | None):
        new = merge_patch(old, _writable(visit, sent or {}))
    else:
        return None
    if not isinstance(new, dict):
        return refused(visit, 422, "mocking.patch_failed", "the JSON Patch leaves no object")
    return _changed(visit, _identified(visit, new, visit.item_id), visit.item_id)


def _changed(visit: Visit, item: JsonObject, key: str) -> Reply:
    stored = _stored(visit, item, key, is_new=False)
    return reply(
        visit,
        item_answer(visit, stored, key),
        changes=visit.changed(PutItem(collection=visit.key, id=key, item=stored)),
    )


def delete(visit: Visit) -> Reply | None:
    """Remove an item and the collections below it."""
    key = visit.item_id
    old = visit.items.get(key)
    if old is None:
        return missing(visit, 404)
    below = f"{visit.key}/{quote(key, safe='')}/"
    changes: list[Change] = [DeleteItem(collection=visit.key, id=key)]
    for name, items in visit.session.resources.items():
        if name.startswith(below):
            changes += [DeleteItem(collection=name, id=each) for each in items]
    return reply(visit, item_answer(visit, old, key), changes=visit.changed(*changes))


def _declares(visit: Visit, status: int) -> bool:
    found = find_response(visit.operation, status)
    return found is not None and found.status.lower() != "default"


def _identified(visit: Visit, item: JsonObject, key: str) -> JsonObject:
    """Return an item whose id field says the id of its path."""
    shape = visit.shape
    if not shape.id_field or creation.id_text(item.get(shape.id_field)) == key:
        return item
    return item | {shape.id_field: creation.id_value(key, shape.id_schema, shape.definitions)}


def _writable(visit: Visit, sent: JsonObject) -> JsonObject:
    """Return what a caller may set: readOnly fields are the server's (JSON Schema validation, section 9.4)."""
    declared = properties(visit.shape.item, visit.shape.definitions)
    return {
        name: value
        for name, value in sent.items()
        if keyword(declared.get(name), visit.shape.definitions, "readOnly") is not True
    }


def _stored(visit: Visit, item: JsonObject, key: str, *, is_new: bool) -> JsonObject:
    """Return an item as it is kept: with its ancestors, times, and what the answer's schema requires."""
    shape = visit.shape
    kept = dict(item)
    creation.echo_parents(kept, shape, visit.params, visit.collection.parents)
    creation.stamp(kept, shape, visit.world.now, is_new=is_new)
    given = Projection(shape.item, shape.definitions).members(kept)
    filled: Json = visit.world.fill(shape.operation, shape.item, given, f"{visit.key}/{key}")
    callers = properties(sent_schema(visit), visit.operation.definitions)
    chosen = creation.select(
        filled, given, shape.item, shape.definitions, server_sets=lambda name: is_new and name not in callers
    )
    return kept | chosen if isinstance(chosen, dict) else kept
