"""From schemas to shapes: references followed, `allOf` merged, each worked out once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mockops.mocking.rules.generate.merge import both, merge
from mockops.mocking.rules.generate.reading import component_of, read_shape
from mockops.mocking.rules.generate.shape import IMPOSSIBLE, Choice, Schema, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json

_MAX_CACHED = 20_000
_MAX_DEPTH = 40


class Shapes:
    """The shapes of one set of definitions, remembered (bounded: all are forgotten when there are too many)."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        # By identity; the schema is kept beside its shape so that no other can take its address.
        self._known: dict[int, tuple[Schema, Shape]] = {}
        self._taken: dict[tuple[int, int], tuple[Shape, Shape]] = {}
        self._joined: dict[tuple[int, int], tuple[Schema, Schema, Schema]] = {}
        self._tagged: dict[tuple[int, str], tuple[Schema, Schema]] = {}

    def of(self, schema: Schema) -> Shape:
        """Return a schema's shape."""
        known = self._known.get(id(schema))
        if known is not None and known[0] is schema:
            return known[1]
        shape = self._resolved(schema, (), 0)
        self._make_room()
        self._known[id(schema)] = (schema, shape)
        return shape

    def with_branch(self, shape: Shape, branch: int) -> Shape:
        """Return a shape with one branch of its first choice taken, the choice gone, the discriminator set."""
        key = (id(shape), branch)
        known = self._taken.get(key)
        if known is not None and known[0] is shape:
            return known[1]
        choice = shape.choices[0]
        merged = merge(self.of(choice.branches[branch]), replace(shape, choices=shape.choices[1:]))
        if merged.is_possible:
            # Annotations of the branch say more than those around it, but an example of the whole comes first.
            merged.examples = shape.examples or merged.examples
            merged = self._discriminated(merged, choice, branch)
        self._make_room()
        self._taken[key] = (shape, merged)
        return merged

    def _make_room(self) -> None:
        """Forget everything when there is too much of it."""
        if len(self._known) + len(self._taken) + len(self._joined) + len(self._tagged) > _MAX_CACHED:
            self._known.clear()
            self._taken.clear()
            self._joined.clear()
            self._tagged.clear()

    def joined(self, first: Schema, second: Schema) -> Schema:
        """Return the schema of what conforms to both, the same object each time."""
        key = (id(first), id(second))
        known = self._joined.get(key)
        if known is None or known[0] is not first or known[1] is not second:
            known = self._joined[key] = (first, second, both(first, second))
        return known[2]

    def tagged(self, schema: Schema, value: str) -> Schema:
        """Return a schema that allows one text only, the same object each time; itself where it forbids that text."""
        key = (id(schema), value)
        known = self._tagged.get(key)
        if known is None or known[0] is not schema:
            tag: Schema = {"allOf": [schema, {"const": value}]}
            known = self._tagged[key] = (schema, tag if self.of(tag).is_possible else schema)
        return known[1]

    def _discriminated(self, shape: Shape, choice: Choice, branch: int) -> Shape:
        """Return the shape of a branch with the property in it that says which branch it is."""
        value = branch_value(choice, branch)
        name = choice.discriminator
        if not name or not value:
            return shape
        tag = self.tagged(shape.properties.get(name, True), value)
        required = shape.required if name in shape.required else (*shape.required, name)
        return replace(shape, properties={**shape.properties, name: tag}, required=required, discriminator="")

    def definition(self, name: str) -> Schema | None:
        """Return what `#/$defs/NAME` refers to; a pointer may go on inside; None when there is nothing."""
        if name in self._definitions:
            return self._definitions[name]
        found: Json = self._definitions
        for token in name.split("/"):
            key = unquote(token).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            elif isinstance(found, dict) and key in found:
                found = found[key]
            else:
                return None
        return found if isinstance(found, dict | bool) else None

    def _resolved(self, schema: Schema, trail: tuple[str, ...], depth: int) -> Shape:
        if schema is True:
            return Shape()
        if schema is False or depth > _MAX_DEPTH:
            return IMPOSSIBLE
        shape = read_shape(schema)
        name = component_of(schema)
        if name and name not in trail:
            shape = merge(shape, self._component(name, trail, depth))
        for part in schema.get("allOf", ()) if isinstance(schema.get("allOf"), list) else ():
            if isinstance(part, dict | bool):
                shape = merge(shape, self._part(part, trail, depth))
        return shape

    def _component(self, name: str, trail: tuple[str, ...], depth: int) -> Shape:
        target = self.definition(name)
        if target is None:
            return Shape()
        named = Shape(components=(name,))
        return merge(named, self._resolved(target, (*trail, name), depth + 1))

    def _part(self, part: Schema, trail: tuple[str, ...], depth: int) -> Shape:
        """Resolve a part of an `allOf`. What it says of its own readability is about the part, not the whole."""
        return self._resolved(part, trail, depth + 1)


def branch_value(choice: Choice, branch: int) -> str:
    """Return the discriminator's value for a branch: its key in the mapping, else the component's name."""
    name = component_of(choice.branches[branch])
    for value, target in choice.mapping.items():
        if target == name or target == name.rpartition(".")[2]:
            return value
    return name
