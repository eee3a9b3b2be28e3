"""Objects: which properties, in what order, and what their names are where only a pattern is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.chance import seed_of
from mockops.mocking.rules.generate import words
from mockops.mocking.rules.generate.dice import Dice
from mockops.mocking.rules.generate.hints import Direction, Optional
from mockops.mocking.rules.generate.merge import property_of
from mockops.mocking.rules.generate.naming import role_of, singular, snake
from mockops.mocking.rules.generate.patterns import PatternUnreadable, draw_match, parse_pattern
from mockops.mocking.rules.generate.place import UNSET, DeadEnd, Place
from mockops.mocking.rules.generate.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.json import JsonObject
    from mockops.mocking.rules.generate.context import Walk
    from mockops.mocking.rules.generate.shape import Schema, Shape

_MAX_DEPTH_OPTIONAL = 7
"""How deep properties that may be left out are still there."""
_MAX_OPTIONAL = 5_000
"""Properties that may be left out and are thought of."""
_SHARED_NAMES = frozenset(
    ("name", "profile", "contact", "details", "personal", "person", "personal_info", "attributes")
)
"""Objects of these names are about the same as the object they stand in."""
_ENVELOPES = frozenset(("data", "result", "response", "item", "payload", "attributes", "record", "object", "content"))


def draw_object(walk: Walk, shape: Shape, place: Place) -> JsonObject:
    """Return an object that conforms; raises DeadEnd when a property it needs cannot be made."""
    if shape.max_properties is not None and shape.min_properties > shape.max_properties:
        raise DeadEnd(f"no object has at least {shape.min_properties} and at most {shape.max_properties} properties")
    if len(shape.required) > walk.budget.nodes:
        raise DeadEnd(f"it has {len(shape.required):,} required properties, more than can be made")
    inner = _inner(walk, shape, place)
    wished = walk.wishes.object(inner, shape, place.wish if isinstance(place.wish, dict) else {})
    required = _required(walk, shape)
    needed = frozenset(required)
    made: JsonObject = {}
    optional = [name for name in shape.properties if name not in needed][:_MAX_OPTIONAL]
    room = None if shape.max_properties is None else shape.max_properties - len(required)
    allowed = _chosen(walk, shape, optional, place, wished, room)
    for name in _ordered(shape, required, allowed):
        _add(walk, shape, inner, name, wished, made, is_required=name in needed)
    _add_open(walk, shape, inner, wished, made)
    _complete(walk, shape, inner, made)
    return made


def _inner(walk: Walk, shape: Shape, place: Place) -> Place:
    """Return the place of the object's fields, without their names."""
    about = (*shape.components, place.name)
    if place.name in _SHARED_NAMES and not place.is_in_list and place.depth:
        scene = place.scene
    else:
        role = role_of([name for name in about if name], shape.properties)
        scene = walk.wishes.scene(role, place) or Scene(walk.dice, role)
    return replace(
        place,
        scene=scene,
        owner=tuple(singular(snake(name)) for name in about if name),
        depth=place.depth + 1,
        wish=UNSET,
    )


def _required(walk: Walk, shape: Shape) -> list[str]:
    """Return the names that must be there and do travel."""
    # What is required and does not travel is not made, unless that has failed already.
    return [name for name in shape.required if walk.is_wide or not _is_hidden(walk, shape, name)]


def _is_hidden(walk: Walk, shape: Shape, name: str) -> bool:
    """Tell whether a property does not travel in this direction (`readOnly`, `writeOnly`)."""
    schema = shape.properties.get(name)
    if schema is None or schema is True or schema is False:
        return False
    of_property = walk.shapes.of(schema)
    if walk.hints.direction is Direction.RESPONSE:
        return of_property.is_write_only
    return of_property.is_read_only


def _chosen(
    walk: Walk, shape: Shape, optional: list[str], place: Place, wished: JsonObject, room: int | None
) -> set[str]:
    """Return which of the properties that may be left out are made."""
    policy = walk.hints.optional
    if walk.is_minimal or walk.budget.is_tight or place.depth > _MAX_DEPTH_OPTIONAL:
        policy = Optional.NONE
    candidates = [name for name in optional if not _is_hidden(walk, shape, name)]
    if policy is Optional.SOME:
        candidates = [name for name in candidates if name in wished or walk.dice.ratio() < 0.5]
    elif policy is Optional.NONE:
        candidates = [name for name in candidates if name in wished]
    if isinstance(place.wish, dict) and place.wish and policy is Optional.ALL and _is_whole(walk, shape, place.wish):
        candidates = [name for name in candidates if name in wished]
    return set(candidates if room is None else candidates[: max(room, 0)])


def _is_whole(walk: Walk, shape: Shape, wish: JsonObject) -> bool:
    """Tell whether an example is complete as it stands, so that nothing need be added."""
    return all(name in wish for name in _required(walk, shape)) and len(wish) >= shape.min_properties


def _ordered(shape: Shape, required: list[str], allowed: set[str]) -> Iterator[str]:
    """Return the names to make in the order of the contract."""
    needed = set(required)
    for name in shape.properties:
        if name in needed or name in allowed:
            yield name
    for name in required:
        if name not in shape.properties:
            yield name


def _add(
    walk: Walk, shape: Shape, inner: Place, name: str, wished: JsonObject, made: JsonObject, *, is_required: bool
) -> None:
    """Make one property; one that may be left out and cannot be made is left out."""
    place = _field_place(shape, inner, name, wished)
    mark = walk.budget.mark
    try:
        walk.budget.spend(len(name) + 4)
        made[name] = walk.value(_schema_of(walk, shape, name), place)
    except DeadEnd as error:
        if is_required:
            raise DeadEnd(f"property `{name}` is required and {error}") from error
        walk.budget.give_back(mark)


def _schema_of(walk: Walk, shape: Shape, name: str) -> Schema:
    """Return what a property has to be; a base schema's discriminator says which component is at hand."""
    schema = property_of(shape, name, walk.shapes.joined)
    if name != shape.discriminator or not shape.components:
        return schema
    for component in shape.components:
        for value, target in shape.mapping.items():
            if target == component:
                return walk.shapes.tagged(schema, value)
    return schema if shape.mapping else walk.shapes.tagged(schema, shape.components[0])


def _field_place(shape: Shape, inner: Place, name: str, wished: JsonObject) -> Place:
    plain = snake(name)
    is_envelope = inner.is_resource and not inner.is_in_list and plain in _ENVELOPES
    return Place(
        scene=inner.scene,
        name=plain,
        path=(*inner.path, name),
        depth=inner.depth,
        index=inner.index,
        is_in_list=inner.is_in_list,
        trail=inner.trail,
        owner=inner.owner,
        is_resource=is_envelope and "id" not in shape.properties,
        is_of_resource=inner.is_resource,
        wish=wished.get(name, UNSET),
    )


def _add_open(walk: Walk, shape: Shape, inner: Place, wished: JsonObject, made: JsonObject) -> None:
    """Make entries of a map: properties that no name but a schema is known of."""
    room = (shape.max_properties if shape.max_properties is not None else 1 << 30) - len(made)
    is_bare = walk.is_minimal or walk.budget.is_tight or walk.hints.optional is Optional.NONE
    for name in wished:
        if name not in made and name not in shape.properties and room > 0 and property_of(shape, name) is not False:
            _add(walk, shape, inner, name, wished, made, is_required=False)
            room -= 1
    if made or is_bare or room <= 0 or shape.properties:
        return
    if isinstance(shape.additional, dict) and shape.additional:
        for _ in range(min(2, room)):
            _add_new(walk, shape, inner, made, is_required=False)
    elif shape.pattern_properties and shape.additional is not True:
        _add_new(walk, shape, inner, made, is_required=False)


def _add_new(walk: Walk, shape: Shape, inner: Place, made: JsonObject, *, is_required: bool) -> bool:
    name = _new_name(walk, shape, made)
    if name is None:
        return False
    _add(walk, shape, inner, name, {}, made, is_required=is_required)
    return name in made


def _new_name(walk: Walk, shape: Shape, made: JsonObject) -> str | None:
    """Return a name that is not there yet and that the object's rules for names allow."""
    # Names come from dice of their own: how many were tried leaves the values alone.
    dice = Dice(seed_of("names", len(made), *shape.components))
    for attempt in range(24):
        name = _guessed_name(walk, shape, dice, attempt)
        if name is None or name in made or _is_hidden(walk, shape, name):
            continue
        if property_of(shape, name) is False:
            continue
        if all(walk.checks.conforms(schema, name) for schema in shape.names):
            return name
    return None


def _guessed_name(walk: Walk, shape: Shape, dice: Dice, attempt: int) -> str | None:
    patterns = [pattern for pattern, schema in shape.pattern_properties if schema is not False]
    if patterns and (shape.additional in (None, False) or attempt % 2):
        try:
            return draw_match(parse_pattern(dice.pick(patterns)), dice)
        except PatternUnreadable:
            return None
    if shape.names and attempt % 2 == 0:
        try:
            schema = {"allOf": [{"type": "string"}, *shape.names]}
            name = walk.of_shape(walk.shapes.of(schema), Place(scene=Scene(dice), name="key"))
        except DeadEnd:
            return None
        return name if isinstance(name, str) else None
    noun = dice.pick(words.NOUNS)
    return noun if attempt < 12 else f"{noun}{dice.below(100_000)}"


def _complete(walk: Walk, shape: Shape, inner: Place, made: JsonObject) -> None:
    """Add what properties that are there ask for, and what the fewest properties ask for."""
    for _ in range(len(shape.dependent) + 1):
        missing = [name for key, names in shape.dependent if key in made for name in names if name not in made]
        if not missing:
            break
        for name in dict.fromkeys(missing):
            _add(walk, shape, inner, name, {}, made, is_required=True)
    for name in shape.properties:
        if len(made) >= shape.min_properties:
            break
        if name not in made and not _is_hidden(walk, shape, name):
            _add(walk, shape, inner, name, {}, made, is_required=False)
    while len(made) < shape.min_properties:
        if not _add_new(walk, shape, inner, made, is_required=True):
            raise DeadEnd(f"the object needs {shape.min_properties} properties and only {len(made)} can be made")
