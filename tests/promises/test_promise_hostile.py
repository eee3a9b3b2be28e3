"""What is sent to do harm, or by mistake, is refused with every problem named, and nobody else notices."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx
import pytest
from api_world import CONTRACT, World, bundle, fresh, stub
from catalogue import EXAMPLES, answers, has_body, names

DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
NESTED = b'{"a":' * 100 + b"1" + b"}" * 100
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)
)
HOSTILE_TEXTS = ["\x00", "a\x00b", "\ud800", "x" * 100_000, "../../etc/passwd", "\u202e", "' OR 1=1 --"]
HOSTILE_VALUES: list[Any] = [10**400, -(10**30), 1e308, True, [], {}, None, "", [[]] * 10, *HOSTILE_TEXTS]


def refused(reply: httpx.Response, *among: int) -> dict[str, Any]:
    """Check that a request was refused, and how; return the problem."""
    assert reply.status_code in (among or (400, 404, 409, 413, 422)), reply.text[:2000]
    assert reply.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = reply.json()
    assert found["detail"]
    return found


@pytest.mark.parametrize(
    "name",
    [
        "../up.yaml",
        "/etc/passwd",
        "a/../../b",
        "..",
        ".",
        "",
        "a\\..\\b",
        "C:\\x",
        "a\x00b",
        "a//b",
        "./a",
        "a/",
    ],
)
def test_files_of_a_contract_stay_inside(world: World, name: str) -> None:
    good = bundle()
    for body in (
        {"root": good["root"], "files": {**good["files"], name: "x: 1"}},
        {"root": name, "files": {name: good["files"]["openapi.json"]}},
    ):
        found = refused(world.ask("admin", "POST", "/contracts", json=body), 422)
        assert found["code"] == "contract.bundle_invalid"
        assert found["errors"], "it says which name"


@pytest.mark.parametrize(
    "reference", ["file:///etc/passwd", "../../../../etc/passwd", "/etc/passwd", "http://10.0.0.1/x"]
)
def test_references_reach_nothing_outside(world: World, reference: str) -> None:
    document = {
        **CONTRACT,
        "paths": {"/x": {"get": {"responses": {"200": {"$ref": reference + "#/root"}}}}},
    }
    body = {"root": "a.json", "files": {"a.json": json.dumps(document)}}
    reply = world.ask("admin", "POST", "/contracts", json=body)
    assert reply.status_code in (201, 422), reply.text
    assert "root:x:0" not in reply.text
    assert reference in reply.text, "the answer names the reference that leads nowhere"


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../x", "\x00"])
def test_files_of_stubs_stay_inside(world: World, path: str) -> None:
    workspace = world.mine.workspace()
    document = {**stub(fresh("s")), "respond": {"file": path}}
    found = refused(world.ask("admin", "POST", f"/workspaces/{workspace}/stubs", json={"document": document}), 422)
    assert found["errors"]
    item = {"key": "a", "document": document, "path": path}
    project = {"name": "p", "workspaces": [{"name": fresh("w"), "stubs": [item]}]}
    refused(world.ask("admin", "POST", "/projects/apply", json={"project": project}), 422)


def test_a_yaml_bomb_is_refused_soon(world: World) -> None:
    began_s = time.monotonic()
    for kind in ("application/yaml", "application/json"):
        body = f"openapi: 3.0.3\ninfo: {{title: x, version: '1'}}\npaths: {{}}\nx-bomb:\n  k: 1\n{BOMB}".encode()
        refused(world.ask("admin", "POST", "/contracts", content=body, headers={"Content-Type": kind}))
    workspace = world.mine.workspace()
    for form in ("postman", "har", "wiremock", "mockoon"):
        for kind in ("application/yaml", "application/json"):
            path = f"/workspaces/{workspace}/imports/{form}"
            refused(world.ask("admin", "POST", path, content=BOMB.encode(), headers={"Content-Type": kind}))
    assert time.monotonic() - began_s < 30


@pytest.mark.parametrize("name", names(has_body))
def test_deep_bodies_are_refused(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    kind = call.headers.get("Content-Type", "application/json")
    for content in (DEEP, NESTED, b"[" * 50_000, b'{"' + b"k" * 100_000 + b'":1}'):
        reply = world.client(example.who).request(
            operation.method, operation.fill(call.params), content=content, headers={"Content-Type": kind}
        )
        refused(reply)


def _leaves(body: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(body, dict):
        return [place, *(each for key, value in body.items() for each in _leaves(value, (*place, key)))]
    if isinstance(body, list):
        return [place, *(each for key, value in enumerate(body) for each in _leaves(value, (*place, key)))]
    return [place]


def _with(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copied = body.copy()
    copied[place[0]] = _with(body[place[0]], place[1:], value)
    return copied


@pytest.mark.parametrize(
    "name", names(lambda operation, example: has_body(operation, example) and example.who != "root")
)
def test_odd_values_break_nothing(each_world: World, name: str) -> None:
    """Whatever stands in whatever place of a body, it is taken or refused: nothing fails."""
    world = each_world
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    if call.body is None:
        assert name == "mocking.deprecate_workspace_scenario", "give it a body in the catalogue"
    kind = call.headers.get("Content-Type", "application/json")
    places = [place for place in _leaves(call.body) if place][: 12 if world.is_sqlite else 5]
    for number, place in enumerate(places):
        for value in HOSTILE_VALUES[number % 3 :: 3]:
            content = json.dumps(_with(call.body, place, value)).encode()
            reply = world.client("admin").request(
                operation.method,
                operation.fill(call.params),
                params=call.query,
                content=content,
                headers={"Content-Type": kind},
            )
            assert reply.status_code < 500, (place, repr(value)[:60], reply.text)
            if not reply.is_success:
                refused(reply, reply.status_code)


@pytest.mark.parametrize(
    "name", names(lambda operation, example: answers(operation, example) and "parameters" in operation.document)
)
def test_odd_words_in_paths_and_queries_break_nothing(each_world: World, name: str) -> None:
    world = each_world
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    queries = [each["name"] for each in operation.document.get("parameters", ()) if each.get("in") == "query"]
    texts = ("%00", "9" * 400, "%ED%A0%80", "%FF", "%2e%2e%2f", "a" * 5000, "%F0%9F%92%A9")
    for text in texts if world.is_sqlite else texts[:2]:
        for parameter in call.params:
            path = operation.path.replace(f"{{{parameter}}}", text)
            for other, value in call.params.items():
                path = path.replace(f"{{{other}}}", value)
            reply = world.client(example.who).request(operation.method, path, json=call.body)
            assert reply.status_code < 500, (text, reply.text)
        if operation.method == "GET" and queries:
            query = "&".join(f"{each}={text}" for each in queries if each != "wait")
            reply = world.client(example.who).get(f"{operation.fill(call.params)}?{query}")
            assert reply.status_code < 500, (text, reply.text)


@pytest.mark.parametrize(
    ("path", "document"),
    [("/personas/bulk", {"name": "x"}), ("/members/bulk", {"email": "a@b.c"}), ("stubs", stub("x"))],
)
def test_a_bulk_has_a_thousand_items_at_most(world: World, path: str, document: dict[str, Any]) -> None:
    path = f"/workspaces/{world.mine.workspace()}/stubs/bulk" if path == "stubs" else path
    items = [{"action": "create", "document": document}] * 1001
    found = refused(world.ask("admin", "POST", path, json={"items": items}), 422)
    assert found["errors"][0]["pointer"] == "/items"
    refused(world.ask("admin", "POST", path, json={"items": []}), 422)


def test_every_problem_of_a_body_is_named(world: World) -> None:
    body = {"name": 5, "title": [], "labels": "x", "surprise": 1, "team": {}}
    found = refused(world.ask("admin", "POST", "/workspaces", json=body), 422)
    assert {each["pointer"] for each in found["errors"]} == {"/name", "/title", "/labels", "/surprise", "/team"}
    document = {"id": "x", "match": {"method": 5, "pth": "/x"}, "respond": {"status": "many"}, "times": "a"}
    workspace = world.mine.workspace()
    found = refused(world.ask("admin", "POST", f"/workspaces/{workspace}/stubs", json={"document": document}), 422)
    assert len({each["pointer"] for each in found["errors"]}) >= 3, found


def test_a_hostile_contract_keeps_nobody_waiting(world: World) -> None:
    """A schema that fans out without end is compiled beside the API, and bounded."""
    schemas: dict[str, Any] = {
        f"S{n}": {
            "type": "object",
            "properties": {f"p{m}": {"$ref": f"#/components/schemas/S{(n * 7 + m) % 900}"} for m in range(60)},
        }
        for n in range(900)
    }
    paths = {
        f"/p{n}/{{id}}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "x",
                        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/S{n % 900}"}}},
                    }
                },
            }
        }
        for n in range(2500)
    }
    document = {**CONTRACT, "paths": paths, "components": {"schemas": schemas}}
    body = {"root": "a.json", "files": {"a.json": json.dumps(document)}}
    done = threading.Event()
    replies: list[httpx.Response] = []

    def send() -> None:
        with httpx.Client(base_url=world.url, timeout=120) as client:
            headers = {"Authorization": f"Bearer {world.tokens['admin']}"}
            replies.append(client.post("/api/v1/contracts", json=body, headers=headers))
        done.set()

    thread = threading.Thread(target=send)
    thread.start()
    slowest_s = 0.0
    count = 0
    while not done.is_set() and count < 2000:
        began_s = time.monotonic()
        assert world.ask("admin", "GET", "/teams?limit=1").status_code == 200
        slowest_s = max(slowest_s, time.monotonic() - began_s)
        count += 1
    thread.join(120)
    assert replies[0].status_code in (201, 422), replies[0].text[:500]
    assert count > 20, "it took a while"
    assert slowest_s < 1.0
