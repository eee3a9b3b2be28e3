"""Stubs through the admin port: added, shown with their hits, replaced, removed; those of files are read only."""

from __future__ import annotations

import msgspec
import pytest

from mockops.publishing.model import Snapshot
from mockops.workspaces.model.settings import Settings

STUB = {"match": {"method": "GET", "path": "/pets/{id}"}, "respond": {"json": {"id": "stubbed"}}}


async def add(port, stub, **query):
    return await port.admin.post("/api/v1/stubs", json=stub, params={"target": "pets"} | query)


async def test_an_added_stub_answers_at_once_and_counts_its_hits(port):
    assert (await port.mock.get("/@pets/pets/1")).json() == {"id": 1}
    added = await add(port, STUB)
    assert added.status_code == 201
    (stub_id,) = added.json()["ids"]
    assert added.headers["location"] == f"/api/v1/stubs/{stub_id}"
    for _ in range(3):
        assert (await port.mock.get("/@pets/pets/1")).json() == {"id": "stubbed"}
    shown = (await port.admin.get(f"/api/v1/stubs/{stub_id}")).json()
    assert (shown["hits"], shown["read_only"], shown["source"], shown["target"]) == (3, False, "api", "pets")
    assert shown["stub"] == {"id": stub_id, **STUB}


async def test_what_is_shown_can_be_sent_back(port):
    stub = {
        "name": "everything",
        "match": {
            "method": "POST",
            "path": "/pets",
            "query": {"a": "1", "b": {"regex": "x+"}},
            "headers": {"x-a": {"present": False}},
            "body": {"json_path": {"$.name": "Rex"}},
        },
        "respond": {"status": 201, "headers": {"X-A": ["1", "2"]}, "json": {"empty": {}, "null": None, "zero": 0}},
        "delay": {"uniform": ["1ms", "2ms"]},
        "priority": 2,
        "times": 9,
        "set_state": {"door": "open"},
    }
    (first,) = (await add(port, stub)).json()["stubs"]
    again = await port.admin.put(f"/api/v1/stubs/{first['id']}?target=pets", json=first["stub"])
    assert again.status_code == 200, again.text
    assert again.json() == first


async def test_a_list_is_added_whole_or_not_at_all(port):
    good = {"match": {"path": "/a"}, "respond": {"status": 204}}
    bad = {"match": {"path": "/b", "headres": {}}, "respond": {"status": 999, "json": 1, "text": "2"}}
    answer = await add(port, [good, bad, 5])
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    pointers = {each["pointer"] for each in problems}
    assert {"/1/match/headres", "/1/respond/status", "/1/respond", "/2"} <= pointers
    assert any("headers" in each["message"] + each.get("hint", "") for each in problems)
    assert (await port.admin.get("/api/v1/stubs?source=api")).json()["total"] == 0
    both = await add(port, [good, {**good, "id": "b"}])
    assert [each["target"] for each in both.json()["stubs"]] == ["pets", "pets"]
    clash = await add(port, [good, {**good, "id": "b"}])
    assert (clash.status_code, clash.json()["code"]) == (409, "admin.stub_exists")
    assert (await port.admin.get("/api/v1/stubs?source=api")).json()["total"] == 2


async def test_where_several_targets_are_served_one_is_named(port):
    unsaid = await port.admin.post("/api/v1/stubs", json=STUB)
    assert (unsaid.status_code, unsaid.json()["targets"]) == (400, ["pets@dev", "bare@test"])
    unknown = await port.admin.post("/api/v1/stubs", json={"target": "pet", **STUB})
    assert unknown.status_code == 404
    assert "did you mean 'pets'" in unknown.json()["detail"]
    for kwargs in ({"json": {"target": "bare@test", **STUB}}, {"json": STUB, "headers": {"MockOps-Target": "bare"}}):
        assert (await port.admin.post("/api/v1/stubs", **kwargs)).status_code == 201
    assert (await port.mock.get("/@bare/pets/1")).json() == {"id": "stubbed"}
    assert (await port.mock.get("/@pets/pets/1")).json() == {"id": 1}
    assert (await port.admin.get("/api/v1/stubs?target=bare")).json()["total"] == 2


async def test_stubs_of_one_session_stay_among_themselves(port):
    await add(port, STUB, session="job-1")
    mine = {"MockOps-Session": "job-1"}
    assert (await port.mock.get("/@pets/pets/1", headers=mine)).json() == {"id": "stubbed"}
    assert (await port.mock.get("/@pets/pets/1")).json() == {"id": 1}
    assert (await port.admin.get("/api/v1/stubs?session=job-1")).json()["total"] == 1
    assert (await port.admin.delete("/api/v1/stubs?session=job-2")).status_code == 204
    assert (await port.admin.get("/api/v1/stubs?session=job-1")).json()["total"] == 1
    assert (await port.admin.delete("/api/v1/stubs?session=job-1")).status_code == 204
    assert (await port.mock.get("/@pets/pets/1", headers=mine)).json() == {"id": 1}


async def test_put_adds_or_replaces_under_its_id(port):
    made = await port.admin.put("/api/v1/stubs/mine?target=pets", json=STUB)
    assert (made.status_code, made.json()["id"]) == (201, "mine")
    other = {**STUB, "respond": {"json": {"id": "other"}}}
    assert (await port.admin.put("/api/v1/stubs/mine?target=pets", json=other)).status_code == 200
    assert (await port.mock.get("/@pets/pets/1")).json() == {"id": "other"}
    wrong = await port.admin.put("/api/v1/stubs/mine?target=pets", json={"id": "yours", **STUB})
    assert wrong.json()["problems"][0]["pointer"] == "/id"
    assert (await port.admin.delete("/api/v1/stubs/mine")).status_code == 204
    assert (await port.mock.get("/@pets/pets/1")).json() == {"id": 1}
    gone = await port.admin.get("/api/v1/stubs/mine")
    assert gone.status_code == 404


async def test_a_stub_of_a_file_is_changed_in_the_file(port):
    for method, kwargs in (("DELETE", {}), ("PUT", {"json": STUB})):
        answer = await port.admin.request(method, "/api/v1/stubs/from-file?target=pets", **kwargs)
        assert (answer.status_code, answer.json()["file"]) == (409, "stubs/seven.yaml:3")
        assert "stubs/seven.yaml:3" in answer.json()["detail"]
    clash = await add(port, {"id": "from-file", **STUB})
    assert clash.status_code == 409
    await port.admin.delete("/api/v1/stubs")
    listed = (await port.admin.get("/api/v1/stubs?source=stubs/seven.yaml")).json()["stubs"]
    assert [(each["id"], each["read_only"]) for each in listed] == [("from-file", True)]


async def test_unused_stubs_are_those_not_hit_since_the_reset(port):
    await add(port, {"id": "used", **STUB})

    async def unused():
        return {each["id"] for each in (await port.admin.get("/api/v1/stubs/unused")).json()["stubs"]}

    assert await unused() == {"used", "from-file"}
    await port.mock.get("/@pets/pets/1")
    assert await unused() == {"from-file"}
    await port.admin.post("/api/v1/reset/requests")
    assert await unused() == {"used", "from-file"}
    metrics = (await port.admin.get("/metrics")).text
    assert 'operation="GET /pets/{petId}",status="200",source="mock"} 1' in metrics


async def test_a_removed_stub_takes_its_hits_along(port):
    await add(port, {"id": "again", **STUB})
    await port.mock.get("/@pets/pets/1")
    await port.admin.delete("/api/v1/stubs/again")
    await add(port, {"id": "again", **STUB})
    assert (await port.admin.get("/api/v1/stubs/again")).json()["hits"] == 0


async def test_added_stubs_outlive_a_reload(port):
    await add(port, STUB)
    served = tuple(target.snapshot for target in port.gateway.table)
    changed = msgspec.structs.replace(served[0], settings=Settings(seed=5))
    port.gateway.apply(Snapshot(targets=(changed, *served[1:]), revision=4))
    assert (await port.mock.get("/@pets/pets/1")).json() == {"id": "stubbed"}
    assert (await port.admin.get("/ready")).json()["revision"] == 4


async def test_a_stub_that_cannot_be_used_changes_nothing(port):
    answer = await add(port, {"match": {"operation": "lstPets"}, "respond": {"status": 200}})
    assert answer.status_code == 422
    assert "listPets" in answer.json()["detail"]
    broken = await add(port, {"match": {"path": "/a", "query": {"x": {"regex": "("}}}, "respond": {"status": 200}})
    assert broken.status_code == 422, broken.text
    assert (await port.admin.get("/api/v1/stubs?source=api")).json()["total"] == 0


async def test_added_stubs_are_bounded(port, monkeypatch):
    from mockops.gateway.admin import added

    monkeypatch.setattr(added, "MAX_ADDED", 2)
    for number in range(2):
        assert (await add(port, {"id": f"s{number}", **STUB})).status_code == 201
    full = await add(port, {"id": "s2", **STUB})
    assert (full.status_code, full.json()["code"]) == (409, "admin.too_many_stubs")
    assert (await port.admin.put("/api/v1/stubs/s1?target=pets", json=STUB)).status_code == 200
    large = await add(port, {"match": {"path": "/l"}, "respond": {"text": "x" * (added.MAX_STUB_BYTES + 1)}})
    assert large.status_code in (409, 413)


@pytest.mark.parametrize("body", ["text", 5, [None], True])
async def test_what_is_no_stub_is_refused(port, body):
    answer = await add(port, body)
    assert answer.status_code == 422
    assert answer.json()["problems"]
