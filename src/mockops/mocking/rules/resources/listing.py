"""Answering a list: filtered, ordered, cut, and put into its envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.rules.resources.envelope import Around, surround
from mockops.mocking.rules.resources.paging import cut, matching, ordered, read_list_parameters
from mockops.mocking.rules.resources.projection import Projection
from mockops.mocking.rules.resources.shape import descend, list_path, wrap
from mockops.mocking.rules.resources.visit import completed, reply, shown
from mockops.mocking.rules.schemas import items, properties

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.mocking.model import Reply
    from mockops.mocking.rules.resources.shape import Path
    from mockops.mocking.rules.resources.visit import Visit


def answer_list(visit: Visit) -> Reply | None:
    """Return the items that a query asks for; None when the schema shows no list."""
    media = visit.plan.media
    if media is None:
        return None
    definitions = visit.operation.definitions
    is_free = media.schema in (None, True, {})
    path: Path | None = () if is_free else list_path(media.schema, definitions, visit.collection.name)
    if path is None:
        return None
    how = read_list_parameters(visit.operation)
    pairs = visit.request.query
    query = dict(reversed(pairs))
    fields = set(properties(visit.shape.item, visit.shape.definitions))
    fields = fields or {name for item in visit.items.values() for name in item}
    keys = {id(item): key for key, item in visit.items.items()}
    found = ordered(matching(list(visit.items.values()), pairs, how, fields), query, how, fields)
    page = cut(found, query, how, lambda item: keys[id(item)])
    inner = items(descend(media.schema, definitions, path), definitions)
    projection = Projection(inner, definitions)
    array = [shown(visit, item, keys[id(item)], inner, projection) for item in page.items]
    if not path:
        return reply(visit, array)
    around = Around(
        page=page,
        how=how,
        url=visit.world.prefix + visit.request.path,
        query=pairs,
        last_id=keys[id(page.items[-1])] if page.items else "",
    )
    body = _merged(surround(media.schema, definitions, around), wrap(array, path))
    return reply(visit, completed(visit, body, media.schema, path))


def _merged(one: Json, other: Json) -> Json:
    """Merge objects member by member; where both have one, `other` wins."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return one | {name: _merged(one.get(name), value) for name, value in other.items()}
