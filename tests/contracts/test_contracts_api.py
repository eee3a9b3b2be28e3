"""Contracts over HTTP: through a real application, database and builder process."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from mockops.contracts.api import contracts, workspaces
from mockops.contracts.rules.bundles import BUNDLE_TYPE, bundle_digest, make_bundle, pack, unpack
from mockops.contracts.service.build import Builder
from mockops.contracts.service.reimport import ContractReview
from mockops.core.actor import Caller, Role
from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.documents import read_document
from mockops.infra.web import problems
from mockops.infra.web.services import Services
from mockops.workspaces.service.organizations import ensure_organization
from mockops.workspaces.service.workspaces import create_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database

PETS = """openapi: 3.1.0
info: {title: Pets, version: 1.2.3}
paths:
  /pets:
    get: {tags: [pets], responses: {'200': {description: all}}}
    post: {tags: [pets, writing], deprecated: true, responses: {'201': {description: made}}}
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {tags: [pets], operationId: getPet, responses: {'200': {$ref: 'parts.yaml#/one'}}}
  /stores:
    get: {responses: {'200': {description: all}}}
"""
PARTS = "one: {description: one}\n"
FILES: dict[str, Any] = {"api.yaml": PETS, "parts.yaml": PARTS}
CONTRACT = "/api/v1/workspaces/pets/contract"


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    with Builder(processes=1) as builder:
        yield builder


@pytest.fixture
def client(sqlite_database: Database, clock: FrozenClock, builder: Builder) -> Iterator[TestClient]:
    with sqlite_database.write() as tx:
        organization = ensure_organization(tx)

    def caller_of(role: str) -> Caller:
        return Caller(kind="token", id=role, name=role, org_id=organization.id, org="default", role=Role(role))

    def authenticate(_tx: Any, connection: Any) -> Caller:
        return caller_of(connection.headers["authorization"])

    def review(_tx: Any, workspace: Any, operations: Any) -> list[Diagnostic]:
        if any(each.path == "/stores" for each in operations):
            return []
        message = f"a stub of {workspace.name} needs GET /stores"
        return [Diagnostic(code="stub.operation_unknown", severity=Severity.WARNING, message=message, source="s.yaml")]

    with sqlite_database.write(caller_of("admin")) as tx:
        create_workspace(tx, name="pets")
    app = FastAPI()
    problems.install(app)
    for part in (contracts, workspaces):
        app.include_router(part.router.api, prefix="/api/v1")
    app.state.services = Services(database=sqlite_database, clock=clock, authenticate=authenticate)
    app.state.services.provide(builder)
    app.state.services.provide(ContractReview(review=review))
    with TestClient(app, headers={"Authorization": "editor"}) as found:
        yield found


def upload(client: TestClient, files: dict[str, Any] = FILES, root: str = "api.yaml") -> str:
    answer = client.post("/api/v1/contracts", json={"root": root, "files": files})
    assert answer.status_code == 201, answer.text
    digest: str = answer.json()["digest"]
    return digest


def with_contract(client: TestClient) -> str:
    digest = upload(client)
    assert client.put(CONTRACT, json={"digest": digest}).status_code == 200
    return digest


def test_a_bundle_is_compiled_kept_and_found(client: TestClient) -> None:
    encoded = {"api.yaml": PETS, "parts.yaml": {"base64": base64.b64encode(PARTS.encode()).decode()}}
    answer = client.post("/api/v1/contracts", json={"root": "api.yaml", "files": encoded})
    shown = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/contracts/{shown['digest']}"
    assert (shown["title"], shown["version"], shown["operation_count"]) == ("Pets", "1.2.3", 4)
    assert shown["diagnostics"] == []
    assert shown["digest"] == bundle_digest("api.yaml", shown["files"])
    assert client.get(f"/api/v1/contracts/{shown['digest']}").json() == shown
    assert upload(client) == shown["digest"]
    missing = client.post("/api/v1/contracts/missing", json={"digests": [shown["digest"], "0" * 64]})
    assert missing.json() == {"missing": ["0" * 64]}


def test_contracts_are_listed_in_pages(client: TestClient) -> None:
    sent = {upload(client, {**FILES, "n": str(number)}) for number in range(3)}
    first = client.get("/api/v1/contracts?limit=2").json()
    rest = client.get("/api/v1/contracts", params={"limit": 2, "cursor": first["next"]}).json()
    assert rest["next"] is None
    assert {each["digest"] for each in first["items"] + rest["items"]} == sent
    assert (first["items"][0]["title"], "files" in first["items"][0]) == ("Pets", False)


@pytest.mark.parametrize(
    ("media_type", "content", "root"),
    [
        ("application/yaml", "openapi: 3.1.0\npaths: {}", "openapi.yaml"),
        ("text/plain", "openapi: 3.1.0\npaths: {}", "openapi.yaml"),
        ("application/json", '{"openapi": "3.1.0", "paths": {}}', "openapi.json"),
        ("application/vnd.oai.openapi+json;version=3.1", '{"openapi": "3.1.0", "paths": {}}', "openapi.json"),
    ],
)
def test_a_lone_document_is_a_bundle(client: TestClient, media_type: str, content: str, root: str) -> None:
    answer = client.post("/api/v1/contracts", content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["root"]) == (201, root)
    assert answer.json()["diagnostics"][0]["code"] == "contract.empty"
    named = client.post("/api/v1/contracts?name=v1.yaml", content=content, headers={"Content-Type": media_type})
    assert [*named.json()["files"]] == ["v1.yaml"]


@pytest.mark.parametrize(
    ("body", "code", "part"),
    [
        ({"root": "../a", "files": {"../a": "x"}}, "contract.bundle_invalid", "leaves its folder"),
        ({"root": "a", "files": {"a": {"base64": "%"}}}, "contract.upload_invalid", "'a'"),
        ({"root": "a", "files": {"a": 1}}, "api.invalid", "/files"),
        ({"root": "a", "files": {"a": "x"}, "more": 1}, "api.invalid", "more"),
        ({"files": {"a": "x"}}, "api.invalid", "root"),
        ({"root": "a.yaml", "files": {"a.yaml": "x: ["}}, "contract.invalid", "a.yaml:2:1"),
        ({"root": "a.yaml", "files": {"a.yaml": "swagger: '1.2'"}}, "contract.invalid", "cannot be served"),
        ({}, "contract.invalid", "neither an OpenAPI"),
        ([], "contract.invalid", "neither an OpenAPI"),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_a_reason(client: TestClient, body: Any, code: str, part: str) -> None:
    answer = client.post("/api/v1/contracts", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert part in answer.json()["detail"]


def test_bodies_that_are_nothing_are_refused(client: TestClient) -> None:
    for content in (b"", b"{no", b"\xff", b"[" * 100_000):
        answer = client.post("/api/v1/contracts", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), content[:10]
        assert answer.json()["detail"]


def test_viewers_read_only(client: TestClient) -> None:
    viewer = {"Authorization": "viewer"}
    digest = with_contract(client)
    assert client.post("/api/v1/contracts", json={"root": "a", "files": {}}, headers=viewer).status_code == 403
    assert client.put(CONTRACT, json={"digest": digest}, headers=viewer).status_code == 403
    assert client.delete(CONTRACT, headers=viewer).status_code == 403
    assert client.post(f"{CONTRACT}/reimport", json={"digest": digest}, headers=viewer).status_code == 403
    for path in ("", "/document", "/operations"):
        assert client.get(CONTRACT + path, headers=viewer).status_code == 200


def test_a_workspace_gets_a_contract_and_loses_it(client: TestClient) -> None:
    assert client.get(CONTRACT).json()["code"] == "contract.not_set"
    assert client.get("/api/v1/workspaces/none/contract").json()["code"] == "workspace.unknown"
    digest = upload(client)
    answer = client.put(CONTRACT, json={"digest": digest, "path": "specs/api.yaml"})
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    assert int(answer.headers["mockops-revision"]) > 0
    shown = client.get(CONTRACT).json()
    assert shown == answer.json()
    assert (shown["digest"], shown["is_edited"], shown["path"]) == (digest, False, "specs/api.yaml")
    assert shown["contract"]["title"] == "Pets"
    assert client.get(CONTRACT, headers={"If-None-Match": '"1"'}).status_code == 304
    stale = client.put(CONTRACT, json={"digest": digest}, headers={"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "contract.changed_meanwhile")
    assert client.put(CONTRACT, json={"digest": "0" * 64}).json()["code"] == "contract.unknown"
    assert client.put(CONTRACT, json={"digest": "x"}).json()["errors"][0]["pointer"] == "/digest"
    assert client.delete(CONTRACT, headers={"If-Match": '"9"'}).status_code == 412
    assert client.delete(CONTRACT, headers={"If-Match": '"1"'}).status_code == 204
    assert client.delete(CONTRACT).status_code == 404


def test_documents_come_back_as_they_were_sent(client: TestClient) -> None:
    with_contract(client)
    answer = client.get(f"{CONTRACT}/document")
    assert (answer.text, answer.headers["content-type"]) == (PETS, "application/yaml")
    assert answer.headers["etag"] == '"1"'
    odd = {**FILES, "odd.bin": {"base64": "/w=="}}
    client.put(CONTRACT, json={"digest": upload(client, odd)})
    assert client.get(f"{CONTRACT}/document?format=bundle").json() == {"root": "api.yaml", "files": odd}


def test_operations_are_listed_in_pages_and_filtered(client: TestClient) -> None:
    with_contract(client)

    def keys(query: str) -> list[str]:
        return [item["key"] for item in client.get(f"{CONTRACT}/operations?{query}").json()["items"]]

    every = ["GET /pets", "POST /pets", "GET /pets/{id}", "GET /stores"]
    assert keys("") == every
    assert keys("method=post") == ["POST /pets"]
    assert keys("path=/pets/") == ["GET /pets/{id}"]
    assert keys("tag=writing") == ["POST /pets"]
    assert keys("deprecated=false&method=GET") == ["GET /pets", "GET /pets/{id}", "GET /stores"]
    found, cursor = [], ""
    for _ in range(2):
        page = client.get(f"{CONTRACT}/operations?method=GET&limit=2&cursor={cursor}").json()
        found += [item["path"] for item in page["items"]]
        cursor = page["next"]
    assert (found, cursor) == (["/pets", "/pets/{id}", "/stores"], None)
    for bad in ("x", "b3BlcmF0aW9uOng", "é"):
        answer = client.get(f"{CONTRACT}/operations", params={"cursor": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "api.cursor_invalid")


def test_a_reimport_keeps_hand_edits_and_lists_conflicts(client: TestClient) -> None:
    with_contract(client)
    mine = PETS.replace("title: Pets", "title: My pets").replace("{description: all}", "{description: by hand}", 1)
    edited = client.put(CONTRACT, json={"digest": upload(client, {**FILES, "api.yaml": mine}), "is_edit": True}).json()
    assert edited["is_edited"] is True
    theirs = PETS.replace("title: Pets", "title: Their pets").replace("  /stores:", "  /shops:")
    body = {"root": "api.yaml", "files": {**FILES, "api.yaml": theirs}, "path": "v2.yaml"}
    tried = client.post(f"{CONTRACT}/reimport", json={**body, "dry_run": True}).json()
    assert (tried["is_saved"], tried["contract"], tried["conflict_count"]) == (False, None, 1)
    assert client.get(CONTRACT).json() == edited
    assert client.post(f"{CONTRACT}/reimport", json=body, headers={"If-Match": '"1"'}).status_code == 412
    answer = client.post(f"{CONTRACT}/reimport", json=body, headers={"If-Match": '"2"'})
    shown = answer.json()
    assert (answer.status_code, shown["version"], answer.headers["etag"]) == (200, 3, '"3"')
    assert shown["conflicts"] == [
        {"source": "api.yaml", "pointer": "/info/title", "base": "Pets", "ours": "My pets", "theirs": "Their pets"}
    ]
    assert [each["code"] for each in shown["warnings"]] == ["stub.operation_unknown"]
    merged = read_document(client.get(f"{CONTRACT}/document").content, "api.yaml").data
    assert merged["info"]["title"] == "My pets"
    assert merged["paths"]["/pets"]["get"]["responses"]["200"]["description"] == "by hand"
    assert [*merged["paths"]] == ["/pets", "/pets/{id}", "/shops"]
    again = client.post(f"{CONTRACT}/reimport", json=body).json()
    assert (again["version"], again["conflicts"]) == (3, [])
    assert client.get(CONTRACT).json()["path"] == "v2.yaml"


def test_the_other_side_can_be_preferred_and_named_by_digest(client: TestClient) -> None:
    with_contract(client)
    mine = PETS.replace("title: Pets", "title: My pets")
    client.put(CONTRACT, json={"digest": upload(client, {**FILES, "api.yaml": mine}), "is_edit": True})
    theirs = upload(client, {**FILES, "api.yaml": PETS.replace("title: Pets", "title: Theirs")})
    shown = client.post(f"{CONTRACT}/reimport", json={"digest": theirs, "prefer": "theirs"}).json()
    assert (shown["contract"]["title"], shown["contract"]["digest"], shown["conflict_count"]) == ("Theirs", theirs, 1)
    assert client.get(CONTRACT).json()["is_edited"] is False


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "contract.upload_invalid"),
        ({"digest": "0" * 64, "root": "a", "files": {"a": ""}}, 422, "contract.upload_invalid"),
        ({"digest": "0" * 64}, 404, "contract.unknown"),
        ({"digest": "0" * 64, "prefer": "mine"}, 422, "api.invalid"),
        ({"root": "a.yaml", "files": {"a.yaml": "x: ["}}, 422, "contract.invalid"),
    ],
)
def test_reimports_that_cannot_be_are_refused(client: TestClient, body: Any, status: int, code: str) -> None:
    with_contract(client)
    answer = client.post(f"{CONTRACT}/reimport", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get(CONTRACT).json()["version"] == 1


def test_a_workspace_without_contract_has_nothing_to_import_again(client: TestClient) -> None:
    answer = client.post(f"{CONTRACT}/reimport", json={"root": "api.yaml", "files": FILES})
    assert (answer.status_code, answer.json()["code"]) == (404, "contract.not_set")


def test_the_description_names_every_endpoint_and_its_body(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    operations = {each["operationId"] for path in described["paths"].values() for each in path.values()}
    assert "contracts.create_contract" in operations
    assert len(operations) == 11
    body = described["paths"]["/api/v1/contracts"]["post"]["requestBody"]["content"]
    assert json.dumps(body["application/json"]["schema"]["required"]) == '["root", "files"]'


def test_a_packed_bundle_comes_back_as_it_was_sent(client: TestClient) -> None:
    bundle = make_bundle("api.yaml", {name: text.encode() for name, text in FILES.items()})
    sent = client.post("/api/v1/contracts", content=pack(bundle), headers={"Content-Type": BUNDLE_TYPE})
    assert sent.status_code == 201, sent.text
    back = client.get(f"/api/v1/contracts/{sent.json()['digest']}/bundle")
    assert back.headers["content-type"] == BUNDLE_TYPE
    assert unpack(back.content) == bundle
    broken = client.post("/api/v1/contracts", content=pack(bundle)[:-9], headers={"Content-Type": BUNDLE_TYPE})
    assert (broken.status_code, broken.json()["code"]) == (422, "contract.bundle_invalid")
