"""What naming everything wrong with a value may cost, before it is tried.

Saying whether a value fits is cheap. Saying why not is not: inside of a union the validator collects what is wrong with
every alternative, again for each union around it. Where alternatives contain each other, as the operands of and/or
filters do, that is 2**depth, and a request of 300 bytes could hold up the gateway for hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.schemas import Definitions

MAX_COST_US = 100_000
"""What naming all differences may take, in microseconds as estimated."""
_MAX_PAIRS = 20_000
"""Pairs of schema and value looked at for an estimate."""
_ERROR_US = 5
_ALTERNATIVE_US = 10
_COPIES = 1.2
"""Errors inside of a union are copied once more on the way out."""

_DEFINITIONS = "#/$defs/"
_UNIONS = ("anyOf", "oneOf")
_TOGETHER = ("not", "if", "then", "else")


class TooMany(Exception):
    """There are more pairs of schema and value than are looked at."""


class _Estimate:
    """The cost of one value, worked out once for each pair of schema and value."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._known: dict[tuple[int, int], float] = {}

    def of(self, schema: Json, value: Json) -> float:
        """Return the cost in microseconds."""
        if type(schema) is not dict:
            return _ERROR_US
        key = (id(schema), id(value))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MAX_PAIRS:
                raise TooMany
            self._known[key] = _ERROR_US  # a schema within itself, on the same value
            known = self._known[key] = min(self._sum(schema, value), 10.0 * MAX_COST_US)
        return known

    def _sum(self, schema: JsonObject, value: Json) -> float:
        cost: float = _ERROR_US + sum(self.of(part, value) for part in _beside(schema, self._definitions))
        for key in _UNIONS:
            cost += _COPIES * sum(_ALTERNATIVE_US + self.of(part, value) for part in schema.get(key, ()))
        if type(value) is dict:
            cost += sum(self.of(part, value[name]) for name, part in _members(schema, value))
        elif type(value) is list:
            prefix = schema.get("prefixItems", ())
            cost += sum(self.of(part, item) for part, item in zip(prefix, value, strict=False))
            for key in ("items", "contains"):
                if key in schema:
                    cost += sum(self.of(schema[key], item) for item in value)
        return cost


def is_affordable(schema: Json, value: Json, definitions: Definitions) -> bool:
    """Tell whether everything wrong with a value can be named in little time."""
    try:
        return _Estimate(definitions).of(schema, value) <= MAX_COST_US
    except (TooMany, RecursionError):
        return False


def has_nested_unions(schema: Json, definitions: Definitions) -> bool:
    """Tell whether a union may contain itself, so that even a single difference may take for ever to name.

    What is left when definitions that lead nowhere are taken away, time and again, is what may lead back to itself.
    """
    edges = {name: set(_named_in(each)) for name, each in _reachable(schema, definitions).items()}
    leaves = [name for name, targets in edges.items() if not targets & edges.keys()]
    sources: dict[str, set[str]] = {}
    for name, targets in edges.items():
        for target in targets:
            sources.setdefault(target, set()).add(name)
    while leaves:
        leaf = leaves.pop()
        edges.pop(leaf, None)
        for name in sources.get(leaf, ()):
            if name in edges:
                edges[name].discard(leaf)
                if not edges[name] & edges.keys():
                    leaves.append(name)
    return any(_has_union(definitions.get(name)) for name in edges)


def _beside(schema: JsonObject, definitions: Definitions) -> Iterator[Json]:
    """Yield what applies to the same value, but for unions."""
    if type(schema.get("$ref")) is str:
        yield definitions.get(schema["$ref"].removeprefix(_DEFINITIONS))
    yield from schema.get("allOf", ())
    for key in _TOGETHER:
        if key in schema:
            yield schema[key]
    yield from schema.get("dependentSchemas", {}).values()


def _members(schema: JsonObject, value: JsonObject) -> Iterator[tuple[str, Json]]:
    declared: Mapping[str, Json] = schema.get("properties", {})
    patterns = schema.get("patternProperties", {}).values()
    rest = schema.get("additionalProperties")
    for name in value:
        if name in declared:
            yield name, declared[name]
        elif type(rest) is dict:
            yield name, rest
        for part in patterns:
            yield name, part


def _reachable(schema: Json, definitions: Definitions) -> dict[str, Json]:
    found: dict[str, Json] = {}
    waiting = [*_named_in(schema)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = definitions.get(name)
            waiting += _named_in(found[name])
    return found


def _nodes(schema: Json) -> Iterator[JsonObject]:
    """Yield every object of a schema, however deep."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if type(node) is dict:
            yield node
            waiting += node.values()
        elif type(node) is list:
            waiting += node


def _named_in(schema: Json) -> list[str]:
    return [node["$ref"].removeprefix(_DEFINITIONS) for node in _nodes(schema) if type(node.get("$ref")) is str]


def _has_union(schema: Json) -> bool:
    return any(key in node for node in _nodes(schema) for key in _UNIONS)
