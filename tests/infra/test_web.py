"""Endpoints as slices write them, asked through a real application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from mockops.core.actor import Caller, Role
from mockops.core.clock import FrozenClock
from mockops.core.diagnostics import Diagnostic
from mockops.core.errors import Conflict, Invalid, NotFound, Stale
from mockops.core.events import Custom
from mockops.infra.db import tables
from mockops.infra.db.database import Database
from mockops.infra.db.pages import read_page
from mockops.infra.web import problems
from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.bulk import BulkBody, BulkShown, run_bulk
from mockops.infra.web.limits import BodyLimit
from mockops.infra.web.problems import NotAuthenticated
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.infra.web.services import Services


class Taken(Conflict):
    """It is there already."""

    code: ClassVar[str] = "thing.taken"


class Thing(Shown):
    name: str
    version: int = 1


class NewThing(Body):
    name: str
    size: int = 0


router = Router("things", tag="things")


@router.reads("GET", "/things/{name}")
def get_thing(work: Read, name: str) -> Thing:
    if name == "none":
        raise NotFound("There is no such thing.")
    if name == "crash":
        raise RuntimeError("oops")
    return Thing(name=name, version=3)


@router.writes("POST", "/things", errors=(Taken,))
def create_thing(work: Write, body: NewThing) -> Created[Thing]:
    work.caller.require(Role.EDITOR)
    work.tx.announce(Custom(type="thing.created", payload={"name": body.name}))
    if body.name == "taken":
        raise Taken("There is one already.")
    if body.name == "wrong":
        raise Invalid("It is wrong.", [Diagnostic(code="x", message="bad", source="s", pointer="/name", line=3)])
    work.tx.touch("env")
    return Created(Thing(name=body.name), f"/things/{body.name}")


@router.writes("PUT", "/things/{name}")
def replace_thing(work: Write, name: str, body: NewThing) -> Thing:
    if work.if_match() not in (None, 3):
        raise Stale("Somebody was faster.")
    return Thing(name=body.name, version=4)


@router.writes("DELETE", "/things/{name}")
def delete_thing(work: Write, name: str) -> None:
    work.tx.announce(Custom(type="thing.deleted"))


@router.writes("POST", "/things/bulk")
def change_things(work: Write, body: BulkBody[NewThing]) -> BulkShown:
    def perform(item: Any) -> str:
        work.tx.announce(Custom(type="thing.created"))
        if item.document is None:
            raise Invalid("A document is needed.")
        return str(item.document.name)

    return run_bulk(work.tx, body.items, perform)


@router.reads("GET", "/happened")
def list_happened(work: Read, limit: Limit = DEFAULT, cursor: Cursor = None) -> Listed[Thing]:
    table = tables.events
    page = read_page(work.tx, select(table), keys=(table.c.sequence,), limit=limit, cursor=cursor)
    return Listed.of(page, lambda row: Thing(name=row.type, version=row.sequence))


def authenticate(tx: Any, connection: Any) -> Caller:
    token = connection.headers.get("authorization", "").removeprefix("Bearer ")
    if not token:
        raise NotAuthenticated("Send a token.")
    return Caller(kind="token", id=token, name=token, org_id="o", org="acme", role=Role(token))


@pytest.fixture
def client(database: Database, clock: FrozenClock) -> Iterator[TestClient]:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(BodyLimit, max_bytes=10_000, by_prefix={"/things/bulk": 100_000})
    app.include_router(router.api)
    app.state.services = Services(database=database, clock=clock, authenticate=authenticate)
    with TestClient(app, raise_server_exceptions=False, headers={"Authorization": "Bearer editor"}) as found:
        yield found


def happened(client: TestClient) -> list[str]:
    return [item["name"] for item in client.get("/happened").json()["items"]]


def test_a_write_is_committed_and_says_its_revision(client: TestClient) -> None:
    answer = client.post("/things", json={"name": "a"})
    assert (answer.status_code, answer.json()) == (201, {"name": "a", "version": 1})
    assert answer.headers["location"] == "/api/v1/things/a"
    assert answer.headers["mockops-revision"] == "2"
    assert happened(client) == ["thing.created"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({"name": "taken"}, 409, "thing.taken"), ({"name": "wrong"}, 422, "mockops.invalid")],
)
def test_a_refusal_is_a_problem_and_changes_nothing(
    client: TestClient, body: dict[str, str], status: int, code: str
) -> None:
    answer = client.post("/things", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert happened(client) == []
    if code == "mockops.invalid":
        assert answer.json()["errors"] == [
            {"code": "x", "pointer": "/name", "message": "bad", "source": "s", "line": 3}
        ]


def test_each_bad_field_is_named(client: TestClient) -> None:
    answer = client.post("/things", json={"nme": "a", "size": "x"})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/name", "/nme", "/size"}
    assert client.get("/happened?limit=0").json()["errors"][0]["parameter"] == "limit"
    broken = client.post("/things", content=b"{no", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["code"]) == (400, "api.body_not_json")


def test_nobody_no_role_no_thing_no_path(client: TestClient) -> None:
    nobody = client.get("/things/a", headers={"Authorization": ""})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "access.not_authenticated")
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    viewer = client.post("/things", json={"name": "a"}, headers={"Authorization": "Bearer viewer"})
    assert (viewer.status_code, viewer.json()["code"]) == (403, "access.role_too_low")
    assert client.get("/things/none").status_code == 404
    assert client.get("/nowhere").json()["code"] == "api.no_such_path"
    assert client.patch("/things").json()["code"] == "api.method_not_allowed"
    crash = client.get("/things/crash")
    assert (crash.status_code, crash.json()["code"]) == (500, "api.internal")
    assert "oops" not in crash.text


def test_etags(client: TestClient) -> None:
    tag = client.get("/things/a").headers["etag"]
    assert tag == '"3"'
    assert client.get("/things/a", headers={"If-None-Match": tag}).status_code == 304
    assert client.put("/things/a", json={"name": "b"}, headers={"If-Match": tag}).status_code == 200
    assert client.put("/things/a", json={"name": "b"}, headers={"If-Match": '"2"'}).status_code == 412
    assert client.put("/things/a", json={"name": "b"}, headers={"If-Match": "W/x"}).status_code == 400
    assert client.put("/things/a", json={"name": "b"}).status_code == 200
    assert client.delete("/things/a").status_code == 204


def test_the_same_post_twice_is_done_once(client: TestClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = client.post("/things", json={"name": "a"}, headers=key)
    again = client.post("/things", json={"name": "a"}, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert happened(client) == ["thing.created"]
    other = client.post("/things", json={"name": "b"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "api.idempotency_key_reused")
    assert client.post("/things", json={"name": "b"}, headers={"Idempotency-Key": ""}).status_code == 400
    admin = {**key, "Authorization": "Bearer admin"}
    assert client.post("/things", json={"name": "b"}, headers=admin).status_code == 201


def test_a_refusal_is_not_remembered(client: TestClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    assert client.post("/things", json={"name": "taken"}, headers=key).status_code == 409
    assert client.post("/things", json={"name": "fine"}, headers=key).status_code == 201


def test_bulk_does_what_it_can(client: TestClient) -> None:
    items = [{"action": "create", "document": {"name": "a"}}, {"action": "update", "id": "z"}]
    shown = client.post("/things/bulk", json={"items": items}).json()
    assert (shown["succeeded"], shown["failed"]) == (1, 1)
    assert [result["status"] for result in shown["results"]] == [201, 422]
    assert shown["results"][1]["problem"]["detail"] == "A document is needed."
    assert happened(client) == ["thing.created"]
    assert client.post("/things/bulk", json={"items": []}).status_code == 422


def test_pages(client: TestClient) -> None:
    for number in range(5):
        client.post("/things", json={"name": str(number)})
    first = client.get("/happened?limit=3").json()
    second = client.get("/happened", params={"limit": 3, "cursor": first["next"]}).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 2, None)
    assert client.get("/happened?cursor=x").json()["code"] == "api.cursor_invalid"


def test_large_bodies_are_refused(client: TestClient) -> None:
    large = json.dumps({"name": "x" * 20_000}).encode()
    declared = client.post("/things", content=large, headers={"Content-Type": "application/json"})
    assert (declared.status_code, declared.json()["code"]) == (413, "api.body_too_large")
    chunked = client.post("/things", content=iter([large]), headers={"Content-Type": "application/json"})
    assert (chunked.status_code, chunked.json()["code"]) == (413, "api.body_too_large")
    assert client.post("/things/bulk", content=large, headers={"Content-Type": "application/json"}).status_code == 422


def test_the_document_names_operations_and_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/things"]["post"]
    assert operation["operationId"] == "things.create_thing"
    assert {"201", "400", "401", "409", "422"} <= set(operation["responses"])
    assert "thing.taken" in operation["responses"]["409"]["description"]
    assert document["paths"]["/things/{name}"]["delete"]["responses"]["204"]
