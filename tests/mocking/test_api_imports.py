"""Imports through the API: the first, and again after both sides were edited."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from tests.mocking.conftest import World

IMPORTS = "/workspaces/pets/imports"
STUBS = "/workspaces/pets/stubs"


def mapping(id_: str, path: str, status: int = 200, **response: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "request": {"method": "GET", "urlPath": path},
        "response": {"status": status, "headers": {"X-One": "1"}, **response},
    }


def wiremock(*mappings: dict[str, Any]) -> dict[str, Any]:
    return {"mappings": list(mappings)}


A, B, C = (
    "0a0a0a0a-0000-4000-8000-000000000001",
    "0a0a0a0a-0000-4000-8000-000000000002",
    "0a0a0a0a-0000-4000-8000-000000000003",
)
FIRST = wiremock(mapping(A, "/a"), mapping(B, "/b"), mapping(C, "/c"))


def run(api: TestClient, document: Any, **query: Any) -> dict[str, Any]:
    answer = api.post(f"{IMPORTS}/wiremock", json=document, params=query)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def document_of(api: TestClient, key: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{STUBS}/{key}").json()["document"]
    return found


def test_an_import_creates_stubs_as_one_change(api: TestClient, world: World) -> None:
    looked = run(api, FIRST, dry_run=True)
    assert (sorted(looked["created"]), looked["is_dry_run"]) == ([A, B, C], True)
    assert api.get(STUBS).json()["items"] == []
    before = len(world.events("config.changed"))
    shown = run(api, FIRST)
    assert (sorted(shown["created"]), shown["is_dry_run"], shown["conflicts"]) == ([A, B, C], False, [])
    assert len(world.events("config.changed")) == before + 1
    items = api.get(STUBS, params={"origin": "import"}).json()["items"]
    assert {item["origin"] for item in items} == {"import:wiremock"}
    again = run(api, FIRST)
    assert (sorted(again["unchanged"]), again["created"], again["updated"]) == ([A, B, C], [], [])
    assert len(world.events("config.changed")) == before + 1


def test_what_was_edited_here_survives_the_next_import(api: TestClient) -> None:
    run(api, FIRST)
    api.patch(f"{STUBS}/{A}", json={"document": {"priority": 2}})
    api.patch(f"{STUBS}/{B}", json={"document": {"respond": {"status": 500}}})
    second = wiremock(mapping(A, "/a", 201), mapping(B, "/b", 404), mapping(C, "/c", 202))
    shown = run(api, second)
    assert (shown["merged"], shown["updated"], shown["kept"]) == ([A], [C], [])
    (conflict,) = shown["conflicts"]
    assert conflict["key"] == B
    assert conflict["conflicts"][0]["pointer"] == "/document/respond/status"
    merged = document_of(api, A)
    assert (merged["priority"], merged["respond"]["status"]) == (2, 201)
    assert document_of(api, B)["respond"]["status"] == 500
    assert document_of(api, C)["respond"]["status"] == 202
    once_more = run(api, second)
    assert (once_more["kept"], once_more["unchanged"]) == ([A], [C])
    assert [each["key"] for each in once_more["conflicts"]] == [B]


@pytest.mark.parametrize(("prefer", "status"), [("import", 404), ("server", 500)])
def test_a_preference_decides_conflicts_for_good(sqlite_api: TestClient, prefer: str, status: int) -> None:
    run(sqlite_api, FIRST)
    sqlite_api.patch(f"{STUBS}/{B}", json={"document": {"respond": {"status": 500}, "priority": 3}})
    second = wiremock(mapping(A, "/a"), mapping(B, "/b", 404), mapping(C, "/c"))
    shown = run(sqlite_api, second, prefer=prefer)
    assert (shown["merged"], [each["key"] for each in shown["conflicts"]]) == ([B], [B])
    found = document_of(sqlite_api, B)
    assert (found["respond"]["status"], found["priority"]) == (status, 3)
    assert run(sqlite_api, second)["conflicts"] == []


def test_what_is_gone_upstream_goes_unless_it_was_edited(api: TestClient) -> None:
    run(api, FIRST)
    api.patch(f"{STUBS}/{B}", json={"document": {"priority": 3}})
    api.post(STUBS, json={"document": {"id": "mine", "match": "GET /pets", "respond": 200}})
    shown = run(api, wiremock(mapping(A, "/a")))
    assert (shown["removed"], shown["kept"], shown["unchanged"]) == ([C], [B], [A])
    assert sorted(item["key"] for item in api.get(STUBS).json()["items"]) == sorted([A, B, "mine"])


def test_imports_of_other_names_and_stubs_of_others_are_left_alone(api: TestClient) -> None:
    run(api, wiremock(mapping(A, "/a")), name="one")
    shown = run(api, wiremock(mapping(B, "/b")), name="two")
    assert (shown["created"], shown["removed"], shown["origin"]) == ([B], [], "import:wiremock:two")
    api.post(STUBS, json={"document": {"id": C, "match": "GET /pets", "respond": 418}})
    taken = run(api, wiremock(mapping(B, "/b"), mapping(C, "/c")), name="two")
    assert [each["key"] for each in taken["conflicts"]] == [C]
    assert document_of(api, C)["respond"] == 418


def test_bodies_come_with_the_document(api: TestClient) -> None:
    document = wiremock(mapping(A, "/a", bodyFileName="big.json"))
    shown = run(api, {"document": document, "files": {"__files/big.json": "WzFd"}})
    assert shown["created"] == [A]
    bad = api.post(f"{IMPORTS}/wiremock", json={"document": document, "files": {"big.json": "?"}})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/files/big.json")
    assert api.post(f"{IMPORTS}/wiremock", json={"document": document, "files": [1]}).status_code == 422


def test_large_bodies_become_files_of_their_stub(api: TestClient) -> None:
    text = "x" * 5_000
    run(api, wiremock(mapping(A, "/a", body=text)))
    found = api.get(f"{STUBS}/{A}").json()
    assert len(found["files"]) == 1
    assert found["is_served"]
    edited = copy.deepcopy(text) + "y"
    assert run(api, wiremock(mapping(A, "/a", body=edited)))["updated"] == [A]


def test_postman_har_and_mockoon(sqlite_api: TestClient) -> None:
    item = {
        "name": "pets",
        "request": {"method": "GET", "url": "https://x.test/pets"},
        "response": [
            {
                "name": "ok",
                "code": 200,
                "body": "[]",
                "originalRequest": {"method": "GET", "url": "https://x.test/pets"},
            }
        ],
    }
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    collection = {"info": {"name": "Pets", "schema": schema}, "item": [item]}
    answer = sqlite_api.post(f"{IMPORTS}/postman", json=collection).json()
    assert answer["origin"] == "import:postman:Pets"
    assert answer["created"]
    entry = {
        "request": {"method": "GET", "url": "https://x.test/pets", "headers": [], "queryString": []},
        "response": {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": "[]"}},
    }
    har = sqlite_api.post(
        f"{IMPORTS}/har", json={"log": {"version": "1.2", "entries": [entry]}}, params={"host": "x.test"}
    )
    assert har.status_code == 200, har.text
    assert har.json()["created"]
    route = {
        "uuid": "1",
        "type": "http",
        "method": "get",
        "endpoint": "moon",
        "responses": [{"uuid": "2", "statusCode": 200, "body": "{}", "default": True, "headers": [], "rules": []}],
    }
    mockoon = sqlite_api.post(
        f"{IMPORTS}/mockoon", json={"uuid": "0", "name": "M", "routes": [route], "lastMigration": 33}
    )
    assert mockoon.status_code == 200, mockoon.text
    assert mockoon.json()["created"]


def test_what_is_no_such_file_or_nobodys_workspace(api: TestClient) -> None:
    for body in ({"what": 1}, [], "x", 1):
        answer = api.post(f"{IMPORTS}/postman", json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"]
    assert api.post(f"{IMPORTS}/insomnia", json={}).status_code == 422
    assert api.post(f"{IMPORTS}/wiremock", json=FIRST, headers={"Who": "other"}).status_code == 404
    assert api.post(f"{IMPORTS}/wiremock", json=FIRST, headers={"Role": "viewer"}).status_code == 403
    assert api.post(f"{IMPORTS}/wiremock", json=FIRST, params={"prefer": "me"}).status_code == 422
