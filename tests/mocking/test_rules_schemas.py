"""What a schema says at first sight, through references and composed parts."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.mocking.rules.schemas import (
    ALL_TYPES,
    additional,
    items,
    json_types,
    keyword,
    properties,
    required,
    resolve,
    type_name,
)

DEFINITIONS: dict[str, Any] = {
    "Pet": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"], "title": "A pet"},
    "Alias": {"$ref": "#/$defs/Pet", "title": "Another"},
    "Loop": {"$ref": "#/$defs/Loop"},
    "Nest": {"allOf": [{"$ref": "#/$defs/Nest"}], "type": "object"},
    "a/b": {"type": "null"},
    "Never": False,
}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def test_references_are_followed_and_siblings_win() -> None:
    assert resolve(ref("Alias"), DEFINITIONS) == {**DEFINITIONS["Pet"], "title": "Another"}
    assert resolve(ref("a~1b"), DEFINITIONS) == {"type": "null"}
    assert resolve({**ref("Gone"), "type": "string"}, DEFINITIONS) == {"type": "string"}
    assert resolve(ref("Loop"), DEFINITIONS) == {}
    assert resolve(True, DEFINITIONS) == resolve(None, DEFINITIONS) == {}


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        (True, ALL_TYPES),
        (False, frozenset()),
        ({"type": ["string", "null"]}, {"string", "null"}),
        ({"enum": [1, "a", None]}, {"integer", "string", "null"}),
        ({"const": 1.5}, {"number"}),
        ({"required": ["a"]}, {"object"}),
        ({"prefixItems": []}, {"array"}),
        (ref("Alias"), {"object"}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"string", "integer"}),
        ({"type": "number", "allOf": [{"type": "integer"}]}, {"integer"}),
        ({"oneOf": [{"type": "string"}, False]}, {"string"}),
        (ref("Nest"), {"object"}),
    ],
)
def test_the_types_a_value_may_have(schema: Any, types: set[str]) -> None:
    assert json_types(schema, DEFINITIONS) == types


def test_members_come_from_all_parts_the_most_direct_first() -> None:
    schema = {
        "properties": {"id": {"type": "string"}},
        "allOf": [ref("Pet"), {"properties": {"name": {"type": "string", "format": "x"}}, "required": ["name", 5]}],
        "anyOf": [{"properties": {"extra": True}, "required": ["extra"]}],
    }
    assert list(properties(schema, DEFINITIONS)) == ["id", "name", "extra"]
    assert properties(schema, DEFINITIONS)["id"] == {"type": "string"}
    assert required(schema, DEFINITIONS) == {"id", "name"}  # what one branch needs, a value may do without


def test_items_additional_members_and_keywords() -> None:
    assert items({"allOf": [{"items": ref("Pet")}]}, DEFINITIONS) == ref("Pet")
    assert items({"type": "array"}, DEFINITIONS) is None
    assert items(ref("Nest"), DEFINITIONS) is None
    assert additional({"additionalProperties": False}, DEFINITIONS) is False
    assert additional({}, DEFINITIONS) is None
    assert keyword({"oneOf": [ref("Pet")]}, DEFINITIONS, "title") == "A pet"
    assert keyword({}, DEFINITIONS, "title") is None


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()) | st.just({}))
def test_a_values_type_is_one_that_a_schema_without_words_allows(value: Any) -> None:
    assert type_name(value) in ALL_TYPES
    assert json_types({"const": value}, {}) == {type_name(value)}


def test_wide_and_recursive_compositions_are_read_once() -> None:
    reference = {"$ref": "#/$defs/A"}
    wide = {"oneOf": [dict(reference) for _ in range(2000)], "properties": {"t": {"type": "string"}}, "required": ["t"]}
    definitions: dict[str, Any] = {"A": {"type": "object", "allOf": [dict(reference)] * 3, **wide}}
    begun = time.perf_counter()
    assert json_types(reference, definitions) == {"object"}
    assert set(properties(reference, definitions)) == {"t"}
    assert required(reference, definitions) == {"t"}
    assert items(reference, definitions) is None
    assert keyword(reference, definitions, "format") is None
    assert time.perf_counter() - begun < 1.0
