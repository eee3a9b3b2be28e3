"""Naming what is wrong ends, however a request nests alternatives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mockops.contracts.model import MediaType, Operation, RequestBody
from mockops.core.exchange import Request
from mockops.mocking.rules.generate import Generator
from mockops.mocking.rules.generate.hints import Unsatisfiable
from mockops.mocking.rules.validate import RequestValidator
from mockops.mocking.rules.validate.cost import has_nested_unions, is_affordable

if TYPE_CHECKING:
    from mockops.mocking.model import Violation

SECONDS = 1.0
NODE = {"$ref": "#/$defs/Node"}


def operands(operator: str) -> dict[str, Any]:
    properties = {"children": {"type": "array", "items": NODE}, "op": {"const": operator}}
    return {"type": "object", "required": ["op", "children"], "properties": properties}


LEAF = {"type": "object", "required": ["field"], "properties": {"field": {"type": "string"}}}
DEFINITIONS: dict[str, Any] = {
    "Node": {"oneOf": [operands("and"), operands("or"), LEAF]},
    "Rows": {"type": "array", "items": LEAF},
    "Kinds": {"type": "array", "items": {"oneOf": [{"type": "object", "required": [f"k{n}"]} for n in range(20)]}},
}


def check(name: str, value: Any) -> tuple[list[Violation], float]:
    media = MediaType(media_type="application/json", schema={"$ref": f"#/$defs/{name}"})
    body = RequestBody(required=True, content=(media,))
    validator = RequestValidator(Operation(method="POST", path="/a", definitions=DEFINITIONS, request_body=body))
    fields = (("content-type", "application/json"),)
    validator.check(Request(method="POST", path="/a", headers=fields, body=b"7"))  # compiles
    request = Request(method="POST", path="/a", headers=fields, body=msgspec.json.encode(value))
    before = time.process_time()
    found = list(validator.check(request))
    return found, time.process_time() - before


def nested(depth: int, leaf: Any) -> Any:
    for level in range(depth):
        leaf = {"op": "and" if level % 2 else "or", "children": [leaf]}
    return leaf


@pytest.mark.parametrize("depth", [2, 12, 40, 200])
def test_operands_within_operands_take_no_time(depth: int) -> None:
    found, seconds = check("Node", nested(depth, {"field": 1}))
    assert seconds < SECONDS
    assert len(found) == 1
    assert found[0].location == "body"
    assert check("Node", nested(depth, {"field": "name"}))[0] == []


def test_what_cannot_be_named_is_said() -> None:
    found, _ = check("Node", nested(30, {"field": 1}))
    assert found[0].rule == "schema"
    assert "does not fit the schema" in found[0].message


def test_of_many_differences_in_a_large_body_the_first_is_named() -> None:
    found, seconds = check("Rows", [{"field": n} for n in range(100_000)])
    assert seconds < SECONDS
    assert [one.pointer for one in found] == ["/0/field"]
    found, seconds = check("Kinds", [{"field": n} for n in range(10_000)])
    assert seconds < SECONDS
    assert [one.pointer for one in found] == ["/0"]


def test_of_few_differences_all_are_named() -> None:
    found, _ = check("Rows", [{"field": n if n % 50 == 0 else "x"} for n in range(1_000)])
    assert len(found) == 20


def test_nested_unions_are_those_that_lead_back_to_themselves() -> None:
    assert has_nested_unions(NODE, DEFINITIONS)
    assert not has_nested_unions({"$ref": "#/$defs/Rows"}, DEFINITIONS)
    assert not has_nested_unions({"$ref": "#/$defs/Kinds"}, DEFINITIONS)
    tree = {"Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}}
    assert not has_nested_unions({"$ref": "#/$defs/Tree"}, tree)
    assert is_affordable({"$ref": "#/$defs/Tree"}, {"left": {"left": 1}}, tree)


def test_a_choice_among_nothing_but_itself_is_a_dead_end() -> None:
    definitions: dict[str, Any] = {"A": {"type": "object", "oneOf": [{"$ref": "#/$defs/A"}] * 30}}
    before = time.process_time()
    with pytest.raises(Unsatisfiable):
        Generator(definitions).value({"$ref": "#/$defs/A"}, seed=1)
    assert time.process_time() - before < 5 * SECONDS


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "(()?{1000}){1000}{1000}"},
        {"type": "object", "required": [f"p{n}" for n in range(50_000)]},
        {"$ref": "#/$defs/A0"},
    ],
)
def test_what_cannot_be_made_is_given_up_soon(schema: Any) -> None:
    definitions: dict[str, Any] = {
        f"A{n}": {
            "type": "object",
            "required": ["l", "r"],
            "properties": {"l": {"$ref": f"#/$defs/A{n + 1}"}, "r": {"$ref": f"#/$defs/A{n + 1}"}},
        }
        for n in range(40)
    }
    generator = Generator({**definitions, "A40": {"type": "string"}})
    before = time.process_time()
    with pytest.raises(Unsatisfiable):
        generator.value(schema, seed=1)
    assert time.process_time() - before < 5 * SECONDS


def test_property_patterns_run_in_bounded_time() -> None:
    name = "a" * 40 + "!"
    schema = {
        "type": "object",
        "required": [name],
        "properties": {name: {"type": "string"}},
        "patternProperties": {"^(a+)+$": {"type": "integer"}},
    }
    before = time.process_time()
    assert isinstance(Generator({}).value(schema, seed=1), dict)
    assert time.process_time() - before < SECONDS
