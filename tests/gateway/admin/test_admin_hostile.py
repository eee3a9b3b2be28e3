"""The admin port under load and under spying eyes."""

from __future__ import annotations

import json
import time

import pytest

from mockops.core.redact import Secrets
from mockops.mocking.importers.stubs import stub_from_json
from mockops.mocking.rules import buckets
from mockops.mocking.rules.lookup import StubIndex

MANY = 3_000
SECONDS = 3.0
"""Far more than any takes, far less than each took."""
HUSH = "hush"


async def test_secrets_in_bodies_are_masked_wherever_they_are_shown(port):
    stub = {"match": {"path": "/login"}, "respond": {"json": {"access_token": HUSH, "expires_in": 60}}}
    await port.admin.post("/api/v1/stubs?target=pets", json=stub)
    told = {"user": "ann", "password": HUSH, "inner": [{"client_secret": HUSH, "pin_code": 1}], "token": HUSH}
    await port.mock.post("/@pets/login?token=hush&page_token=2", json=told)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    await port.mock.post("/@pets/login", content="user=ann&password=hush", headers=form)
    await port.mock.post("/@pets/login", content=json.dumps(told | {"more": "x" * 20_000}))
    for where in ("/api/v1/requests", "/api/v1/requests?body_bytes=30", "/__admin/requests"):
        answer = await port.admin.get(where)
        assert answer.status_code == 200
        assert HUSH not in answer.text, where
    _, posted, sent = (await port.admin.get("/api/v1/requests")).json()["requests"]
    assert posted["request"]["body"]["value"] == "user=ann&password=***"
    masked = {"user": "ann", "password": "***", "inner": [{"client_secret": "***", "pin_code": 1}], "token": "***"}
    assert sent["request"]["body"]["value"] == masked
    assert sent["response"]["body"]["value"] == {"access_token": "***", "expires_in": 60}
    assert sent["request"]["query"] == {"token": "***", "page_token": "2"}
    found = await port.admin.post("/api/v1/requests/count", json={"body": {"json_path": {"$.password": HUSH}}})
    assert found.json()["count"] == 2


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"password" : 5, "a": 5}', b'{"password" : "***", "a": 5}'),
        (b'{"password": "with \\" quote", "a": 1}', b'{"password": "***", "a": 1}'),
        (b'{"password": "cut o', b'{"password": "***"'),
        (b'{"password": "cut \\', b'{"password": "***"'),
        (b'{"api_key": null, "passwords": {"a": "b"}}', b'{"api_key": "***", "passwords": {"a": "b"}}'),
        (b'[{"next_token": "2"}]', b'[{"next_token": "2"}]'),
    ],
)
def test_members_of_telling_names_are_masked(body, shown):
    assert Secrets().body(body, "application/json") == shown


def test_masking_takes_little_time():
    before = time.process_time()
    for body in (b'{"a":"' * 100_000, b'"\\' * 300_000, b'{"password":"' + b"\\" * 1_000_000):
        Secrets().body(body, "application/json")
    assert time.process_time() - before < SECONDS


async def test_many_stubs_come_and_go_in_little_time(port):
    stubs = [{"id": f"s{n}", "match": {"path": f"/s/{n}"}, "respond": {}} for n in range(MANY)]
    mappings = [{"request": {"urlPath": f"/w/{n}"}, "response": {"status": 200}} for n in range(MANY)]
    before = time.process_time()
    assert (await port.admin.post("/api/v1/stubs?target=pets", json=stubs)).status_code == 201
    assert (await port.admin.get("/api/v1/stubs")).json()["total"] > MANY
    assert (await port.admin.delete("/api/v1/stubs")).status_code == 204
    for _ in range(2):
        answer = await port.admin.post(
            "/__admin/mappings/import", headers={"MockOps-Target": "pets"}, json={"mappings": mappings}
        )
        assert answer.status_code == 200, answer.text
    assert time.process_time() - before < 3 * SECONDS


async def test_a_body_of_too_many_values_is_refused_before_it_is_read(port):
    before = time.process_time()
    content = b"[" + b"[]," * 2_000_000 + b"1]"
    headers = {"Content-Type": "application/json"}
    answer = await port.admin.post("/api/v1/stubs", content=content, headers=headers)
    assert time.process_time() - before < SECONDS
    assert (answer.status_code, answer.json()["code"]) == (400, "admin.body_not_json")
    assert "500,000" in answer.json()["detail"]


async def test_a_query_of_many_parameters_is_shown_in_little_time(port):
    await port.mock.get("/@pets/pets?" + "&".join(f"a{n}" for n in range(8_000)))
    before = time.process_time()
    assert (await port.admin.get("/__admin/requests")).status_code == 200
    assert time.process_time() - before < SECONDS


def test_expressions_that_are_too_large_together_are_tried_one_by_one(monkeypatch):
    monkeypatch.setattr(buckets, "_SET_MEMORY_BYTES", 1 << 14)
    index = StubIndex()
    for number in range(50):
        match = {"path_regex": f"/n{number}/[a-z]{{1,50}}"}
        index.add(stub_from_json({"id": f"r{number}", "match": match, "respond": {}}))
    found = index._by_regex.find("/n7/abc", "/n7/abc")
    assert [entry.stub.id for bucket in found for entry in bucket] == ["r7"]
    index.remove("r7")
    assert index._by_regex.find("/n7/abc", "/n7/abc") == []
    index.add(stub_from_json({"id": "r7", "match": {"path_regex": "/n7/[a-z]{1,50}"}, "respond": {}}))
    assert len(index._by_regex.find("/n7/abc", "/n7/abc")) == 1
