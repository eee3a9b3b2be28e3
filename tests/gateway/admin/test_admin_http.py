"""How the admin port takes requests: what is unknown is refused by name, strangers are refused at all."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from mockops.gateway.admin import guard
from mockops.gateway.admin.table import ROUTES


async def test_the_root_says_where_to_go_on(port):
    answer = await port.admin.get("/")
    assert answer.status_code == 200
    links = answer.json()["links"]
    assert set(links) == {"health", "ready", "state", "metrics", "openapi", "stubs", "requests"}
    for path in links.values():
        assert (await port.admin.get(path)).status_code == 200, path


@pytest.mark.parametrize("path", ["/api/v1/request", "/nothing/like/it", "/" + "x" * 5000, "/__admin/mapping"])
async def test_an_unknown_path_gets_few_routes_and_the_place_of_all(port, path):
    told = (await port.admin.get(path)).json()
    assert 1 <= len(told["routes"]) <= 5
    assert told["all_routes"] == "/openapi.json"
    assert "GET /openapi.json describes all routes" in told["detail"]


async def test_an_unknown_path_gets_the_nearest_route(port):
    answer = await port.admin.get("/stubs")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "did you mean '/api/v1/stubs'" in answer.json()["detail"]
    assert "POST /api/v1/stubs" in answer.json()["routes"]


async def test_another_method_is_told_which_there_are(port):
    answer = await port.admin.patch("/api/v1/stubs", json={})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


async def test_head_is_get_without_a_body_and_the_connection_lives_on(port):
    head = await port.admin.head("/state")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 100
    assert (await port.admin.get("/health")).status_code == 200


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("limt=3", "admin.query_unknown", "did you mean 'limit'?"),
        ("limit=0", "admin.query_invalid", "from 1 to 1000"),
        ("limit=many", "admin.query_invalid", "whole number"),
        ("limit=%D9%A3", "admin.query_invalid", "whole number"),
        ("matched=perhaps", "admin.query_invalid", "true or false"),
        ("status=9", "admin.query_invalid", "from 100 to 599"),
        ("limit=3&limit=4", "admin.query_invalid", "twice"),
        ("&".join(["a=1"] * 200), "admin.query_invalid", "more than 100"),
    ],
)
async def test_query_parameters_are_checked(port, query, code, words):
    answer = await port.admin.get(f"/api/v1/requests?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{}", "text/plain", 415, "admin.media_type"),
        (b"{", "application/json", 400, "admin.body_not_json"),
        (b"\xff", "application/json", 400, "admin.body_not_json"),
        (b"[" * 100_000, "application/json", 400, "admin.body_not_json"),
        (b"", "application/json", 400, "admin.body_missing"),
    ],
)
async def test_bodies_are_checked(port, content, media_type, status, code):
    answer = await port.admin.post("/api/v1/stubs", content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_body_where_none_is_wanted_is_refused(port):
    answer = await port.admin.request("GET", "/state", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "admin.body_unwanted")


async def test_a_body_too_large_is_refused(port):
    answer = await port.admin.post(
        "/api/v1/stubs",
        content=b" " * (33 << 20),
        headers={"Content-Type": "application/json", "Expect": "100-continue"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:4001"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "10.0.0.1"}, 403),
        ({"Host": "localhost:4001"}, 200),
        ({"Host": "admin.localhost"}, 200),
        ({"Host": "[::1]:4001"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "http://[::1]:3000"}, 200),
    ],
)
async def test_only_this_machine_may_talk_to_it(port, headers, status):
    answer = await port.admin.get("/state", headers=headers)
    assert answer.status_code == status


async def test_a_page_of_this_machine_may_read_the_answer(port):
    origin = {"Origin": "http://localhost:3000"}
    asked = origin | {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = await port.admin.options("/api/v1/stubs/x", headers=asked)
    assert preflight.status_code == 204
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:3000"
    answer = await port.admin.get("/state", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    refused = await port.admin.get("/nowhere", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers


def test_more_hosts_can_be_allowed_by_name():
    assert not guard.is_host_allowed("host.docker.internal:4001")
    assert guard.is_host_allowed("Host.Docker.Internal:4001", {"host.docker.internal"})
    assert guard.is_origin_allowed("http://host.docker.internal:3000", {"host.docker.internal"})
    assert guard.is_loopback("::ffff:127.0.0.1")
    assert not guard.is_loopback("0.0.0.0")


async def test_a_failure_inside_is_told_and_the_port_lives_on(port, monkeypatch, caplog):
    monkeypatch.setattr(type(port.gateway.table), "__iter__", lambda self: 1 / 0)
    answer = await port.admin.get("/state")
    assert (answer.status_code, answer.json()["code"]) == (500, "admin.failed")
    assert "while answering GET /state" in caplog.text
    assert (await port.admin.get("/health")).status_code == 200


async def test_absolute_form_and_http_1_0_are_understood(port):
    url = port.admin.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET http://localhost/health HTTP/1.0\r\n\r\n")
    assert b"200 OK" in await reader.read()
    writer.close()
    await writer.wait_closed()


def test_operation_ids_are_unique_and_paths_are_versioned():
    ids = [route.operation_id for route in ROUTES]
    assert len(ids) == len(set(ids))
    plain = {"/", "/health", "/ready", "/state", "/metrics", "/openapi.json"}
    for route in ROUTES:
        assert route.path in plain or route.path.startswith(("/api/v1/", "/__admin/"))


async def test_every_route_answers_something_it_promises(port):
    for route in ROUTES:
        path = route.path.replace("{id}", "from-file").replace("{name}", "checkout")
        body = {"content": b"{}", "headers": {"Content-Type": "application/json"}} if route.body is not None else {}
        answer = await port.admin.request(route.method, path, **body)
        promised = {promise.status for promise in route.promises} | {400, *route.problems}
        assert answer.status_code in promised, f"{route.method} {path}: {answer.text}"
        assert isinstance(answer, httpx.Response)
