"""OpenAPI 3: what documents mean, and what is made of documents that mean nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.model import ContractInvalid, ImportedContract, Location, Operation
from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.contracts.rules.direction import standalone_schema
from mockops.contracts.rules.validators import compile_schema
from mockops.core.documents import Document, read_document
from mockops.core.errors import NotFound


def imported(data: dict[str, Any], **others: dict[str, Any]) -> ImportedContract:
    documents = {name.replace("__", "/"): value for name, value in others.items()}

    def resolve(location: str) -> Document:
        if location not in documents:
            raise NotFound(f"there is no file {location!r}")
        return read_document(msgspec.json.encode(documents[location]), location)

    return import_contract(read_document(msgspec.json.encode(data), "api"), resolve)


def api(paths: dict[str, Any], version: str = "3.0.3", **members: Any) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "T", "version": "1"}, "paths": paths, **members}


def answer(schema: Any, **media: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, **media}}
    return {"responses": {"200": {"description": "", "content": content}}}


def converted(schema: Any, version: str = "3.0.3", **schemas: Any) -> tuple[Any, list[str], Operation]:
    """Return a schema as imported, the codes of the complaints, and its operation."""
    document = api({"/x": {"get": answer(schema)}}, version, components={"schemas": schemas})
    found = imported(document)
    operation = compile_contract(found).operation(0)
    return operation.responses[0].content[0].schema, [one.code for one in found.diagnostics], operation


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
        (
            {"allOf": [{"type": "object"}], "nullable": True},
            {"anyOf": [{"allOf": [{"type": "object"}]}, {"type": "null"}]},
        ),
        ({"$id": "x", "$schema": "y", "$anchor": "z", "type": "string"}, {"type": "string"}),
    ],
)
def test_the_dialect_of_3_0_becomes_2020_12(written: Any, expected: Any) -> None:
    assert converted(written)[:2] == (expected, [])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"type": "int"}, {"type": "integer"}),
        ({"type": "float"}, {"type": "number", "format": "float"}),
        ({"type": "any"}, {}),
        ({"type": "Pet"}, {}),
        ({"type": "file"}, {"type": "string", "format": "binary"}),
        ({"type": ["string", None]}, {"type": ["string", "null"]}),
        ({"type": "string", "minLength": "1"}, {"type": "string", "minLength": 1}),
        ({"type": "string", "minLength": -1}, {"type": "string"}),
        ({"type": "number", "multipleOf": 0}, {"type": "number"}),
        ({"type": "string", "pattern": "/^a$/i"}, {"type": "string", "pattern": "(?i)^a$"}),
        ({"type": "string", "pattern": "["}, {"type": "string"}),
        ({"type": "array"}, {"type": "array"}),
        ({"type": "array", "items": [{"type": "string"}]}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "string", "enum": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": "string", "enum": [1, True]}, {"type": "string", "enum": ["1", "true"]}),
        ({"type": "integer", "enum": ["a"]}, {"type": "integer"}),
        (
            {"type": "array", "items": {"type": "string"}, "enum": ["a"]},
            {"type": "array", "items": {"type": "string", "enum": ["a"]}},
        ),
        ({"type": "integer", "default": "5"}, {"type": "integer", "default": 5}),
        ({"type": "integer", "default": "x"}, {"type": "integer"}),
        ({"required": ["a", "a"]}, {"required": ["a"]}),
        ({"required": "a"}, {"required": ["a"]}),
        ({"properties": [{"name": "a", "type": "string"}]}, {"properties": {"a": {"type": "string"}}}),
        ({"properties": {"a": None}}, {"properties": {"a": {}}}),
        (
            {"properties": {"a": {"type": "string", "required": True}}},
            {"properties": {"a": {"type": "string"}}, "required": ["a"]},
        ),
        ({"allOf": {"type": "string"}}, {"allOf": [{"type": "string"}]}),
        ({"allOf": []}, {}),
        ({"uniqueItems": "true"}, {"uniqueItems": True}),
        ({"description": 5}, {"description": "5"}),
    ],
)
def test_nonsense_is_repaired_with_a_warning(written: Any, expected: Any) -> None:
    schema, codes, operation = converted(written)
    assert schema == expected
    assert codes
    compile_schema(standalone_schema(operation, schema, direction="response"))


_NONSENSE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab[(", max_size=3)
    | st.sampled_from(["string", "integer", "array", "object", "int", "null", "true", "#/components/schemas/A"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("type", "properties", "items", "required", "enum", "allOf", "anyOf", "oneOf", "not", "$ref"),
                    *("minimum", "maximum", "exclusiveMinimum", "minLength", "pattern", "format", "default", "example"),
                    *("examples", "nullable", "discriminator", "additionalProperties", "multipleOf", "title"),
                    *("description", "uniqueItems", "readOnly", "patternProperties", "prefixItems", "const"),
                    *("dependentRequired", "$defs"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_NONSENSE, _NONSENSE, st.sampled_from(["3.0.3", "3.1.0"]))
def test_any_schema_whatever_compiles_after_import(schema: Any, other: Any, version: str) -> None:
    result, _, operation = converted(schema, version, A=other)
    for direction in ("request", "response"):
        if result is not None:
            compile_schema(standalone_schema(operation, result, direction=direction))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from("ABCDE"), min_size=1))
def test_chains_and_circles_of_references_end(links: dict[str, str]) -> None:
    schemas = {
        name: {"$ref": f"#/components/schemas/{links[name]}"} if name in links else {"type": "string"}
        for name in "ABCDE"
    }
    _, codes, operation = converted({"$ref": "#/components/schemas/A"}, **schemas)
    seen, name = [], "A"
    while name in links and name not in seen:
        seen.append(name)
        name = links[name]
    assert ("contract.ref_cycle" in codes) == (name in seen)
    compile_schema(standalone_schema(operation, {"$ref": "#/$defs/A"}, direction="response"))


def test_a_recursive_schema_stays_recursive() -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    schema, codes, operation = converted({"$ref": "#/components/schemas/Tree"}, Tree=tree)
    assert (schema, codes) == ({"$ref": "#/$defs/Tree"}, [])
    validator = compile_schema(standalone_schema(operation, schema, direction="response"))
    assert validator.is_valid({"children": [{"children": []}]})
    assert not validator.is_valid({"children": [{"children": 1}]})


def test_references_lead_anywhere() -> None:
    document = api(
        {
            "/a": {"$ref": "paths.json#/a"},
            "/b/{id}": {
                "parameters": [{"$ref": "#/components/parameters/id"}],
                "post": {
                    "requestBody": {"$ref": "#/components/requestBodies/B"},
                    "responses": {
                        "200": {"$ref": "#/paths/~1a/get/responses/200"},
                        "4XX": {"$ref": "#/components/responses/E"},
                    },
                },
            },
        },
        components={
            "parameters": {"id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}},
            "requestBodies": {
                "B": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "schemas/pet.json#/Pet%20Name"}}},
                }
            },
            "responses": {"E": {"description": "e", "headers": {"X-E": {"$ref": "#/components/headers/H"}}}},
            "headers": {"H": {"schema": {"type": "string"}}},
            "examples": {"rex": {"value": {"name": "Rex"}}},
        },
    )
    found = imported(
        document,
        **{
            "paths.json": {
                "a": {
                    "get": {
                        "responses": {
                            "200": {
                                "description": "ok",
                                "content": {
                                    "application/json": {
                                        "schema": {"$ref": "schemas/pet.json#/Pet%20Name"},
                                        "examples": {"rex": {"$ref": "api#/components/examples/rex"}},
                                    }
                                },
                            }
                        }
                    }
                }
            },
            "schemas__pet.json": {
                "Pet Name": {"properties": {"owner": {"$ref": "#/Owner"}}},
                "Owner": {"type": "string"},
            },
        },
    )
    assert found.diagnostics == ()
    contract = compile_contract(found)
    get, post = contract.operation(0), contract.operation(1)
    assert get.responses[0].content == post.responses[0].content
    assert get.responses[0].content[0].examples[0].value == {"name": "Rex"}
    assert get.definitions == {
        "Pet_Name": {"properties": {"owner": {"$ref": "#/$defs/Owner"}}},
        "Owner": {"type": "string"},
    }
    assert post.parameters[0].schema == {"type": "integer"}
    assert [response.status for response in post.responses] == ["200", "4XX"]
    assert post.responses[1].headers[0].name == "X-E"


def test_equal_names_of_different_files_stay_apart() -> None:
    document = api(
        {
            "/a": {"get": answer({"$ref": "other.json#/Pet"})},
            "/b": {"get": answer({"$ref": "#/components/schemas/Pet"})},
        },
        components={"schemas": {"Pet": {"type": "string"}}},
    )
    found = imported(document, **{"other.json": {"Pet": {"type": "integer"}}})
    assert found.definitions == {"Pet_2": {"type": "integer"}, "Pet": {"type": "string"}}


def test_a_broken_reference_costs_only_itself() -> None:
    found = imported(api({"/a": {"get": answer({"properties": {"x": {"$ref": "#/nope"}, "y": {"type": "string"}}})}}))
    assert found.operations[0].responses[0].content[0].schema == {"properties": {"x": {}, "y": {"type": "string"}}}
    (problem,) = found.diagnostics
    assert problem.code == "contract.ref_broken"
    assert problem.pointer.endswith("/properties/x/$ref")


def test_defs_anchors_and_ids_of_3_1_are_found() -> None:
    schema = {
        "$id": "https://example.com/root",
        "$defs": {"name": {"$anchor": "name", "type": "string"}, "age": {"type": "integer"}},
        "properties": {
            "a": {"$ref": "#name"},
            "b": {"$ref": "#/$defs/age", "minimum": 3},
            "c": {"$ref": "https://example.com/root"},
        },
    }
    found, codes, operation = converted(schema, "3.1.0")
    assert codes == []
    assert found["properties"]["b"] == {"$ref": "#/$defs/age", "minimum": 3}
    validator = compile_schema(standalone_schema(operation, found, direction="response"))
    assert validator.is_valid({"a": "x", "b": 3, "c": {"b": 4}})
    assert not validator.is_valid({"a": 1})
    assert not validator.is_valid({"c": {"b": 2}})


def test_parameters_are_merged_completed_and_cleaned() -> None:
    document = api(
        {
            "/{a}.{b}/{id}:run": {
                "parameters": [
                    {"name": "q", "in": "query", "schema": {"type": "string"}},
                    {"name": "a", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "zzz", "in": "path", "required": True, "schema": {}},
                    {"name": "Accept", "in": "header", "schema": {}},
                ],
                "get": {
                    "parameters": [
                        {"name": "q", "in": "query", "required": True, "schema": {"type": "integer"}},
                        {"name": "f", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
                        {"name": "d", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
                    ],
                    "responses": {},
                },
            }
        }
    )
    found = imported(document)
    by_name = {parameter.name: parameter for parameter in found.operations[0].parameters}
    assert {*by_name} == {"q", "a", "f", "d", "b", "id"}
    assert (by_name["q"].required, by_name["q"].style, by_name["q"].explode) == (True, "form", True)
    assert (by_name["a"].style, by_name["a"].explode, by_name["a"].location) == ("simple", False, Location.PATH)
    assert by_name["f"].media_type == "application/json"
    assert by_name["d"].style == "deepObject"
    assert {one.code for one in found.diagnostics} == {
        "contract.path_parameter_undeclared",
        "contract.path_parameter_unused",
    }


def test_paths_that_are_none_are_served_and_told_apart() -> None:
    header = {"name": "X-Amz-Target", "in": "header", "required": True, "schema": {"type": "string"}}
    found = imported(
        api(
            {
                "/#Action=List": {"get": {"responses": {}}},
                "/#Action=Get": {"get": {"responses": {}}},
                "/#X-Amz-Target=A.B": {"post": {"parameters": [header], "responses": {}}},
                "/{Bucket}?acl": {"get": {"responses": {}}},
                "no/slash": {"get": {"responses": {}}},
            }
        )
    )
    assert [operation.key for operation in found.operations] == [
        "GET /?Action=List",
        "GET /?Action=Get",
        "POST /?x-amz-target=A.B",
        "GET /{Bucket}?acl",
        "GET /no/slash",
    ]
    assert found.operations[2].selectors[0].location == "header"


def test_of_paths_that_match_the_same_the_first_is_served() -> None:
    found = imported(
        api({"/a/{x}": {"get": {"responses": {}}}, "/a/{y}": {"get": {"responses": {}}, "put": {"responses": {}}}})
    )
    assert [operation.key for operation in found.operations] == ["GET /a/{x}", "PUT /a/{y}"]
    assert "contract.operation_duplicate" in [one.code for one in found.diagnostics]


def test_servers_become_base_paths() -> None:
    servers = [
        {
            "url": "https://{region}.example.com/{version}/api/",
            "variables": {"region": {"default": "eu"}, "version": {"default": "v1", "enum": ["v1", "v2"]}},
        },
        {"url": "/rel"},
        {"url": "https://example.com"},
        {"url": "https://example.com/{undeclared}"},
    ]
    found = imported(
        api(
            {"/a": {"get": {"responses": {}}, "post": {"responses": {}, "servers": [{"url": "//h/own/"}]}}},
            servers=servers,
        )
    )
    assert found.base_paths == (("", "/v1/api", "/v2/api", "/rel"), ("", "/own"))


@pytest.mark.parametrize(
    ("url", "variables", "base_paths"),
    [
        ("https://example.com{base}", {"base": {"default": "/sell/v1"}}, ("", "/sell/v1")),
        ("https://{host}/b", {"host": {"default": "a", "enum": ["a", "b"]}}, ("", "/b")),
        ("https://{host}", {"host": {"default": "example.com/eu", "enum": ["example.com/us"]}}, ("", "/eu", "/us")),
        ("{server}/v1", {"server": {"default": "https://example.com/api"}}, ("", "/api/v1")),
        ("https://{server}", {"server": {"default": "https://example.com/api"}}, ("", "/api")),
        ("https://{undeclared}/v1", {}, ("", "/v1")),
    ],
)
def test_a_base_path_may_begin_in_a_variable_of_the_host(
    url: str, variables: dict[str, Any], base_paths: tuple[str, ...]
) -> None:
    servers = [{"url": url, "variables": variables}]
    assert imported(api({"/a": {"get": {"responses": {}}}}, servers=servers)).base_paths == (base_paths,)


def test_security_is_reduced_to_what_can_be_checked() -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "jwt": {"type": "http", "scheme": "Bearer"},
        "odd": {"type": "magic"},
    }
    found = imported(
        api(
            {
                "/a": {
                    "get": {"responses": {}},
                    "put": {"responses": {}, "security": []},
                    "post": {"responses": {}, "security": [{"jwt": []}, {}]},
                }
            },
            security=[{"key": [], "jwt": []}, {"odd": []}],
            components={"securitySchemes": schemes},
        )
    )
    contract = compile_contract(found)
    assert [entry.is_open for entry in contract.entries] == [True, True, True]
    assert [[one.name for one in alternative] for alternative in found.operations[0].security] == [["key", "jwt"], []]
    assert found.operations[1].security == ()
    assert found.operations[2].security[0][0].scheme == "bearer"


def test_examples_of_media_types_come_before_those_of_schemas() -> None:
    named = {"one": {"value": 1}, "far": {"externalValue": "http://x"}, "bare": {"a": 1}}
    found = imported(
        api(
            {
                "/a": {"get": answer({"type": "integer", "example": 7}, examples=named)},
                "/b": {"get": answer({"type": "integer", "example": 7})},
                "/c": {"get": answer({"type": "object"}, example='{"a": [1]}')},
            }
        )
    )
    values = [
        [(one.name, one.value) for one in operation.responses[0].content[0].examples] for operation in found.operations
    ]
    assert values == [[("one", 1), ("bare", {"a": 1})], [("default", 7)], [("default", {"a": [1]})]]


def test_a_discriminator_names_definitions_by_the_values_they_allow() -> None:
    schemas = {
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}},
        },
        "Cat": {"type": "object", "properties": {"kind": {"type": "string"}}},
        "Dog": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["dog"]}}},
    }
    schema, _, operation = converted({"$ref": "#/components/schemas/Pet"}, **schemas)
    assert operation.definitions["Pet"]["discriminator"]["mapping"] == {"cat": "#/$defs/Cat", "dog": "#/$defs/Dog"}
    validator = compile_schema(standalone_schema(operation, schema, direction="response"))
    assert validator.is_valid({"kind": "dog"})
    assert not validator.is_valid({"kind": "cow"})


@pytest.mark.parametrize("data", [[], "x", {}, {"openapi": "2.9"}, {"swagger": "1.2"}, {"asyncapi": "3.0"}])
def test_what_is_no_contract_is_refused(data: Any) -> None:
    with pytest.raises(ContractInvalid) as caught:
        imported(data)
    assert caught.value.diagnostics[0].hint


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 600) | st.text("a/{}$#", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "/a",
                    "/{x}",
                    "get",
                    "post",
                    "parameters",
                    "responses",
                    "200",
                    "default",
                    "content",
                    "application/json",
                    "schema",
                    "examples",
                    "example",
                    "requestBody",
                    "security",
                    "servers",
                    "url",
                    "name",
                    "in",
                    "$ref",
                    "headers",
                    "callbacks",
                    "tags",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(_JUNK, _JUNK, st.booleans())
def test_no_document_crashes_the_importer(paths: Any, rest: Any, is_swagger: bool) -> None:
    members = rest if isinstance(rest, dict) else {}
    version = {"swagger": "2.0"} if is_swagger else {"openapi": "3.0.0"}
    found = imported(
        {
            **members,
            **version,
            "paths": {"/p": {"get": paths, "parameters": rest}, "/q": paths},
            "servers": rest,
            "components": rest,
        }
    )
    contract = compile_contract(found)
    for index in range(len(contract.entries)):
        contract.operation(index)


def test_pattern_properties_keep_the_patterns_that_can_be_used() -> None:
    schema = {"type": "object", "patternProperties": {"[": {"type": "string"}, "^x-": {"type": "integer"}}}
    result, found, operation = converted(schema, "3.1.0")
    assert isinstance(result, dict)
    assert result["patternProperties"] == {"^x-": {"type": "integer"}}
    assert any("contract.pattern_dropped" in str(each) for each in found)
    compile_schema(standalone_schema(operation, result, direction="response"))
