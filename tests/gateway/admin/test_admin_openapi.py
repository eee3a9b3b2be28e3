"""The admin API keeps its own contract, and its reference page says the same."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

from mockops.contracts.rules.artefact import import_contract
from mockops.core.documents import read_document
from mockops.gateway.admin.openapi import describe
from mockops.gateway.admin.reference import pages
from mockops.gateway.admin.table import ROUTES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "admin-api.md"


async def document(port):
    answer = await port.admin.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def schema_of(openapi, path, method, answer):
    response = openapi["paths"][path][method]["responses"][str(answer.status_code)]
    media_type = answer.headers["content-type"]
    return {**response["content"][media_type]["schema"], "components": openapi["components"]}


async def test_mockops_itself_can_serve_the_contract(port):
    openapi = await document(port)
    imported = import_contract(read_document(msgspec.json.encode(openapi), "openapi.json"), lambda _: None)
    assert imported.diagnostics == ()
    assert len(imported.operations) == len(ROUTES)


async def test_answers_are_what_the_contract_says(port):
    openapi = await document(port)
    await port.mock.post("/@pets/pets", json={"name": "Rex"}, headers={"MockOps-Scenario": "checkout"})
    await port.mock.get("/@pets/pets/7")
    await port.mock.get("/@pets/pest")
    stub = {"id": "x", "match": {"path": "/x"}, "respond": {"json": 1}}
    asked = [
        ("GET", "/", "/", None),
        ("GET", "/health", "/health", None),
        ("GET", "/ready", "/ready", None),
        ("GET", "/state", "/state", None),
        ("POST", "/api/v1/stubs", "/api/v1/stubs?target=pets", stub),
        ("POST", "/api/v1/stubs", "/api/v1/stubs?target=pets", {"match": 5}),
        ("GET", "/api/v1/stubs", "/api/v1/stubs", None),
        ("GET", "/api/v1/stubs/unused", "/api/v1/stubs/unused", None),
        ("GET", "/api/v1/stubs/{id}", "/api/v1/stubs/x", None),
        ("PUT", "/api/v1/stubs/{id}", "/api/v1/stubs/x?target=pets", stub),
        ("GET", "/api/v1/requests", "/api/v1/requests", None),
        ("GET", "/api/v1/requests", "/api/v1/requests?lmit=1", None),
        ("GET", "/api/v1/requests/unmatched", "/api/v1/requests/unmatched", None),
        ("GET", "/api/v1/requests/{id}", "/api/v1/requests/1", None),
        ("GET", "/api/v1/requests/{id}", "/api/v1/requests/99", None),
        ("POST", "/api/v1/requests/find", "/api/v1/requests/find", {}),
        ("POST", "/api/v1/requests/count", "/api/v1/requests/count", {}),
        ("GET", "/api/v1/scenarios", "/api/v1/scenarios", None),
        ("PUT", "/api/v1/scenarios/{name}/state", "/api/v1/scenarios/checkout/state", {"state": "paid"}),
        ("GET", "/api/v1/sessions", "/api/v1/sessions", None),
        ("GET", "/__admin/mappings", "/__admin/mappings", None),
    ]
    for method, path, url, body in asked:
        answer = await port.admin.request(method, url, json=body)
        schema = schema_of(openapi, path, method.lower(), answer)
        jsonschema_rs.validator_for(schema).validate(answer.json())


def test_every_named_schema_can_be_used():
    openapi = describe(ROUTES)
    for name in openapi["components"]["schemas"]:
        schema = {"$ref": f"#/components/schemas/{name}", "components": openapi["components"]}
        assert not jsonschema_rs.validator_for(schema).is_valid([])


@pytest.mark.parametrize(
    "match",
    [
        "listPets",
        {"query": {"a": 1, "b": None}, "body": {"json_path": {"$.a": 1}}},
        {"headers": {"x": {"exists": True}}},
    ],
)
async def test_shorthands_are_in_the_contract_as_they_are_in_the_api(port, match):
    openapi = await document(port)
    schema = {"$ref": "#/components/schemas/RequestMatch", "components": openapi["components"]}
    assert jsonschema_rs.validator_for(schema).is_valid(match)
    assert (await port.admin.post("/api/v1/requests/count", json=match)).status_code == 200


def test_the_reference_page_is_up_to_date():
    generated = "\n".join(pages()).rstrip() + "\n"
    command = "python -m mockops.gateway.admin.reference > docs/reference/admin-api.md"
    assert PAGE.read_text(encoding="utf-8") == generated, f"run {command}"
