"""How many schemas apply to one value at once: what is doubled at each of forty levels is looked at 2**40 times."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockops.core.json import Json, JsonObject

MAX_BREADTH = 20_000
"""Schemas that may apply to one value, through `$ref`, `allOf` and their kin; the broadest real ones have hundreds."""

_DEFINITIONS = "#/$defs/"
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")


class Breadths:
    """The breadth of schemas, worked out once for each definition."""

    def __init__(self, definitions: Mapping[str, JsonObject | bool]) -> None:
        self._definitions = definitions
        self._known: dict[str, int] = {}
        self._broad: list[str] = []

    def too_broad(self, name: str) -> list[str]:
        """Return the definitions that are too broad among one and those it refers to, each once.

        From then on each counts as one that allows anything: what is built of it may be fine.
        """
        try:
            self._of_definition(name)
        except RecursionError:
            self._known[name] = 1
            self._broad.append(name)
        broad, self._broad = self._broad, []
        return broad

    def of(self, schema: Json) -> int:
        """Return how many schemas apply to a value, this one included; a definition within itself counts once."""
        if type(schema) is not dict:
            return 1
        return 1 + sum(self._of_part(part) for part in _parts(schema))

    def _of_part(self, part: Json) -> int:
        return self._of_definition(part.removeprefix(_DEFINITIONS)) if type(part) is str else self.of(part)

    def _of_definition(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = 1
            breadth = self.of(self._definitions.get(name, True))
            if breadth > MAX_BREADTH:
                self._broad.append(name)
                breadth = 1
            self._known[name] = breadth
        return self._known[name]


def _parts(schema: JsonObject) -> Iterator[Json]:
    """Yield what applies to the same value: schemas, and references as text."""
    if type(schema.get("$ref")) is str:
        yield schema["$ref"]
    for key in _LISTS:
        yield from schema.get(key, ())
    for key in _SINGLE:
        if key in schema:
            yield schema[key]
    yield from schema.get("dependentSchemas", {}).values()
