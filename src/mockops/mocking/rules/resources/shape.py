"""What the schemas of a collection say: which field is the id, where lists and items are wrapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockops.mocking.rules.negotiate.accept import is_json
from mockops.mocking.rules.negotiate.plan import choose_response
from mockops.mocking.rules.resources import names
from mockops.mocking.rules.schemas import ALL_TYPES, items, json_types, properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.contracts.model import MediaType, Operation
    from mockops.core.json import Json
    from mockops.mocking.rules.schemas import Definitions, Schema

Path = tuple[str, ...]
"""Keys from the root of a body to what it wraps; `()` when it is not wrapped."""

_LAST_RESORTS = ("uuid", "guid", "sid", "identifier", "key", "code", "slug", "login", "username", "name", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How items of one collection look."""

    id_field: str
    """Property that holds the id; empty: the items do not show it."""
    id_schema: Schema
    item: Schema
    """Schema of an item as it is read."""
    operation: Operation
    """The operation whose schema it is."""

    @property
    def definitions(self) -> Definitions:
        """What the schema refers to."""
        return self.operation.definitions


def response_media(operation: Operation) -> MediaType | None:
    """Return the JSON body of the answer that an operation gives when all is well; None when it has none."""
    _, response = choose_response(operation)
    return next((media for media in response.content if is_json(media.media_type)), None)


def request_media(operation: Operation) -> MediaType | None:
    """Return the declared body, JSON before any other."""
    content = operation.request_body.content if operation.request_body is not None else ()
    return next((media for media in content if is_json(media.media_type)), content[0] if content else None)


def is_object(schema: Schema, definitions: Definitions) -> bool:
    """Return whether objects are meant."""
    types = json_types(schema, definitions)
    return "object" in types and types != ALL_TYPES


def list_path(schema: Schema, definitions: Definitions, collection: str) -> Path | None:
    """Return where the array of a list answer is: `()`, `("data",)`, `("_embedded", "orders")`; None when nowhere."""
    types = json_types(schema, definitions)
    if types != ALL_TYPES and "array" in types and _holds_objects(schema, definitions):
        return ()
    declared = properties(schema, definitions)
    arrays = [
        name
        for name, each in declared.items()
        if "array" in json_types(each, definitions) and _holds_objects(each, definitions)
    ]
    arrays = [name for name in arrays if json_types(declared[name], definitions) != ALL_TYPES]
    word = names.normal(collection)
    found = names.find((word, names.singular(word), *names.ARRAYS), arrays)
    if found is not None or len(arrays) == 1:
        return (found or arrays[0],)
    for wrapper in ("_embedded", "data", "result", "response"):
        if wrapper in declared and is_object(declared[wrapper], definitions):
            inner = list_path(declared[wrapper], definitions, collection)
            if inner:
                return (wrapper, *inner)
    return None


def _holds_objects(schema: Schema, definitions: Definitions) -> bool:
    inner = items(schema, definitions)
    return inner is None or "object" in json_types(inner, definitions)


def descend(schema: Schema, definitions: Definitions, path: Path) -> Schema:
    """Return the schema at a path of property names."""
    for name in path:
        schema = properties(schema, definitions).get(name)
    return schema


def item_path(schema: Schema, definitions: Definitions, wanted: tuple[str, ...], collection: str) -> Path | None:
    """Return where the item of an answer is: `()` or `("data",)`; None when the answer is no object."""
    if not is_object(schema, definitions):
        return None
    declared = properties(schema, definitions)
    if names.find(wanted, declared) is not None:
        return ()
    wrappers = (names.singular(collection), names.normal(collection), "data", "item", "result", "attributes")
    found = names.find(wrappers, (name for name, each in declared.items() if is_object(each, definitions)))
    if found is not None and (len(declared) == 1 or names.find(wanted, properties(declared[found], definitions))):
        return (found,)
    return ()


def body_path(schema: Schema, definitions: Definitions, collection: str) -> Path:
    """Return where the item of a request body is: `()`, or `("pet",)` when the body is a lone wrapper."""
    declared = properties(schema, definitions)
    wrappers = (names.singular(collection), "data", "item")
    found = names.find(wrappers, (name for name, each in declared.items() if is_object(each, definitions)))
    return (found,) if found is not None and len(declared) <= 2 else ()


def id_names(collection: str, parameter: str) -> tuple[str, ...]:
    """Return the normalised names that an id field may have, the likeliest first."""
    word, name = names.singular(collection), names.normal(parameter)
    tail = name.removeprefix(word) or "id"
    return tuple(dict.fromkeys((name, tail, "id", f"{word}id", f"{word}uuid", f"{word}key")))


def _find_id(declared: Mapping[str, Schema], definitions: Definitions, parameter: Schema, wanted: Path) -> str:
    """Return the property that holds the id, one whose type agrees with the path parameter where there is one."""
    by_name = names.find(wanted[:1], declared)
    if by_name is not None:
        return by_name
    types = json_types(parameter, definitions)
    agreeing = [
        name for name, schema in declared.items() if types == ALL_TYPES or json_types(schema, definitions) & types
    ]
    return (
        names.find(wanted, agreeing)
        or _by_ending(agreeing, wanted[0])
        or names.find(_LAST_RESORTS, agreeing)
        or names.find(wanted, declared)
        or ""
    )


def _by_ending(declared: list[str], parameter: str) -> str:
    """Return the longest property that a parameter's name ends with, `sha` for `file_sha`."""
    fitting = [name for name in declared if len(names.normal(name)) > 1 and parameter.endswith(names.normal(name))]
    return max(fitting, key=len, default="")


def read_shape(collection: str, parameter: str, operations: Mapping[str, Operation]) -> Shape | None:
    """Return the shape of a collection's items, from the operation that shows them best; None: they are no objects."""
    wanted = id_names(collection, parameter)
    declared_id = _parameter_schema(parameter, operations)
    for role in ("read", "create", "replace", "update", "list"):
        operation = operations.get(role)
        media = response_media(operation) if operation is not None else None
        if operation is None or media is None:
            continue
        schema = _item_schema(role, media.schema, operation.definitions, wanted, collection)
        if schema is None:
            continue
        declared = properties(schema, operation.definitions)
        id_field = _find_id(declared, operation.definitions, declared_id, wanted)
        return Shape(
            id_field=id_field or ("" if declared else "id"),
            id_schema=declared.get(id_field, declared_id),
            item=schema,
            operation=operation,
        )
    return _bare_shape(operations, declared_id)


def _bare_shape(operations: Mapping[str, Operation], declared_id: Schema) -> Shape | None:
    """Return the shape where no answer has a schema: whatever is sent, with an `id`."""
    medias = [response_media(operation) for operation in operations.values()]
    if any(media is not None and media.schema not in (None, True, {}) for media in medias):
        return None
    first = next(iter(operations.values()))
    return Shape(id_field="id", id_schema=declared_id, item=None, operation=first)


def _item_schema(role: str, schema: Schema, definitions: Definitions, wanted: Path, collection: str) -> Schema:
    if role == "list":
        path = list_path(schema, definitions, collection)
        return None if path is None else items(descend(schema, definitions, path), definitions)
    inner = item_path(schema, definitions, wanted, collection)
    return None if inner is None else descend(schema, definitions, inner)


def _parameter_schema(parameter: str, operations: Mapping[str, Operation]) -> Schema:
    for operation in operations.values():
        for declared in operation.parameters:
            if declared.location == "path" and declared.name == parameter:
                return declared.schema
    return None


def dig(value: Json, path: Path) -> Json:
    """Return what lies at a path of keys; None when something on the way is no object."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def wrap(value: Json, path: Path) -> Json:
    """Return a value put under a path of keys."""
    for name in reversed(path):
        value = {name: value}
    return value
