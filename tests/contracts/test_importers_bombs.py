"""Contracts that mean harm: little to write, endless to look at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mockops.contracts.importers.breadth import MAX_BREADTH, Breadths
from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.contracts.rules.direction import standalone_schema
from mockops.core.documents import Document, DocumentInvalid, read_document
from mockops.core.errors import NotFound

if TYPE_CHECKING:
    from mockops.contracts.model import ImportedContract

SECONDS = 2.0
"""Far more than any takes, far less than each took."""


def load(data: dict[str, Any]) -> ImportedContract:
    def resolve(location: str) -> Document:
        raise NotFound(location)

    return import_contract(read_document(msgspec.json.encode(data), "api"), resolve)


def api(schema: Any, **schemas: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "", "content": content}}
    paths = {"/a": {"get": {"responses": responses}}}
    info = {"title": "T", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def doubled(keyword: str, levels: int) -> dict[str, Any]:
    chain = {f"A{n}": {keyword: [reference(f"A{n + 1}")] * 2} for n in range(levels)}
    return api(reference("A0"), **chain, **{f"A{levels}": {"type": "string"}})


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_what_is_doubled_at_each_level_is_cut_and_named(keyword: str) -> None:
    found = load(doubled(keyword, 40))
    assert {one.code for one in found.diagnostics} == {"contract.schema_too_broad"}
    definitions = compile_contract(found).operation(0).definitions
    breadths = Breadths(definitions)
    assert all(breadths.of(schema) <= MAX_BREADTH for schema in definitions.values())
    assert not any(breadths.too_broad(name) for name in definitions)


def test_what_is_broad_but_not_endless_stays() -> None:
    assert not load(doubled("allOf", 10)).diagnostics
    many = {f"B{n}": {"allOf": [{"type": "object"}, {"required": [f"b{n}"]}]} for n in range(500)}
    assert not load(api({"oneOf": [reference(name) for name in many]}, **many)).diagnostics


def test_a_schema_that_stands_in_an_operation_is_cut_too() -> None:
    chain = {f"A{n}": {"allOf": [reference(f"A{n + 1}")] * 2} for n in range(12)}
    found = load(api({"anyOf": [reference("A0")] * 9}, **chain, A12={"type": "string"}))
    assert [one.code for one in found.diagnostics] == ["contract.schema_too_broad"]
    assert found.diagnostics[0].pointer.endswith("/schema")
    assert compile_contract(found).operation(0).responses[0].content[0].schema == {}


def test_a_parent_and_its_children_are_no_bomb() -> None:
    children = {name: {"allOf": [reference("Pet"), {"required": [name]}]} for name in ("Cat", "Dog")}
    assert not load(
        api(reference("Pet"), Pet={"oneOf": [reference(name) for name in children]}, **children)
    ).diagnostics


def test_values_of_an_enum_are_told_apart_in_little_time() -> None:
    before = time.process_time()
    found = load(api({"enum": [f"v{n}" for n in range(50_000)] + ["v1", {"a": 1, "b": 2}, {"b": 2, "a": 1}, 1, 1.0]}))
    assert time.process_time() - before < SECONDS
    schema = compile_contract(found).operation(0).responses[0].content[0].schema
    assert isinstance(schema, dict)
    assert len(schema["enum"]) == 50_000 + 2


def test_a_discriminator_that_names_everything_everywhere_binds_nothing() -> None:
    mapping = {f"m{n}": "#/components/schemas/B" for n in range(20_000)}
    tag = {"propertyName": "t", "mapping": mapping}
    found = load(api({"oneOf": [reference("B")] * 500, "discriminator": tag}, B={"type": "object"}))
    operation = compile_contract(found).operation(0)
    before = time.process_time()
    whole = standalone_schema(operation, operation.responses[0].content[0].schema or {}, direction="response")
    assert time.process_time() - before < SECONDS
    assert len(msgspec.json.encode(whole)) < 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "{" + ",".join(f'"a": {n}' for n in range(20_000)) + "}",
        "[" + "NaN," * 20_000 + "1]",
        "x:\n" + "  a: 1\n" * 20_000,
    ],
)
def test_oddities_are_named_in_little_time_and_not_all_of_them(text: str) -> None:
    before = time.process_time()
    document = read_document(text.encode(), "odd")
    assert time.process_time() - before < SECONDS
    assert len(document.warnings) == 100


def test_servers_without_end_are_served_up_to_a_number() -> None:
    data = api({"type": "string"}) | {"servers": [{"url": f"https://h{n}/base{n}"} for n in range(1000)]}
    found = load(data)
    assert [one.code for one in found.diagnostics] == ["contract.servers_too_many"]
    assert len(found.base_paths[0]) == 200
    regions = {"servers": [{"url": f"https://h{n}/v1"} for n in range(1000)]}
    assert not load(api({"type": "string"}) | regions).diagnostics


def test_yaml_of_too_many_values_is_refused_before_it_is_read() -> None:
    before = time.process_time()
    with pytest.raises(DocumentInvalid, match="more than 3,000,000 values"):
        read_document(b"x:\n" + b"  - {a: 1, b: 2}\n" * 800_000, "many.yaml")
    assert time.process_time() - before < SECONDS
