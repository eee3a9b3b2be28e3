"""What the request and the persona would like to see where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.chance import seed_of
from mockops.mocking.rules.generate.dice import Dice
from mockops.mocking.rules.generate.naming import snake
from mockops.mocking.rules.generate.place import UNSET, Unset
from mockops.mocking.rules.generate.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Override
    from mockops.mocking.rules.generate.hints import Hints
    from mockops.mocking.rules.generate.place import Place
    from mockops.mocking.rules.generate.shape import Shape

_LENGTH_NAMES = frozenset(
    [
        "limit",
        "per_page",
        "perpage",
        "page_size",
        "pagesize",
        "max_results",
        "maxresults",
        "first",
        "take",
        "top",
        "count",
        "size",
        "max_items",
    ]
)
_MAX_LENGTH = 50
_ID_NAMES = ("id", "uuid", "guid", "key", "number", "sid")


class Wishes:
    """The hints of one request, ready to be asked field by field."""

    def __init__(self, hints: Hints) -> None:
        persona = hints.persona
        self._persona = persona
        self._params = {snake(name): value for name, value in hints.path_params}
        self._last = snake(hints.path_params[-1][0]) if hints.path_params else ""
        self._query = {snake(name): value for name, value in hints.query}
        self._length = _length(self._query)
        self._traits = {snake(name): value for name, value in persona.traits.items()} if persona else {}
        self._entities = {snake(name): fields for name, fields in persona.entities.items()} if persona else {}
        overrides = persona.overrides if persona else ()
        self._by_schema = [override for override in overrides if override.schema]
        self._by_pointer = [(_tokens(override), override.value) for override in overrides if override.pointer]
        self.is_empty = not (self._params or self._query or persona)

    def length(self, place: Place) -> int | None:
        """Return how many items the request asked for, for the array it asks about."""
        return self._length if not place.is_in_list and place.depth <= 1 else None

    def scene(self, role: str, place: Place) -> Scene | None:
        """Return the persona's own facts for the first person (or company) of an answer."""
        if self._persona is None or role not in ("person", "company") or place.index:
            return None
        return Scene(Dice(seed_of("persona", self._persona.name, self._persona.seed, role)), role)

    def value(self, place: Place, shape: Shape) -> Json | Unset:
        """Return the value to have at a place as a whole, or UNSET."""
        if self.is_empty:
            return UNSET
        for tokens, value in self._by_pointer:
            if _is_at(tokens, place.path):
                return value
        for override in self._by_schema:
            if override.schema in shape.components and not isinstance(override.value, dict):
                return override.value
        return self._field(place, shape)

    def object(self, inner: Place, shape: Shape, wished: JsonObject) -> JsonObject:
        """Return wishes for an object's fields: overrides of its component over its entity over what was wished."""
        if inner.index == 0:
            for owner in inner.owner:
                entity = self._entities.get(owner)
                if entity is not None:
                    known = {snake(name): value for name, value in entity.items()}
                    found = {name: known[snake(name)] for name in shape.properties if snake(name) in known}
                    wished = {**wished, **found}
                    break
        for override in self._by_schema:
            if override.schema in shape.components and isinstance(override.value, dict):
                wished = {**wished, **override.value}
        return wished

    def _field(self, place: Place, shape: Shape) -> Json | Unset:
        name = place.name
        if not name or not place.path or place.path[-1] == "*":
            return UNSET
        for found in self._for_name(name, place):
            value = found if not isinstance(found, _Text) else found.as_type(shape)
            if value is not UNSET:
                return value
        return UNSET

    def _for_name(self, name: str, place: Place) -> Iterator[Json]:
        if name in self._traits:
            yield self._traits[name]
        if self._entities:
            yield from self._of_entity(name, place)
        if self._params:
            yield from self._of_path(name, place)
        if (name in self._query and place.depth <= 3 and name not in _LENGTH_NAMES) or (
            name in self._query and place.depth <= 2
        ):
            yield _Text(self._query[name])

    def _of_entity(self, name: str, place: Place) -> Iterator[Json]:
        head, _, last = name.partition("_")
        while last:
            fields = self._entities.get(head)
            if fields is not None:
                known = {snake(key): value for key, value in fields.items()}
                if last in known:
                    yield known[last]
            piece, _, last = last.partition("_")
            head = f"{head}_{piece}"

    def _of_path(self, name: str, place: Place) -> Iterator[Json]:
        if name in self._params and (name not in _ID_NAMES or self._is_top(place)):
            yield _Text(self._params[name])
        if name not in _ID_NAMES:
            return
        for owner in place.owner:
            named = self._params.get(f"{owner}_{name}")
            if named is not None and not place.is_in_list:
                yield _Text(named)
        if name == "id" and self._is_top(place) and _is_identifier(self._last):
            yield _Text(self._params[self._last])

    def _is_top(self, place: Place) -> bool:
        return place.is_of_resource and not place.is_in_list


class _Text:
    """A parameter's value, still without a type."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def as_type(self, shape: Shape) -> Json | Unset:
        """Return the value in the first type of the shape that it can be read as."""
        if not self.text:
            return UNSET
        for kind in shape.kinds or ("string",):
            if kind == "string":
                return self.text
            if kind == "boolean" and self.text in ("true", "false"):
                return self.text == "true"
            if kind in ("integer", "number") and _is_number(self.text, is_integer=kind == "integer"):
                return int(self.text) if _is_number(self.text, is_integer=True) else float(self.text)
        return UNSET


def _is_number(text: str, *, is_integer: bool) -> bool:
    digits = text.removeprefix("-")
    whole, dot, fraction = digits.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(digits) < 20):
        return False
    if whole.startswith("0") and whole != "0":
        return False
    return not dot or (not is_integer and fraction.isascii() and fraction.isdigit())


def _is_identifier(name: str) -> bool:
    last = name.rpartition("_")[2]
    return last in _ID_NAMES or last.endswith("id") or last in ("ref", "reference", "code", "name", "slug")


def _length(query: dict[str, str]) -> int | None:
    for name, value in query.items():
        if name in _LENGTH_NAMES and value.isascii() and value.isdigit() and len(value) < 10:
            return min(int(value), _MAX_LENGTH)
    return None


def _tokens(override: Override) -> tuple[str, ...]:
    tokens = override.pointer.split("/")[1:]
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def _is_at(tokens: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(tokens) == len(path) and all(
        asked == step or asked == "*" or (step == "*" and asked.isdigit())
        for asked, step in zip(tokens, path, strict=True)
    )
