"""Whether a value conforms, asked of the validator that will judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockops.mocking.rules.generate.reading import component_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json
    from mockops.mocking.rules.generate.shape import Schema

_MAX_VALIDATORS = 2_000


class Checks:
    """Validators of one set of definitions, compiled when first needed (bounded: all are dropped when too many)."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self._validators: dict[int, tuple[Schema, Any]] = {}
        self._patterns: dict[str, Any] = {}
        self._needed: dict[str, frozenset[str]] = {}

    def conforms(self, schema: Schema, value: Json) -> bool:
        """Tell whether a value conforms to a schema whose references point into the definitions."""
        if isinstance(schema, bool):
            return schema
        known = self._validators.get(id(schema))
        if known is None or known[0] is not schema:
            if len(self._validators) >= _MAX_VALIDATORS:
                self._validators.clear()
            known = self._validators[id(schema)] = (schema, self._compiled(schema))
        try:
            return bool(known[1].is_valid(value))
        except ValueError:
            return False  # a number beyond what the validator reads, or a value nested too deep

    def matches(self, pattern: str, text: str) -> bool:
        """Tell whether a text matches a pattern, in the validator's dialect; an unreadable pattern matches all."""
        if pattern not in self._patterns:
            if len(self._patterns) >= _MAX_VALIDATORS:
                self._patterns.clear()
            self._patterns[pattern] = compile_validator({"pattern": pattern})
        return bool(self._patterns[pattern].is_valid(text))

    def _compiled(self, schema: dict[str, Any]) -> Any:
        needed = self._closure(schema)
        if not needed:
            return compile_validator(schema)
        return compile_validator(
            {"allOf": [schema], "$defs": {name: self._definitions[name] for name in sorted(needed)}}
        )

    def _closure(self, schema: Schema) -> set[str]:
        found: set[str] = set()
        waiting = list(_referred(schema))
        while waiting:
            name = waiting.pop()
            if name in found or name not in self._definitions:
                continue
            found.add(name)
            if name not in self._needed:
                self._needed[name] = frozenset(_referred(self._definitions[name]))
            waiting += self._needed[name]
        return found


def compile_validator(schema: dict[str, Any]) -> Any:
    """Return a validator of JSON Schema 2020-12, formats included."""
    import jsonschema_rs  # noqa: PLC0415 (44 ms, and many answers need no check)

    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _referred(schema: Json) -> set[str]:
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if name := component_of(node):
                found.add(name)
                found.add(name.partition("/")[0])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found
