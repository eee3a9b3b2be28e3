"""Stubs through the API: what users send, what they get, what happens to everything else."""

from __future__ import annotations

import base64
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from tests.mocking.conftest import World

STUBS = "/workspaces/pets/stubs"
DOG: dict[str, Any] = {"id": "dog", "match": "getPet", "respond": {"status": 200, "json": {"name": "Rex"}}}


def send(api: TestClient, **document: Any) -> Any:
    return api.post(STUBS, json={"document": document})


def keys(api: TestClient, **query: Any) -> list[str]:
    answer = api.get(STUBS, params=query)
    assert answer.status_code == 200, answer.text
    return [item["key"] for item in answer.json()["items"]]


def test_a_stub_is_created_read_replaced_patched_and_deleted(api: TestClient, world: World) -> None:
    made = api.post(STUBS, json={"document": DOG})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/workspaces/pets/stubs/dog"
    assert made.headers["etag"] == '"1"'
    assert int(made.headers["mockops-revision"]) > 0
    shown = made.json()
    assert (shown["key"], shown["document"], shown["origin"], shown["version"]) == ("dog", DOG, "api", 1)
    assert (shown["method"], shown["request_path"]) == ("GET", "/pets/{petId}")
    assert (shown["operation"], shown["is_served"], shown["problems"]) == ("GET /pets/{petId}", True, [])
    assert api.get(f"{STUBS}/dog").json() == shown

    cat = {**DOG, "respond": 404}
    replaced = api.put(f"{STUBS}/dog", json={"document": cat}, headers={"If-Match": '"1"'})
    assert (replaced.status_code, replaced.json()["version"]) == (200, 2)
    patched = api.patch(
        f"{STUBS}/dog",
        json={"document": {"respond": {"status": 500}, "priority": 1}},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert patched.json()["document"] == {**DOG, "respond": {"status": 500}, "priority": 1}
    assert api.delete(f"{STUBS}/dog").status_code == 204
    assert api.get(f"{STUBS}/dog").status_code == 404
    events = [event for event in world.events("config.changed") if event["what"] == "stubs"]
    assert [event["action"] for event in events] == ["created", "updated", "updated", "deleted"]
    assert events[0]["created"] == ["dog"]
    assert events[0]["total"] == 1
    actions = world.audit("stub")
    assert [action for action, *_ in actions] == ["stub.created", "stub.updated", "stub.updated", "stub.deleted"]
    assert actions[1][2]["document"] == DOG
    assert actions[1][3]["document"] == cat
    assert actions[3][3] is None


def test_a_lost_update_is_refused(api: TestClient) -> None:
    send(api, **DOG)
    other = {"document": {**DOG, "respond": 404}}
    assert api.put(f"{STUBS}/dog", json=other, headers={"If-Match": '"1"'}).status_code == 200
    late = api.put(f"{STUBS}/dog", json={"document": DOG}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "mocking.changed_meanwhile")
    assert api.patch(f"{STUBS}/dog", json={"document": {}}, headers={"If-Match": '"1"'}).status_code == 412
    assert api.delete(f"{STUBS}/dog", headers={"If-Match": '"1"'}).status_code == 412
    assert api.get(f"{STUBS}/dog").json()["version"] == 2


def test_saving_what_is_there_already_changes_nothing(api: TestClient, world: World) -> None:
    send(api, **DOG)
    before = len(world.events("config.changed"))
    same = api.put(f"{STUBS}/dog", json={"document": DOG})
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert "mockops-revision" not in same.headers
    assert len(world.events("config.changed")) == before
    again = send(api, **DOG)
    assert (again.status_code, again.json()["code"]) == (409, "mocking.exists")


def test_a_stub_without_id_gets_one_that_it_keeps(api: TestClient) -> None:
    made = send(api, match="GET /pets", respond=200).json()
    assert made["key"].startswith("stub-")
    assert made["document"]["id"] == made["key"]
    url = f"{STUBS}/{made['key']}"
    replaced = api.put(url, json={"document": {"match": "GET /pets", "respond": 201}}).json()
    assert replaced["document"]["id"] == made["key"]


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        ({"match": "GET /pets", "respond": {"status": "many"}}, "/document/respond/status", "whole number"),
        ({"match": "getPets", "respond": 200}, "/document/match/operation", "did you mean"),
        ({"match": "GET /pets", "respnd": 200}, "/document/respnd", "no 'respnd'"),
        ({"respond": 200}, "/document", "match"),
        ({"match": {"query": {"q": {"regex": "("}}}, "respond": 200}, "/document/match/query/q", ""),
        ({"match": "GET /pets/{", "respond": 200}, "/document/match/operation", ""),
        (
            {"match": "GET /pets", "respond": {"template": True, "text": "{{ nope( }}"}},
            "/document/respond/text",
            "template",
        ),
        ({"match": "GET /pets", "respond": {"file": "a.json"}}, "/document/respond/file", "among the files"),
        ({"match": "GET /pets", "respond": {"file": "../a.json"}}, "/document/respond/file", "beside"),
        ({"id": "", "match": "GET /pets", "respond": 200}, "/document/id", "255"),
        ({"id": "a\u0000b", "match": "GET /pets", "respond": 200}, "/document/id", "255"),
        ({"id": "x" * 256, "match": "GET /pets", "respond": 200}, "/document/id", "255"),
        ({"id": None, "match": "GET /pets", "respond": 200}, "/document/id", ""),
        ({"stubs": [{"match": "GET /pets", "respond": 200}] * 2}, "/document/stubs", "one by one"),
    ],
)
def test_each_bad_field_is_named(sqlite_api: TestClient, document: dict[str, Any], pointer: str, words: str) -> None:
    answer = sqlite_api.post(STUBS, json={"document": document})
    assert answer.status_code == 422, answer.text
    errors = answer.json()["errors"]
    assert pointer in [error["pointer"] for error in errors], errors
    said = " ".join(error["message"] + error.get("hint", "") for error in errors if error["pointer"] == pointer)
    assert words in said
    assert keys(sqlite_api) == []


def test_several_problems_are_told_at_once(sqlite_api: TestClient) -> None:
    document = {"match": "GET /pets", "respond": {"status": "x", "headers": 1}, "times": "y"}
    found = sqlite_api.post(STUBS, json={"document": document}).json()["errors"]
    assert {each["pointer"] for each in found} == {
        "/document/respond/status",
        "/document/respond/headers",
        "/document/times",
    }


def test_what_is_no_json_is_refused(sqlite_api: TestClient) -> None:
    for body in (b'{"document": {"id": "a", "match": "GET /pets", "respond": {"json": NaN}}}', b"[]", b"{}"):
        answer = sqlite_api.post(STUBS, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text
    lone = b'{"document": {"id": "a", "match": "GET /pets", "respond": {"text": "\\ud800"}}}'
    answer = sqlite_api.post(STUBS, content=lone, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/document")
    deep = b'{"document":{"id":"a","match":"GET /pets","respond":{"json":' + b"[" * 900 + b"]" * 900 + b"}}}"
    answer = sqlite_api.post(STUBS, content=deep, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/document")


def test_bodies_travel_with_the_stub(api: TestClient) -> None:
    body = {"match": "GET /pets", "respond": {"file": "pets.json"}, "id": "filed"}
    files = {"pets.json": base64.b64encode(b'["Rex"]').decode()}
    made = api.post(STUBS, json={"document": body, "files": files})
    assert (made.status_code, made.json()["files"]) == (201, files)
    unused = {**files, "b.json": "e30="}
    warned = api.put(f"{STUBS}/filed", json={"document": body, "files": unused}).json()
    assert [(each["pointer"], each["severity"]) for each in warned["problems"]] == [("/files/b.json", "warning")]
    gone = api.patch(f"{STUBS}/filed", json={"files": {"b.json": None}}).json()
    assert gone["files"] == files
    broken = api.put(f"{STUBS}/filed", json={"document": body, "files": {"pets.json": "?"}})
    assert (broken.status_code, broken.json()["errors"][0]["pointer"]) == (422, "/files/pets.json")


def test_a_rename_is_refused(api: TestClient) -> None:
    send(api, **DOG)
    answer = api.put(f"{STUBS}/dog", json={"document": {**DOG, "id": "cat"}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/document/id")


def test_a_wiremock_mapping_is_a_stub(api: TestClient) -> None:
    mapping = {"request": {"method": "GET", "urlPath": "/pets"}, "response": {"status": 418}}
    made = api.post(STUBS, json={"document": mapping})
    assert made.status_code == 201, made.text
    assert (made.json()["method"], made.json()["request_path"]) == ("GET", "/pets")


def test_keys_with_slashes_can_be_addressed(api: TestClient) -> None:
    made = send(api, **{**DOG, "id": "a/b ü"})
    assert made.headers["location"].endswith("/stubs/a%2Fb%20%C3%BC")
    assert api.get(f"{STUBS}/a%2Fb%20%C3%BC").json()["key"] == "a/b ü"


def test_lists_come_in_pages_and_filtered(api: TestClient) -> None:
    send(api, id="one", match="getPet", respond=200, name="First Straße")
    send(api, id="two", match={"method": "GET", "path": "/pets"}, respond=200)
    send(api, id="three_3", match={"method": "POST", "path": "/shops/100%"}, respond=200)
    assert keys(api) == ["one", "two", "three_3"]
    first = api.get(STUBS, params={"limit": 2}).json()
    second = api.get(STUBS, params={"limit": 2, "cursor": first["next"]}).json()
    assert [item["key"] for item in (*first["items"], *second["items"])] == ["one", "two", "three_3"]
    assert second["next"] is None
    assert keys(api, method="get") == ["one", "two"]
    assert keys(api, path="/pets") == ["two"]
    assert keys(api, path="/pets*") == ["one", "two"]
    assert keys(api, operation="listPets") == ["two"]
    assert keys(api, operation="GET /pets/{petId}") == ["one"]
    assert keys(api, q="FIRST STRASSE") == ["one"]
    assert keys(api, q="100%") == ["three_3"]
    assert keys(api, q="e_3") == ["three_3"]
    assert keys(api, origin="api") == ["one", "two", "three_3"]
    assert keys(api, origin="import") == []
    assert api.get(STUBS, params={"q": "\u0000"}).status_code == 422
    assert api.get(STUBS, params={"cursor": "x"}).json()["code"] == "api.cursor_invalid"


def test_nobody_sees_or_changes_another_organizations_stubs(api: TestClient, world: World) -> None:
    send(api, **DOG)
    for workspace in ("pets", world.workspace.id):
        url, other = f"/workspaces/{workspace}/stubs", {"Who": "other"}
        answers = [
            api.get(url, headers=other),
            api.post(url, json={"document": DOG}, headers=other),
            api.post(f"{url}/bulk", json={"items": [{"action": "delete", "id": "dog"}]}, headers=other),
            api.get(f"{url}/dog", headers=other),
            api.put(f"{url}/dog", json={"document": DOG}, headers=other),
            api.patch(f"{url}/dog", json={}, headers=other),
            api.delete(f"{url}/dog", headers=other),
        ]
        assert [answer.status_code for answer in answers] == [404] * 7
        assert {answer.json()["code"] for answer in answers} == {"workspace.unknown"}
    assert api.post(STUBS, json={"document": {**DOG, "id": "b"}}, headers={"Role": "viewer"}).status_code == 403
    assert api.get(f"{STUBS}/dog", headers={"Role": "viewer"}).status_code == 200
    assert api.get(f"{STUBS}/nobody").json()["code"] == "mocking.unknown"


def test_bulk_does_what_it_can_as_one_change(api: TestClient, world: World) -> None:
    send(api, **DOG)
    send(api, id="old", match="GET /pets", respond=200)
    items = [
        {"action": "create", "document": {"id": "new", "match": "GET /pets", "respond": 201}},
        {"action": "create", "document": DOG},
        {"action": "update", "id": "dog", "document": {**DOG, "respond": 404}},
        {"action": "update", "id": "dog", "version": 1, "document": DOG},
        {"action": "delete", "id": "old"},
        {"action": "delete", "id": "nobody"},
        {"action": "create", "document": {"id": "bad", "match": "getPets"}},
        {"action": "update", "id": "dog"},
        {
            "action": "create",
            "document": {"id": "filed", "match": "GET /pets", "respond": {"file": "a.txt"}},
            "files": {"a.txt": "aGk="},
        },
    ]
    before = len(world.events("config.changed"))
    shown = api.post(f"{STUBS}/bulk", json={"items": items}).json()
    assert [each["status"] for each in shown["results"]] == [201, 409, 200, 412, 204, 404, 422, 422, 201]
    assert (shown["succeeded"], shown["failed"]) == (4, 5)
    assert shown["results"][6]["problem"]["errors"][0]["pointer"] == "/document/match/operation"
    (event,) = world.events("config.changed")[before:]
    assert (event["created"], event["updated"], event["deleted"]) == (["new", "filed"], ["dog"], ["old"])
    assert sorted(keys(api)) == ["dog", "filed", "new"]


def test_a_stub_deleted_and_made_again_in_one_bulk_is_the_new_one(api: TestClient) -> None:
    send(api, **DOG)
    items = [{"action": "delete", "id": "dog"}, {"action": "create", "document": {**DOG, "respond": 404}}]
    assert api.post(f"{STUBS}/bulk", json={"items": items}).json()["failed"] == 0
    made = api.get(f"{STUBS}/dog").json()
    assert (made["document"]["respond"], made["version"]) == (404, 1)
    items = [{"action": "create", "document": {**DOG, "id": "x"}}, {"action": "delete", "id": "x"}]
    assert api.post(f"{STUBS}/bulk", json={"items": items}).json()["failed"] == 0
    assert keys(api) == ["dog"]


def test_texts_that_a_database_cannot_hold_do_no_harm(api: TestClient) -> None:
    made = send(api, id="nul", name="a\u0000b", match={"path": "/x\u0000y"}, respond={"text": "\u0000"})
    assert made.status_code in (201, 422), made.text
    named = send(api, id="named", name="a\u0000b", match="GET /pets", respond={"text": "\u0000"})
    assert (named.status_code, named.json()["document"]["name"], named.json()["name"]) == (201, "a\0b", "ab")
    assert send(api, id="a\u0000b", match="GET /pets", respond=200).status_code == 422
    items = [{"action": "delete", "id": "a\u0000b"}, {"action": "update", "id": "a\u0000b", "document": DOG}]
    assert [each["status"] for each in api.post(f"{STUBS}/bulk", json={"items": items}).json()["results"]] == [404, 404]


def test_a_thousand_stubs_in_one_request(sqlite_api: TestClient) -> None:
    def items(action: str, status: int) -> list[dict[str, Any]]:
        return [
            {
                "action": action,
                "id": f"s{number}",
                "document": {"id": f"s{number}", "match": f"GET /x/{number}", "respond": {"status": status}},
            }
            for number in range(1_000)
        ]

    for action, status in (("create", 200), ("update", 201)):
        begin = perf_counter()
        shown = sqlite_api.post(f"{STUBS}/bulk", json={"items": items(action, status)}).json()
        assert (shown["succeeded"], shown["failed"]) == (1_000, 0)
        assert perf_counter() - begin < 10  # 0.6 s where nothing else runs
    gone = [{"action": "delete", "id": f"s{number}"} for number in range(1_000)]
    assert sqlite_api.post(f"{STUBS}/bulk", json={"items": gone}).json()["succeeded"] == 1_000
    assert keys(sqlite_api) == []
    assert sqlite_api.post(f"{STUBS}/bulk", json={"items": [*gone, gone[0]]}).status_code == 422
