"""Every refusal is a problem document whose status is the real one, and names what was wrong."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from api_world import World
from catalogue import EXAMPLES, OPERATIONS, changes, has_body, names

BODIES = names(has_body)
FOREIGN_FORMATS = {"mocking.import_stubs": "takes other tools' documents", "events.create_events": "takes CloudEvents"}


def is_problem(reply: httpx.Response, status: int, code: str = "") -> dict[str, Any]:
    """Check a refusal; return it."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"].partition(";")[0] == "application/problem+json"
    found: dict[str, Any] = reply.json()
    assert found["status"] == status
    assert found["type"] == f"urn:mockops:problem:{found['code']}"
    assert found["title"]
    assert len(found["detail"]) > 10
    if code:
        assert found["code"] == code
    return found


@pytest.mark.parametrize("name", names())
def test_nobody_gets_nothing(world: World, name: str) -> None:
    operation = world.operations[name]
    call = EXAMPLES[name].make(world.mine)
    for who, headers, code in (
        ("", {}, "access.not_authenticated"),
        ("", {"Authorization": "Bearer mko_" + "0" * 40}, "access.not_authenticated"),
        ("gateway", {}, "access.gateway_only"),
    ):
        reply = world.perform(operation, call, who, **headers)
        is_problem(reply, 401 if code == "access.not_authenticated" else 403, code)
        if reply.status_code == 401:
            assert reply.headers["www-authenticate"].startswith("Bearer")
    is_problem(world.perform(operation, call, "", Authorization="Basic eDp5"), 400, "api.header_invalid")
    is_problem(world.perform(operation, call, "admin", MockOps_Org="rival"), 404, "organization.unknown")


@pytest.mark.parametrize("name", names(changes))
def test_viewers_change_nothing(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    reply = world.perform(operation, call, "viewer")
    if name in ("workspaces.revoke_token", "workspaces.delete_organization"):  # others' are not even told of
        is_problem(reply, 404)
    else:
        is_problem(reply, 403)
    if example.who == "root":
        is_problem(world.perform(operation, call, "admin"), 404 if operation.method == "DELETE" else 403)


@pytest.mark.parametrize("name", [name for name in BODIES if name not in FOREIGN_FORMATS])
def test_unknown_members_are_refused_where_they_are(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    reply = world.client(example.who).request(
        operation.method,
        operation.fill(call.params),
        params=call.query,
        json={**call.body, "surprise": 1},
    )
    found = is_problem(reply, 422)
    assert "/surprise" in [each["pointer"] for each in found["errors"]], found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (name, content)
        for name in BODIES
        for content in (b"{", b"[]", b'"x"', b"\xff\xfe", b'{"a":\x00}', b"", b"null")
        if content not in (b"", b"null") or OPERATIONS[name].document["requestBody"].get("required")
    ],
)
def test_bodies_that_are_none_are_refused(world: World, name: str, content: bytes) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    content_type = call.headers.get("Content-Type", "application/json")
    reply = world.client(example.who).request(
        operation.method,
        operation.fill(call.params),
        params=call.query,
        content=content,
        headers={"Content-Type": content_type},
    )
    assert reply.status_code in (400, 422), reply.text
    is_problem(reply, reply.status_code)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_past_the_bound_are_refused_unread(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    connection = http.client.HTTPConnection(urlsplit(world.url).netloc, timeout=30)
    try:
        connection.putrequest(operation.method, operation.fill(call.params))
        connection.putheader("Authorization", f"Bearer {world.tokens[example.who]}")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(1 << 30))
        connection.endheaders()
        reply = connection.getresponse()
        found = httpx.Response(reply.status, headers=dict(reply.getheaders()), content=reply.read())
    finally:
        connection.close()
    is_problem(found, 413, "api.body_too_large")


@pytest.mark.parametrize("name", ["workspaces.create_team", "events.create_events"])
def test_bodies_of_unsaid_length_are_bounded_as_well(world: World, name: str) -> None:
    operation = world.operations[name]
    call = EXAMPLES[name].make(world.mine)

    def pieces() -> Any:
        for _ in range(3):
            yield b" " * (1 << 20)

    reply = world.client("admin").request(
        operation.method,
        operation.fill(call.params),
        content=pieces(),
        headers={"Content-Type": "application/json"},
    )
    is_problem(reply, 413, "api.body_too_large")


def test_what_does_not_exist_is_a_problem_as_well(world: World) -> None:
    is_problem(world.ask("admin", "GET", "/nothing"), 404, "api.no_such_path")
    is_problem(world.ask("admin", "TRACE", "/teams"), 405, "api.method_not_allowed")
    is_problem(world.client("admin").get("/elsewhere"), 404, "api.no_such_path")


def test_unknown_query_parameters_are_ignored(world: World) -> None:
    assert world.ask("admin", "GET", "/teams?surprise=1").status_code == 200


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"NONSENSE\r\n\r\n", 400, "api.not_http"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 2_000_000, 431, "api.head_too_large"),
        (b"GET /" + b"x" * 2_000_000, 431, "api.head_too_large"),
    ],
    ids=("words", "headers", "path"),
)
def test_what_is_no_http_is_a_problem_as_well(world: World, sent: bytes, status: int, code: str) -> None:
    address = urlsplit(world.url)
    reply = b""
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as connection:
        with suppress(ConnectionError):  # it is not read to its end
            connection.sendall(sent)
        with suppress(ConnectionError):  # and then the reset may overtake the answer
            while piece := connection.recv(65536):
                reply += piece
    head, _, body = reply.partition(b"\r\n\r\n")
    if len(sent) < 100 or reply:
        assert head.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"application/problem+json" in head
        assert json.loads(body)["code"] == code
