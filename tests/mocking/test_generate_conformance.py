"""What is generated conforms, is bounded, and is the same everywhere."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockops.mocking.rules.generate import Direction, Generator, Hints, Optional, Unsatisfiable, generate

_spec = importlib.util.spec_from_file_location("generate_schemas", Path(__file__).with_name("generate_schemas.py"))
assert _spec is not None
assert _spec.loader is not None
_schemas = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_schemas)
DEFINITIONS: dict[str, Any] = _schemas.DEFINITIONS
SCHEMAS = _schemas.SCHEMAS

RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def judge(schema: Any) -> Any:
    """Return a validator that owes nothing to the generator."""
    whole = {"allOf": [schema], "$defs": DEFINITIONS}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


@RELAXED
@given(SCHEMAS, st.integers(0, 2**63), st.sampled_from(list(Optional)))
def test_a_generated_value_conforms(schema: Any, seed: int, optional: Optional) -> None:
    value = generate(schema, definitions=DEFINITIONS, seed=seed, hints=Hints(optional=optional))
    error = next(judge(schema).iter_errors(value), None)
    assert error is None, f"{error.message} in {value}"


@RELAXED
@given(SCHEMAS, st.integers(0, 2**63))
def test_hints_never_break_a_schema(schema: Any, seed: int) -> None:
    hints = Hints(path_params=(("id", "42"), ("name", "")), query=(("limit", "7"), ("status", "x"), ("price", "-1")))
    value = generate(schema, definitions=DEFINITIONS, seed=seed, hints=hints)
    assert judge(schema).is_valid(value), value


@RELAXED
@given(SCHEMAS, st.integers(0, 2**63))
def test_a_generator_that_remembers_makes_the_same_values(schema: Any, seed: int) -> None:
    generator = Generator(DEFINITIONS)
    generator.value(schema, seed=seed + 1)
    again = generator.value(schema, seed=seed)
    assert msgspec.json.encode(again) == msgspec.json.encode(generate(schema, definitions=DEFINITIONS, seed=seed))


PROGRAM = """
import msgspec
from mockops.mocking.rules.generate import generate, Hints
schema = {"type": "object", "properties": {n: s for n, s in [
    ("id", {"type": "string", "format": "uuid"}), ("email", {"type": "string"}), ("first_name", {"type": "string"}),
    ("code", {"type": "string", "pattern": "^[A-Z]{2}\\\\d+$"}), ("price", {"type": "number"}),
    ("tags", {"type": "array", "items": {"enum": ["a", "b", "c"]}}), ("created_at", {"format": "date-time"}),
    ("meta", {"type": "object", "additionalProperties": {"type": "integer"}}),
    ("either", {"oneOf": [{"type": "integer"}, {"type": "string"}]})]}}
print(msgspec.json.encode([generate(schema, definitions={}, seed=s, hints=Hints()) for s in range(5)]).decode())
"""


def test_another_process_with_another_hash_seed_makes_the_same_bytes() -> None:
    def run(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True)
        return done.stdout.decode()

    first = run("1")
    assert first == run("4242")
    assert len(set(map(str, msgspec.json.decode(first)))) == 5


def test_a_known_seed_makes_known_bytes() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}
    assert generate(schema, definitions={}, seed=1) == {"name": "bold-crane", "n": 368}


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "enum": [1, 2]},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "array", "minItems": 3, "maxItems": 2},
        {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}},
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        {"oneOf": [{"type": "string"}, {"type": "string"}]},
        {"$ref": "#/$defs/Endless"},
    ],
)
def test_what_nobody_can_satisfy_is_said(schema: Any) -> None:
    endless = {"type": "object", "required": ["again"], "properties": {"again": {"$ref": "#/$defs/Endless"}}}
    with pytest.raises(Unsatisfiable, match="no value conforms to the schema"):
        generate(schema, definitions={"Endless": endless}, seed=0)


def test_values_stay_within_bounds_whatever_a_schema_asks() -> None:
    wide: dict[str, Any] = {
        f"L{n}": {"type": "object", "properties": {f"p{i}": {"$ref": f"#/$defs/L{n + 1}"} for i in range(12)}}
        for n in range(9)
    }
    wide["L9"] = {"type": "string"}
    value = generate({"$ref": "#/$defs/L0"}, definitions=wide, seed=0)
    assert len(msgspec.json.encode(value)) < 1_000_000
    with pytest.raises(Unsatisfiable):
        generate({"type": "array", "minItems": 9_999_999, "items": {"type": "integer"}}, definitions={}, seed=0)


def test_many_items_can_all_be_different() -> None:
    for items in ({"type": "string"}, {"type": "integer"}, {"type": "object", "required": ["name"]}):
        schema = {"type": "array", "minItems": 300, "uniqueItems": True, "items": items}
        assert judge(schema).is_valid(generate(schema, definitions={}, seed=0))


def test_recursion_ends_by_leaving_out_what_may_be_left_out() -> None:
    node = generate({"$ref": "#/$defs/Node"}, definitions=DEFINITIONS, seed=3)
    text = msgspec.json.encode(node)
    assert len(text) < 20_000
    assert node["children"] == [] or isinstance(node["children"][0]["children"], list)


def test_a_discriminator_names_the_branch_that_was_taken() -> None:
    definitions = {
        "Dog": {"type": "object", "properties": {"kind": {"type": "string"}, "bark": {"const": "wuff"}}},
        "Bird": {"type": "object", "properties": {"kind": {"type": "string"}, "song": {"const": "tirili"}}},
    }
    mapping = {"hund": "#/$defs/Dog", "vogel": "#/$defs/Bird"}
    schema = {
        "oneOf": [{"$ref": "#/$defs/Dog"}, {"$ref": "#/$defs/Bird"}],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    kinds = {"hund": "bark", "vogel": "song"}
    values = generate({"type": "array", "minItems": 2, "items": schema}, definitions=definitions, seed=1)
    assert {value["kind"] for value in values} == {"hund", "vogel"}
    assert all(kinds[value["kind"]] in value for value in values)


def test_a_derived_component_says_its_own_name_in_the_discriminator() -> None:
    assert generate({"$ref": "#/$defs/Cat"}, definitions=DEFINITIONS, seed=0)["petType"] == "Cat"


def test_each_direction_leaves_out_what_does_not_travel() -> None:
    definitions = {"Secret": {"type": "string", "writeOnly": True}}
    schema = {
        "type": "object",
        "required": ["id", "password", "secret", "name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "password": {"type": "string", "writeOnly": True},
            "secret": {"$ref": "#/$defs/Secret"},
            "name": {"type": "string"},
        },
    }
    generator = Generator(definitions)
    assert generator.value(schema, seed=0, hints=Hints(direction=Direction.RESPONSE)).keys() == {"id", "name"}
    sent = generator.value(schema, seed=0, hints=Hints(direction=Direction.REQUEST))
    assert sent.keys() == {"password", "secret", "name"}


def test_examples_are_used_as_far_as_they_conform() -> None:
    schema = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "string", "example": "from b"},
            "c": {"type": "boolean"},
        },
        "example": {"a": 7, "b": 8},
    }
    assert generate(schema, definitions={}, seed=0) == {"a": 7, "b": "from b"}
    whole = {**schema, "example": {"a": 7, "b": "x"}}
    assert generate(whole, definitions={}, seed=0) == {"a": 7, "b": "x"}


def test_what_is_there_and_optional_can_be_chosen() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {name: {"type": "integer"} for name in "abcdefgh"}}
    sizes = {
        policy: len(generate(schema, definitions={}, seed=5, hints=Hints(optional=policy))) for policy in list(Optional)
    }
    assert sizes[Optional.NONE] == 1
    assert sizes[Optional.ALL] == 8
    assert 1 < sizes[Optional.SOME] < 8


@pytest.mark.parametrize("step", [1, 0.5, 0.25])
@pytest.mark.parametrize(
    "bounds",
    [
        {"exclusiveMaximum": -234},
        {"exclusiveMaximum": 0},
        {"exclusiveMaximum": 1},
        {"exclusiveMinimum": 234},
        {"maximum": -234},
        {"exclusiveMinimum": -1, "exclusiveMaximum": 1},
    ],
)
def test_a_multiple_is_found_beyond_an_open_bound(bounds: dict[str, Any], step: float) -> None:
    schema = {"type": "number", "multipleOf": step, **bounds}
    validator = jsonschema_rs.Draft202012Validator(schema)
    for seed in range(20):
        assert validator.is_valid(Generator({}).value(schema, seed=seed))
