"""A schema compiled for one part of one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from jsonschema_rs import ValidationError

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Violation
    from mockops.mocking.rules.schemas import Definitions, Schema
    from mockops.mocking.rules.validate.explain import Place

_DEFINITIONS = "#/$defs/"


class Validator(Protocol):
    """A compiled schema, as jsonschema-rs makes them."""

    def is_valid(self, instance: Json) -> bool:
        """Return whether a value fits."""
        ...

    def iter_errors(self, instance: Json) -> Iterable[ValidationError]:
        """Yield everything wrong with a value."""
        ...


class Compile(Protocol):
    """Makes, or finds in a cache, the validator of one part of an operation."""

    def __call__(self, key: str, make: Callable[[], JsonObject | bool]) -> Validator:
        """Return the validator known under `key`; `make` gives the standalone schema where there is none yet."""
        ...


def standalone(schema: Schema, definitions: Definitions) -> JsonObject | bool:
    """Return a schema that carries the definitions it needs, and no others."""
    if not isinstance(schema, dict):
        return True if schema is None else schema
    needed: dict[str, JsonObject | bool] = {}
    waiting = list(_references(schema))
    while waiting:
        name = waiting.pop()
        if name not in needed and name in definitions:
            needed[name] = definitions[name]
            waiting += _references(definitions[name])
    return {**schema, "$defs": needed} if needed else schema


def _references(node: Json) -> Iterator[str]:
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            reference = here.get("$ref")
            if isinstance(reference, str) and reference.startswith(_DEFINITIONS):
                yield reference.removeprefix(_DEFINITIONS).replace("~1", "/").replace("~0", "~")
            stack += here.values()
        elif isinstance(here, list):
            stack += here


def compile_unbounded() -> Compile:
    """Return a compiler that keeps what it makes for as long as it lives."""
    made: dict[str, Validator] = {}

    def find(key: str, make: Callable[[], JsonObject | bool]) -> Validator:
        validator = made.get(key)
        if validator is None:
            from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 (44 ms, first use only)

            validator = made[key] = Draft202012Validator(make())
        return validator

    return find


class PartCheck:
    """Checks one part of a request: all its parameters, or its body of one media type."""

    __slots__ = ("_compile", "_key", "_make", "_place")

    def __init__(
        self,
        key: str,
        make: Callable[[], JsonObject | bool],
        compile_schema: Compile,
        place: Callable[[Sequence[str | int]], Place],
    ) -> None:
        self._key = key
        self._make = make
        self._compile = compile_schema
        self._place = place

    def check(self, value: Json) -> list[Violation]:
        """Return what is wrong with a value; a valid one costs one call of the validator."""
        validator = self._compile(self._key, self._make)
        if validator.is_valid(value):
            return []
        from mockops.mocking.rules.validate.explain import explain  # noqa: PLC0415 (only when something is wrong)

        return explain(validator.iter_errors(value), self._place, self._make())
