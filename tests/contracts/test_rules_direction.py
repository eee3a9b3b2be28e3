"""Schemas for one direction of travel, and the validators made of them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mockops.contracts.model import Operation
from mockops.contracts.rules.direction import Direction, standalone_schema
from mockops.contracts.rules.validators import SchemaInvalid, ValidatorCache, compile_schema

_USER = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "tag": {"$ref": "#/$defs/Tag"},
        "name": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
    },
    "required": ["id", "tag", "name", "password"],
    "additionalProperties": False,
}
_DEFINITIONS: dict[str, Any] = {
    "User": _USER,
    "Tag": {"type": "string", "readOnly": True},
    "Admin": {"allOf": [{"$ref": "#/$defs/Base"}, {"required": ["id", "level"]}]},
    "Base": {"properties": {"id": {"readOnly": True}, "level": {"type": "integer"}}},
}
_OPERATION = Operation(method="POST", path="/", definitions=_DEFINITIONS)


def is_valid(schema: Any, value: Any, direction: Direction = "request") -> bool:
    return compile_schema(standalone_schema(_OPERATION, schema, direction=direction)).is_valid(value)


def test_a_request_needs_no_read_only_properties_and_may_send_any() -> None:
    user = {"$ref": "#/$defs/User"}
    assert is_valid(user, {"name": "n", "password": "p"})
    assert is_valid(user, {"name": "n", "password": "p", "id": "not looked at"})
    assert not is_valid(user, {"name": "n"})


def test_a_response_needs_no_write_only_properties() -> None:
    user = {"$ref": "#/$defs/User"}
    assert is_valid(user, {"id": 1, "tag": "t", "name": "n"}, "response")
    assert not is_valid(user, {"tag": "t", "name": "n"}, "response")


def test_requirements_beside_an_inherited_schema_know_its_read_only_properties() -> None:
    admin = {"$ref": "#/$defs/Admin"}
    assert is_valid(admin, {"level": 1})
    assert not is_valid(admin, {})
    assert not is_valid(admin, {"level": 1}, "response")


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"format": "email"}, "a@example.com", "a"),
        ({"format": "uri"}, "https://example.com", "not a uri"),
        ({"format": "date"}, "2024-02-29", "2023-02-29"),
        ({"format": "date-time"}, "2024-02-29T10:00:00Z", "2024-02-29"),
        ({"format": "uuid"}, "7f1b5f0e-7d2b-4c0e-9b1e-0c7b1b1b1b1b", "x"),
        ({"format": "ipv4"}, "1.2.3.4", "1.2.3"),
        ({"format": "ipv6"}, "::1", "1.2.3.4"),
        ({"format": "byte"}, "aGVsbG8=", "a b"),
        ({"type": "integer", "format": "int32"}, 2**31 - 1, 2**31),
        ({"type": ["integer", "null"], "format": "int64"}, -(2**63), 2**63),
    ],
)
def test_formats_that_are_promised_are_kept(schema: Any, good: Any, bad: Any) -> None:
    assert is_valid(schema, good)
    assert not is_valid(schema, bad)


@pytest.mark.parametrize("name", ["hostname", "time", "binary", "password", "made-up", "regex"])
def test_other_formats_are_annotations(name: str) -> None:
    assert is_valid({"type": "string", "format": name}, "!!")


def test_alternatives_are_told_apart_by_their_discriminator() -> None:
    definitions: dict[str, Any] = {"A": {"properties": {"x": {}}}, "B": {"properties": {"y": {}}}}
    schema = {
        "oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}],
        "discriminator": {"propertyName": "kind", "mapping": {"a": "#/$defs/A", "b": "#/$defs/B"}},
    }
    operation = Operation(method="GET", path="/", definitions=definitions)
    validator = compile_schema(standalone_schema(operation, schema, direction="response"))
    assert validator.is_valid({"kind": "a"})
    assert not validator.is_valid({"kind": "c"})


def test_a_pattern_made_to_explode_is_given_up_in_time() -> None:
    started = time.perf_counter()
    assert not is_valid({"pattern": "^(?=a)(a+)+$"}, "a" * 40 + "b")
    assert not is_valid({"pattern": "^(a+)+$"}, "a" * 40 + "b")
    assert time.perf_counter() - started < 1


def test_a_schema_that_breaks_its_own_rules_is_an_error_with_words() -> None:
    with pytest.raises(SchemaInvalid, match="cannot be used"):
        compile_schema({"type": "nonsense"})


def test_the_cache_compiles_once_and_stays_within_its_bound() -> None:
    cache = ValidatorCache(max_bytes=20_000)
    schema = {"enum": ["x" * 100]}

    def get(index: int) -> Any:
        return cache.validator("d", index, "response/200", "response", operation=_OPERATION, schema=schema)

    assert get(0) is get(0)
    for index in range(100):
        get(index)
        assert cache.size_bytes <= 20_000
    assert 0 < len(cache) < 20
