"""The items that a collection starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.model import PutItem, SetState
from mockops.mocking.rules.negotiate.plan import choose_response
from mockops.mocking.rules.resources import creation, names
from mockops.mocking.rules.resources.collection import Role
from mockops.mocking.rules.resources.shape import dig, id_names, item_path, list_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockops.contracts.model import Operation
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Change, Persona, SessionView
    from mockops.mocking.rules.resources.collection import Collection, Collections
    from mockops.mocking.rules.resources.shape import Shape
    from mockops.mocking.rules.resources.visit import World

MAX_SEEDS = 100


def seeded_state(key: str) -> str:
    """Return the name of the session state that says that a collection has got its seeds."""
    return f"resources:{key}"


def start_items(
    shape: Shape,
    collection: Collection,
    key: str,
    params: Mapping[str, str],
    session: SessionView,
    world: World,
) -> tuple[dict[str, JsonObject], tuple[Change, ...]]:
    """Return the items of a collection, and the changes that keep its seeds."""
    if key in session.resources or seeded_state(key) in session.states:
        return dict(session.resources.get(key, {})), ()
    items: dict[str, JsonObject] = {}
    parents = {name: params[name] for name in collection.parents if name in params}
    for seed in world.seed(collection, parents)[:MAX_SEEDS]:
        item = dict(seed)
        creation.echo_parents(item, shape, params, collection.parents)
        text = creation.id_text(item.get(shape.id_field)) if shape.id_field else ""
        if not text:
            value = creation.next_id(shape, items, key)
            text = creation.id_text(value)
            if shape.id_field:
                item[shape.id_field] = value
        items.setdefault(text, item)
    puts = [PutItem(collection=key, id=each, item=item) for each, item in items.items()]
    return items, (*puts, SetState(name=seeded_state(key), value="seeded"))


def example_items(collections: Collections, collection: Collection) -> list[JsonObject]:
    """Return the items that a contract's examples show: of lists first, then of reads and creations; ids are unique."""
    shape = collections.shape(collection)
    if shape is None:
        return []
    found: dict[str, JsonObject] = {}
    for role in (Role.LIST, Role.READ, Role.CREATE):
        index = collection.operations.get(role)
        if index is None:
            continue
        for item in _shown_items(collections.load(index), role, collection):
            key = creation.id_text(item.get(shape.id_field)) or f"#{len(found)}"
            found.setdefault(key, item)
            if len(found) >= MAX_SEEDS:
                return list(found.values())
    return list(found.values())


def persona_items(collection: Collection, persona: Persona | None) -> list[JsonObject]:
    """Return the entity of a persona that belongs into a collection: `customer` into `/customers`."""
    if persona is None:
        return []
    word = names.singular(collection.name)
    return [dict(fields) for name, fields in persona.entities.items() if names.normal(name) == word]


def _shown_items(operation: Operation, role: Role, collection: Collection) -> Iterator[JsonObject]:
    wanted = id_names(collection.name, collection.id_parameter)
    _, response = choose_response(operation)
    for media in response.content:
        if role is Role.LIST:
            path = list_path(media.schema, operation.definitions, collection.name)
        else:
            path = item_path(media.schema, operation.definitions, wanted, collection.name)
        for example in media.examples:
            value: Json = dig(example.value, path or ())
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict) and item:
                    yield item
