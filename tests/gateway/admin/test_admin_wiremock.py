"""Suites written for WireMock find the admin routes they use."""

from __future__ import annotations

import pytest

MAPPING = {
    "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "name": "a pet",
    "request": {"method": "GET", "urlPath": "/pets/9", "queryParameters": {"full": {"equalTo": "true"}}},
    "response": {"status": 200, "jsonBody": {"id": 9}, "headers": {"Content-Type": "application/json"}},
}
PETS = {"MockOps-Target": "pets"}


async def add(port, mapping=MAPPING, **headers):
    return await port.admin.post("/__admin/mappings", json=mapping, headers=PETS | headers)


async def test_a_mapping_answers_and_is_shown_as_it_was_sent(port):
    added = await add(port)
    assert added.status_code == 201, added.text
    assert added.json() == {**MAPPING, "uuid": MAPPING["id"]}
    assert (await port.mock.get("/@pets/pets/9?full=true")).json() == {"id": 9}
    one = await port.admin.get(f"/__admin/mappings/{MAPPING['id']}")
    assert one.json() == added.json()
    listed = (await port.admin.get("/__admin/mappings")).json()
    assert listed["meta"]["total"] == 2
    assert listed["mappings"][0] == added.json()
    file_stub = listed["mappings"][1]
    assert file_stub["request"] == {"method": "GET", "urlPathTemplate": "/pets/7"}
    assert file_stub["response"] == {"status": 200, "jsonBody": {"id": 7}}
    assert len((await port.admin.get("/__admin/mappings?limit=1&offset=1")).json()["mappings"]) == 1


async def test_any_media_type_will_do_as_in_wiremock(port):
    body = b'{"request": {"url": "/x"}, "response": {"status": 201}}'
    answer = await port.admin.post("/__admin/mappings", content=body, headers=PETS | {"Content-Type": "text/plain"})
    assert answer.status_code == 201
    assert len(answer.json()["id"]) == 36
    assert (await port.mock.put("/@pets/x")).status_code == 201


async def test_a_mapping_is_replaced_and_removed(port):
    await add(port)
    path = f"/__admin/mappings/{MAPPING['id']}"
    changed = {**MAPPING, "response": {"status": 418}}
    assert (await port.admin.put(path, json=changed)).json()["response"] == {"status": 418}
    assert (await port.mock.get("/@pets/pets/9?full=true")).status_code == 418
    assert (await port.admin.delete(path)).status_code == 200
    assert (await port.mock.get("/@pets/pets/9?full=true")).status_code == 200
    assert (await port.admin.get(path)).status_code == 404
    shown = (await port.admin.get("/__admin/mappings")).json()["mappings"][0]["id"]
    refused = await port.admin.delete(f"/__admin/mappings/{shown}")
    assert (refused.status_code, refused.json()["file"]) == (409, "stubs/seven.yaml:3")


async def test_many_mappings_are_imported(port):
    other = {"request": {"url": "/other"}, "response": {"status": 202}}
    assert (
        await port.admin.post("/__admin/mappings/import", json={"mappings": [MAPPING, other]}, headers=PETS)
    ).is_success
    again = {"mappings": [{**MAPPING, "response": {"status": 410}}]}
    ignoring = again | {"importOptions": {"duplicatePolicy": "IGNORE"}}
    await port.admin.post("/__admin/mappings/import", json=ignoring, headers=PETS)
    assert (await port.mock.get("/@pets/pets/9?full=true")).status_code == 200
    await port.admin.post("/__admin/mappings/import", json=again, headers=PETS)
    assert (await port.mock.get("/@pets/pets/9?full=true")).status_code == 410
    assert (await port.mock.get("/@pets/other")).status_code == 202
    await port.admin.post("/__admin/mappings/reset")
    assert (await port.mock.get("/@pets/other")).status_code == 404


@pytest.mark.parametrize("body", [[], {"request": 5}, {"request": {"urlPathPattern": "("}, "response": {}}, "x"])
async def test_what_is_no_mapping_is_refused(port, body):
    answer = await add(port, body)
    assert answer.status_code in (400, 422), answer.text
    assert (await port.admin.get("/__admin/mappings")).json()["meta"]["total"] == 1


async def test_requests_are_counted_found_and_removed(port):
    await port.mock.post("/@pets/pets", json={"name": "Rex"}, headers={"X-A": "1", "Authorization": "Bearer hush"})
    await port.mock.get("/@pets/pets?page=2")
    pattern = {"method": "POST", "urlPath": "/pets", "bodyPatterns": [{"matchesJsonPath": "$.name"}]}
    counted = await port.admin.post("/__admin/requests/count", json=pattern)
    assert counted.json() == {"count": 1, "requestJournalDisabled": False}
    assert (await port.admin.post("/__admin/requests/count", json={"method": "ANY"})).json()["count"] == 2
    assert (await port.admin.post("/__admin/requests/count", json={"url": "/pets?page=2"})).json()["count"] == 1
    (found,) = (await port.admin.post("/__admin/requests/find", json=pattern)).json()["requests"]
    assert (found["method"], found["url"], found["headers"]["x-a"]) == ("POST", "/pets", "1")
    assert found["headers"]["authorization"] == "Bearer ***"
    assert found["body"] == '{"name":"Rex"}'
    events = (await port.admin.get("/__admin/requests")).json()
    assert [event["wasMatched"] for event in events["requests"]] == [True, True]
    event_id = events["requests"][0]["id"]
    assert (await port.admin.get(f"/__admin/requests/{event_id}")).json()["request"]["url"] == "/pets?page=2"
    assert (await port.admin.get("/__admin/requests?since=2999-01-01T00:00:00Z")).json()["requests"] == []
    assert (await port.admin.get("/__admin/requests?since=yesterday")).status_code == 400
    removed = await port.admin.post("/__admin/requests/remove", json=pattern)
    assert len(removed.json()["serveEvents"]) == 1
    assert len((await port.admin.get("/__admin/requests")).json()["requests"]) == 1
    await port.admin.delete("/__admin/requests")
    assert (await port.admin.get("/__admin/requests")).json()["meta"]["total"] == 0


async def test_unmatched_requests_and_near_misses(port):
    await port.mock.get("/@pets/pest")
    await port.mock.get("/@pets/pets")
    unmatched = (await port.admin.get("/__admin/requests/unmatched")).json()["requests"]
    assert [each["url"] for each in unmatched] == ["/pest"]
    misses = (await port.admin.get("/__admin/requests/unmatched/near-misses")).json()["nearMisses"]
    assert {each["request"]["url"] for each in misses} == {"/pest"}
    assert (await port.admin.get("/__admin/requests?unmatched=true")).json()["meta"]["total"] == 1


async def test_scenarios_are_shown_set_and_reset(port):
    for state, new, status in (("Started", "Gone", 200), ("Gone", None, 404)):
        mapping = {
            "scenarioName": "life",
            "requiredScenarioState": state,
            "request": {"url": "/cat"},
            "response": {"status": status},
        }
        await add(port, mapping | ({"newScenarioState": new} if new else {}))
    assert [(await port.mock.get("/@pets/cat")).status_code for _ in range(3)] == [200, 404, 404]
    life = {each["name"]: each for each in (await port.admin.get("/__admin/scenarios")).json()["scenarios"]}["life"]
    assert (life["state"], set(life["possibleStates"])) == ("Gone", {"Started", "Gone"})
    assert (await port.admin.post("/__admin/scenarios/reset")).status_code == 200
    assert (await port.mock.get("/@pets/cat")).status_code == 200
    assert (await port.admin.put("/__admin/scenarios/life/state", json={"state": "Started"})).status_code == 200
    assert (await port.mock.get("/@pets/cat")).status_code == 200
    assert (await port.admin.put("/__admin/scenarios/life/state", json={"state": "Dead"})).status_code == 422
    assert (await port.admin.put("/__admin/scenarios/life/state")).status_code == 200
    assert (await port.admin.put("/__admin/scenarios/love/state")).status_code == 404


async def test_a_reset_forgets_mappings_requests_and_states(port):
    await add(port)
    await port.mock.get("/@pets/pets/9?full=true")
    assert (await port.admin.post("/__admin/reset", json={})).status_code == 200
    assert (await port.admin.get("/__admin/mappings")).json()["meta"]["total"] == 1
    assert (await port.admin.get("/__admin/requests")).json()["meta"]["total"] == 0


async def test_the_health_check_of_wiremocks_clients_passes(port):
    assert (await port.admin.get("/__admin/health")).json()["status"] == "healthy"
    assert (await port.admin.get("/__admin/version")).json()["version"]
