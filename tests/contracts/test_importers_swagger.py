"""Swagger 2.0, read as what it means in OpenAPI 3."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mockops.contracts.model import Location, Operation
from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.core.documents import read_document


def converted(operation: dict[str, Any], path: str = "/x", **members: Any) -> tuple[Operation, list[str]]:
    data = {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": {path: {"post": operation}}, **members}
    found = import_contract(read_document(msgspec.json.encode(data), "api.json"), lambda where: pytest.fail(where))
    return compile_contract(found).operation(0), [one.code for one in found.diagnostics]


@pytest.mark.parametrize(
    ("collection_format", "location", "expected"),
    [
        (None, "query", ("form", False)),
        ("csv", "query", ("form", False)),
        ("multi", "query", ("form", True)),
        ("ssv", "query", ("spaceDelimited", False)),
        ("pipes", "query", ("pipeDelimited", False)),
        ("csv", "header", ("simple", False)),
    ],
)
def test_collection_formats_become_styles(
    collection_format: str | None, location: str, expected: tuple[str, bool]
) -> None:
    parameter = {"name": "p", "in": location, "type": "array", "items": {"type": "integer"}}
    if collection_format:
        parameter["collectionFormat"] = collection_format
    operation, codes = converted({"parameters": [parameter], "responses": {}})
    (found,) = operation.parameters
    assert ((found.style, found.explode), found.schema) == (expected, {"type": "array", "items": {"type": "integer"}})
    assert codes == []


def test_a_body_is_of_every_type_consumed() -> None:
    body = {"name": "b", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
    operation, codes = converted(
        {"parameters": [body], "responses": {}, "consumes": ["application/json", "application/xml"]},
        definitions={"Pet": {"type": "object", "x-nullable": True}},
    )
    assert operation.request_body is not None
    assert operation.request_body.required
    assert [media.media_type for media in operation.request_body.content] == ["application/json", "application/xml"]
    assert operation.request_body.content[0].schema == {"$ref": "#/$defs/Pet"}
    assert operation.definitions == {"Pet": {"type": ["object", "null"]}}
    assert codes == []


def test_form_fields_become_one_form() -> None:
    fields = [
        {"name": "f", "in": "formData", "type": "file", "required": True},
        {"name": "n", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"},
    ]
    operation, _ = converted({"parameters": fields, "responses": {}})
    assert operation.request_body is not None
    (media,) = operation.request_body.content
    assert media.media_type == "multipart/form-data"
    assert media.schema == {
        "type": "object",
        "properties": {
            "f": {"type": "string", "format": "binary"},
            "n": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["f"],
    }
    assert media.encoding == {"n": {"style": "form", "explode": True}}


def test_responses_are_of_every_type_produced() -> None:
    response = {
        "description": "ok",
        "schema": {"type": "integer", "example": 3},
        "headers": {"X-Rate": {"type": "integer", "minimum": 1}},
        "examples": {"application/json": 7},
    }
    operation, codes = converted(
        {"responses": {"200": response, "204": {"description": "none"}}}, produces=["application/xml"]
    )
    first, second = operation.responses
    assert [(media.media_type, [one.value for one in media.examples]) for media in first.content] == [
        ("application/xml", [3]),
        ("application/json", [7]),
    ]
    assert first.headers[0].schema == {"type": "integer", "minimum": 1}
    assert second.content == ()
    assert codes == []


def test_base_path_and_security_are_those_of_openapi() -> None:
    data = {
        "swagger": "2.0",
        "basePath": "/v1/",
        "paths": {"/x": {"get": {"responses": {}}}},
        "securityDefinitions": {"b": {"type": "basic"}, "k": {"type": "apiKey", "in": "query", "name": "key"}},
        "security": [{"b": []}, {"k": []}],
    }
    found = import_contract(read_document(msgspec.json.encode(data), "api.json"), lambda where: pytest.fail(where))
    assert found.base_paths == (("", "/v1"),)
    assert [[(one.kind, one.scheme, one.location) for one in each] for each in found.operations[0].security] == [
        [("http", "basic", "")],
        [("apiKey", "", "query")],
    ]


def test_parameters_of_the_path_are_shared() -> None:
    data = {
        "swagger": "2.0",
        "parameters": {"id": {"name": "id", "in": "path", "required": True, "type": "string", "format": "uuid"}},
        "paths": {"/x/{id}": {"parameters": [{"$ref": "#/parameters/id"}], "get": {"responses": {}}}},
    }
    found = import_contract(read_document(msgspec.json.encode(data), "api.json"), lambda where: pytest.fail(where))
    (parameter,) = found.operations[0].parameters
    assert (parameter.name, parameter.location) == ("id", Location.PATH)
    assert parameter.schema == {"type": "string", "format": "uuid"}
