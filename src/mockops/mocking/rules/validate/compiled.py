"""A schema compiled for one part of one operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mockops.contracts.rules.direction import standalone_schema
from mockops.contracts.rules.validators import compile_schema
from mockops.mocking.rules.validate.cost import has_nested_unions, is_affordable
from mockops.mocking.rules.validate.explain import explain, unexplained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jsonschema_rs import ValidationError

    from mockops.contracts.model import Operation
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Violation
    from mockops.mocking.rules.validate.explain import Place


class Validator(Protocol):
    """A compiled schema, as jsonschema-rs makes them."""

    def is_valid(self, instance: Json) -> bool:
        """Return whether a value fits."""
        ...

    def iter_errors(self, instance: Json) -> Iterable[ValidationError]:
        """Yield everything wrong with a value."""
        ...

    def validate(self, instance: Json) -> None:
        """Raise the first ValidationError."""
        ...


class Compile(Protocol):
    """Makes, or finds in a cache, the validator of one part of an operation's requests."""

    def __call__(self, place: str, schema: JsonObject | bool) -> Validator:
        """Return the validator of the part called `place`, whose schema is one of the operation's."""
        ...


def compile_for(operation: Operation) -> Compile:
    """Return a compiler that keeps what it makes for as long as it lives."""
    made: dict[str, Validator] = {}

    def find(place: str, schema: JsonObject | bool) -> Validator:
        validator = made.get(place)
        if validator is None:
            validator = made[place] = compile_schema(standalone_schema(operation, schema, direction="request"))
        return validator

    return find


class PartCheck:
    """Checks one part of a request: all its parameters, or its body of one media type."""

    __slots__ = ("_compile", "_has_nested_unions", "_operation", "_place", "_schema", "_secrets", "_where")

    def __init__(
        self,
        place: str,
        schema: JsonObject | bool,
        operation: Operation,
        compile_part: Compile,
        where: Callable[[Sequence[str | int]], Place],
    ) -> None:
        self._place = place
        self._schema = schema
        self._operation = operation
        self._compile = compile_part
        self._where = where
        self._has_nested_unions: bool | None = None
        self._secrets = frozenset(
            scheme.parameter for alternative in operation.security for scheme in alternative if scheme.parameter
        )

    def check(self, value: Json) -> list[Violation]:
        """Return what is wrong with a value; a valid one costs one call of the validator."""
        validator = self._compile(self._place, self._schema)
        if validator.is_valid(value):
            return []
        errors = self._errors(validator, value)
        if errors is None:
            return [unexplained(*self._where(()), value)]
        declared = self._schema if isinstance(self._schema, dict) else {}
        return explain(errors, self._where, {**declared, "$defs": self._operation.definitions}, self._secrets)

    def _errors(self, validator: Validator, value: Json) -> Iterable[ValidationError] | None:
        """Return what is wrong with a value: all, else the first of it, else None, as far as time permits."""
        definitions = self._operation.definitions
        if is_affordable(self._schema, value, definitions):
            return validator.iter_errors(value)
        if self._has_nested_unions is None:
            self._has_nested_unions = has_nested_unions(self._schema, definitions)
        return None if self._has_nested_unions else _first_error(validator, value)


def _first_error(validator: Validator, value: Json) -> list[ValidationError]:
    import jsonschema_rs  # noqa: PLC0415 (loaded already, by whoever made the validator)

    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []
