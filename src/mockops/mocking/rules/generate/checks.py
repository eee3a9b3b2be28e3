"""Whether a value conforms, asked of the validators that will judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.model import Operation
from mockops.contracts.rules.direction import standalone_schema
from mockops.contracts.rules.validators import compile_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.contracts.rules.validators import Validator
    from mockops.core.json import Json
    from mockops.mocking.rules.generate.hints import Direction
    from mockops.mocking.rules.generate.shape import Schema

_MAX_VALIDATORS = 1_000


class Checks:
    """Validators of one set of definitions, compiled when first needed (bounded: all are dropped when too many)."""

    def __init__(self, definitions: Mapping[str, Schema], direction: Direction) -> None:
        self._home = Operation(method="", path="", definitions=dict(definitions))
        self._direction = direction
        self._validators: dict[int, tuple[Schema, Validator]] = {}
        self._patterns: dict[str, Validator] = {}

    def conforms(self, schema: Schema, value: Json) -> bool:
        """Tell whether a value conforms to a schema whose references point into the definitions."""
        if isinstance(schema, bool):
            return schema
        known = self._validators.get(id(schema))
        if known is None or known[0] is not schema:
            if len(self._validators) >= _MAX_VALIDATORS:
                self._validators.clear()
            whole = standalone_schema(self._home, schema, direction=self._direction.value)
            known = self._validators[id(schema)] = (schema, compile_schema(whole))
        try:
            return known[1].is_valid(value)
        except ValueError:
            return False  # nested deeper than the validator follows

    def matches(self, pattern: str, text: str) -> bool:
        """Tell whether a text matches a pattern, in the validator's dialect."""
        if pattern not in self._patterns:
            if len(self._patterns) >= _MAX_VALIDATORS:
                self._patterns.clear()
            self._patterns[pattern] = compile_schema({"pattern": pattern})
        return self._patterns[pattern].is_valid(text)
