"""Requests through the admin port: listed, filtered, found, shown without secrets."""

from __future__ import annotations

import gzip

import pytest

from mockops.core.redact import Secrets


async def listed(port, **query):
    answer = await port.admin.get("/api/v1/requests", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["requests"]


async def traffic(port):
    await port.mock.get("/@pets/v1/pets", headers={"MockOps-CI-Run": "run-1"})
    await port.mock.post("/@pets/pets", json={"name": "Rex"}, headers={"MockOps-Session": "s1"})
    await port.mock.get("/@pets/pets/7")
    await port.mock.get("/@pets/cats?shop_pass=hush")
    await port.mock.get("/nowhere")


async def test_the_newest_come_first_with_why_they_were_answered(port):
    await traffic(port)
    nowhere, cats, seven, rex, all_pets = await listed(port)
    assert (nowhere["target"], nowhere["matched"], nowhere["response"]["status"]) == ("", False, 404)
    assert (cats["target"], cats["matched"]) == ("pets", False)
    assert (seven["stub"], seven["request"]["path"], seven["request"]["url"]) == (
        "from-file",
        "/pets/7",
        "/@pets/pets/7",
    )
    assert (rex["operation"], rex["session"], rex["response"]["status"]) == ("POST /pets", "s1", 201)
    assert rex["request"]["body"] == {
        "kind": "json",
        "value": {"name": "Rex"},
        "size_bytes": 14,
        "is_cut": False,
        "note": "",
    } | {"size_bytes": rex["request"]["body"]["size_bytes"]}
    assert (all_pets["ci_run"], all_pets["environment"]) == ("run-1", "dev")
    assert all_pets["response"]["body"]["value"] == [{"id": 1}]
    assert all_pets["duration_ms"] > 0


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"target": "pets"}, 4),
        ({"target": "pets@dev"}, 4),
        ({"method": "post"}, 1),
        ({"path": "/pets"}, 2),
        ({"path": "/pets/{id}"}, 1),
        ({"path": "/**"}, 5),
        ({"operation": "listPets"}, 1),
        ({"operation": "GET /pets"}, 1),
        ({"status": 404}, 2),
        ({"source": "error"}, 2),
        ({"session": "s1"}, 1),
        ({"ci_run": "run-1"}, 1),
        ({"persona": "vip"}, 0),
        ({"scenario": "checkout"}, 0),
        ({"stub": "from-file"}, 1),
        ({"matched": "true"}, 3),
        ({"matched": "false", "method": "GET"}, 2),
        ({"since": 3}, 2),
    ],
)
async def test_filters(port, query, count):
    await traffic(port)
    assert len(await listed(port, **query)) == count


async def test_pages_follow_each_other_without_gap_or_overlap(port):
    for number in range(7):
        await port.mock.get(f"/@pets/pets/{number}")
    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await port.admin.get("/api/v1/requests", params=query)).json()
        seen += [each["number"] for each in page["requests"]]
        cursor = page["next"]
        if cursor is None:
            break
        await port.mock.get("/@pets/pets")  # what comes in meanwhile is not on later pages
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_one_request_is_read_by_number_and_by_its_id(port):
    answer = await port.mock.get("/@pets/pets")
    by_id = await port.admin.get(f"/api/v1/requests/{answer.headers['mockops-request-id']}")
    by_number = await port.admin.get("/api/v1/requests/1")
    assert by_id.status_code == 200
    assert by_id.json()["number"] == 1
    assert by_number.json()["id"] == answer.headers["mockops-request-id"]
    missing = await port.admin.get("/api/v1/requests/99")
    assert (missing.status_code, missing.json()["code"]) == (404, "admin.request_not_found")


async def test_find_and_count_by_what_a_request_looks_like(port):
    await traffic(port)
    pattern = {"method": "POST", "path": "/pets", "body": {"json_path": {"$.name": "Rex"}}}
    found = (await port.admin.post("/api/v1/requests/find", json=pattern)).json()["requests"]
    assert [each["operation"] for each in found] == ["POST /pets"]
    for match, count in (
        (pattern, 1),
        ({"operation": "readPet", "params": {"petId": "7"}}, 1),
        ({"operation": "readPet", "params": {"petId": "8"}}, 0),
        ({"headers": {"mockops-ci-run": "run-1"}}, 1),
        ({"query": {"shop_pass": "hush"}}, 1),
        ({}, 5),
    ):
        answer = await port.admin.post("/api/v1/requests/count", json=match)
        assert answer.json() == {"count": count, "dropped": 0}, match


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ({"metod": "GET"}, "method"),
        ({"operation": "lstPets"}, "listPets"),
        ({"path_regex": "("}, "("),
        ({"state": {"checkout": "open"}}, "state"),
        ([], "object"),
    ],
)
async def test_what_cannot_be_looked_for_is_said(port, match, words):
    answer = await port.admin.post("/api/v1/requests/find", json=match)
    assert answer.status_code in (400, 422)
    assert words in answer.text


async def test_an_unknown_target_or_operation_in_a_filter_is_said(port):
    for query, words in (({"target": "pest"}, "pets"), ({"operation": "lstPets"}, "listPets")):
        answer = await port.admin.get("/api/v1/requests", params=query)
        assert answer.status_code in (404, 422)
        assert words in answer.json()["detail"]


async def test_unmatched_requests_say_what_came_nearest(port):
    await traffic(port)
    nowhere, cats = (await port.admin.get("/api/v1/requests/unmatched")).json()["requests"]
    assert nowhere["near_misses"] == []
    assert {near["id"] for near in cats["near_misses"]} & {"GET /pets", "GET /vault"}
    assert cats["near_misses"][0]["differences"]


async def test_secrets_are_masked_wherever_they_travel(port):
    secrets = {"Authorization": "Bearer hush", "Cookie": "sid=hush; theme=dark", "X-Api-Key": "hush"}
    secrets |= {"X-Shop-Pass": "hush", "X-Session-Token": "hush", "Proxy-Authorization": "hush"}
    await port.mock.get("/@pets/vault?shop_pass=hush&access_token=hush&page=2", headers=secrets)
    stub = {"match": {"path": "/login"}, "respond": {"headers": {"Set-Cookie": "sid=hush; Path=/"}, "text": "hi"}}
    await port.admin.post("/api/v1/stubs?target=pets", json=stub)
    await port.mock.get("/@pets/login", headers={"Authorization": "hush"})
    answer = await port.admin.get("/api/v1/requests")
    assert "hush" not in answer.text
    login, vault = answer.json()["requests"]
    assert vault["request"]["headers"]["authorization"] == "Bearer ***"
    assert vault["request"]["headers"]["cookie"] == "sid=***; theme=***"
    assert vault["request"]["headers"]["x-shop-pass"] == "***"
    assert vault["request"]["url"] == "/@pets/vault?shop_pass=***&access_token=***&page=2"
    assert vault["request"]["query"] == {"shop_pass": "***", "access_token": "***", "page": "2"}
    assert login["response"]["headers"]["Set-Cookie"] == "sid=***; Path=/"
    assert login["request"]["headers"]["authorization"] == "***"
    found = await port.admin.post("/api/v1/requests/count", json={"headers": {"authorization": "Bearer hush"}})
    assert found.json()["count"] == 1
    wiremock = await port.admin.get("/__admin/requests")
    assert "hush" not in wiremock.text


@pytest.mark.parametrize("name", ["page_token", "next_page_token", "key", "sort_key", "author", "token_type", "accept"])
def test_harmless_names_are_shown(name):
    assert Secrets().query_value(name, "v") == "v"
    assert Secrets().header(name, "v") == "v"


async def test_bodies_are_shown_as_what_they_are(port):
    stub = {"match": {"path": "/any"}, "respond": {"status": 204}}
    await port.admin.post("/api/v1/stubs?target=bare", json=stub)
    sent = {
        b"": ("empty", None),
        b'{"a": 1}': ("json", {"a": 1}),
        b'{"a": ': ("text", '{"a": '),
        "grün".encode(): ("text", "grün"),
        b"\xff\xfe": ("base64", "//4="),
        b"a\0b": ("base64", "YQBi"),
        b"[" * 900 + b"]" * 900: ("text", "[" * 900 + "]" * 900),
    }
    for body, (kind, value) in sent.items():
        await port.mock.post("/@bare/any", content=body)
        shown = (await listed(port, limit=1))[0]["request"]["body"]
        if len(body) < 1000:
            assert (shown["kind"], shown["value"], shown["size_bytes"]) == (kind, value, len(body))
        else:
            assert shown["kind"] in ("text", "json")
    large = ("ä" * 20_000).encode()
    await port.mock.post("/@bare/any", content=large)
    shown = (await listed(port, limit=1))[0]
    body = shown["request"]["body"]
    assert (body["is_cut"], body["size_bytes"], len(body["value"].encode())) == (True, 40_000, 16_384)
    assert f"/api/v1/requests/{shown['number']}?body_bytes=40000" in body["note"]
    whole = (await port.admin.get(f"/api/v1/requests/{shown['number']}?body_bytes=40000")).json()["request"]["body"]
    assert (whole["is_cut"], whole["value"]) == (False, "ä" * 20_000)


async def test_compressed_bodies_are_shown_and_found_decoded(port):
    stub = {"match": {"path": "/any"}, "respond": {"json": {"filler": "x" * 5000}}}
    await port.admin.post("/api/v1/stubs?target=bare", json=stub)
    body = gzip.compress(b'{"name": "Rex"}')
    await port.mock.post("/@bare/any", content=body, headers={"Content-Encoding": "gzip", "Accept-Encoding": "gzip"})
    (shown,) = await listed(port)
    assert shown["request"]["body"]["value"] == {"name": "Rex"}
    assert shown["response"]["headers"]["Content-Encoding"] == "gzip"
    assert shown["response"]["body"]["value"] == {"filler": "x" * 5000}
    found = await port.admin.post("/api/v1/requests/count", json={"body": {"json_subset": {"name": "Rex"}}})
    assert found.json()["count"] == 1


async def test_requests_can_be_forgotten_all_or_some(port):
    await traffic(port)
    assert (await port.admin.delete("/api/v1/requests?session=s1")).status_code == 204
    assert len(await listed(port)) == 4
    assert (await port.admin.delete("/api/v1/requests?matched=false")).status_code == 204
    assert len(await listed(port)) == 2
    assert (await port.admin.delete("/api/v1/requests")).status_code == 204
    assert await listed(port) == []


async def test_without_a_journal_there_is_nothing_to_see_and_it_says_so(port):
    port.gateway.journal = None
    assert await listed(port) == []
    assert (await port.admin.get("/state")).json()["journal"]["enabled"] is False
    assert "no journal" in (await port.admin.get("/api/v1/requests/1")).json()["detail"]
    for path in ("/api/v1/reset", "/api/v1/reset/requests", "/__admin/reset"):
        assert (await port.admin.post(path)).is_success
