"""Validators: schemas compiled by jsonschema-rs, kept within a bound of memory."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import msgspec

from mockops.contracts.importers.patterns import pattern_options
from mockops.contracts.rules.direction import standalone_schema
from mockops.core.errors import Invalid

if TYPE_CHECKING:
    import jsonschema_rs

    from mockops.contracts.model import Operation
    from mockops.contracts.rules.direction import Direction
    from mockops.core.json import JsonObject

    Validator: TypeAlias = jsonschema_rs.Draft202012Validator

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}(?:==)?|[A-Za-z0-9+/_-]{3}=?)?")
_COST_FACTOR = 20
"""Measured: a compiled validator takes up to so many bytes for each byte of its schema's JSON."""


class SchemaInvalid(Invalid):
    """A schema cannot be compiled to a validator."""

    code: ClassVar[str] = "contract.schema_invalid"


def compile_schema(schema: JsonObject | bool) -> Validator:
    """Return the validator of a self-contained schema (JSON Schema 2020-12), as `standalone_schema` makes them.

    Formats are asserted; a pattern with lookaround gives up, as a violation, after a bounded number of steps. Nothing
    is fetched.

    Raises:
        SchemaInvalid: the schema breaks its own rules; importers leave no such schemas behind.

    """
    import jsonschema_rs  # noqa: PLC0415 (44 ms, and only requests with bodies need it)

    try:
        return jsonschema_rs.Draft202012Validator(
            schema,
            validate_formats=True,
            ignore_unknown_formats=True,
            formats={"byte": is_base64},
            pattern_options=pattern_options(),
            offline=True,
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise SchemaInvalid(f"the schema cannot be used: {str(error).partition(chr(10))[0]}") from error


def is_base64(value: str) -> bool:
    """Tell whether a text is base64 (RFC 4648 section 4 or 5), padding optional, line breaks allowed."""
    return _BASE64.fullmatch(value.replace("\n", "").replace("\r", "")) is not None


class ValidatorCache:
    """The validators used last, within a bound of estimated memory."""

    def __init__(self, max_bytes: int = 256 << 20) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, int, str, str], tuple[Validator, int]] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        """The estimated memory of all validators kept."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    def validator(
        self,
        digest: str,
        index: int,
        place: str,
        direction: Direction,
        *,
        operation: Operation,
        schema: JsonObject | bool,
    ) -> Validator:
        """Return the validator of one schema of an operation, compiled on first use.

        Args:
            digest: of the contract.
            index: of the operation in the contract.
            place: names the schema within the operation, such as `response/200/application/json`.
            direction: where the body travels.
            operation: the operation itself, and
            schema: its schema, for the first use.

        Raises:
            SchemaInvalid: the schema cannot be compiled.

        """
        key = (digest, index, place, direction)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]
        whole = standalone_schema(operation, schema, direction=direction)
        validator = compile_schema(whole)
        cost = len(msgspec.json.encode(whole)) * _COST_FACTOR
        self._kept[key] = (validator, cost)
        self._bytes += cost
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed
        return validator
