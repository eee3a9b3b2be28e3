"""Scenarios and personas through the API."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mockops.core.actor import Role
from mockops.mocking.service.behaviour import read_behaviour, read_personas
from mockops.workspaces.model.versions import EntityType, VersionDeprecated
from mockops.workspaces.service.environments import first_environment, list_environments
from mockops.workspaces.service.pins import change_pin
from mockops.workspaces.service.versions import find_pin, list_versions, pin, read_persona_pins, read_pins

if TYPE_CHECKING:
    from starlette.testclient import TestClient
    from tests.mocking.conftest import World

SCENARIOS = "/workspaces/pets/scenarios"
CLOSED: dict[str, Any] = {"name": "closed", "rules": [{"operation": "listPets", "respond": 503}]}
VIP: dict[str, Any] = {"name": "vip", "traits": {"tier": "gold"}}


def live(world: World) -> list[str]:
    with world.database.read(world.caller) as tx:
        environment = first_environment(tx, world.workspace.id)
        return [each.name for each in read_behaviour(tx, world.caller.org_id, environment).scenarios]


def test_a_scenario_is_drafted_published_edited_and_published_again(api: TestClient, world: World) -> None:
    made = api.post(SCENARIOS, json={"document": CLOSED})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/workspaces/pets/scenarios/closed"
    shown = made.json()
    assert (shown["name"], shown["status"], shown["published_hash"], shown["versions"]) == ("closed", "draft", None, [])
    assert live(world) == []

    published = api.post(f"{SCENARIOS}/closed/publish", json={"comment": "first"})
    assert published.status_code == 200, published.text
    shown = published.json()
    assert (shown["status"], shown["has_unpublished_changes"], shown["version"]) == ("published", False, 2)
    assert [version["label"] for version in shown["versions"]] == ["1.0.0"]
    assert published.headers["mockops-revision"]
    assert live(world) == ["closed"]
    (event,) = world.events("scenario.published")
    assert (event["name"], event["version"], event["hash"]) == ("closed", "1.0.0", shown["digest"])
    assert event["comment"] == "first"
    assert event["scenario_id"]

    edited = api.patch(f"{SCENARIOS}/closed", json={"document": {"description": "shut"}}).json()
    assert (edited["status"], edited["has_unpublished_changes"]) == ("published", True)
    assert edited["published_hash"] == shown["digest"]
    again = api.post(f"{SCENARIOS}/closed/publish", json={"label": "2.0.0"}).json()
    assert [version["label"] for version in again["versions"]] == ["2.0.0", "1.0.0"]
    assert api.get(f"{SCENARIOS}/closed").json() == again
    low = {"document": {"description": "really shut"}}
    api.patch(f"{SCENARIOS}/closed", json=low)
    refused = api.post(f"{SCENARIOS}/closed/publish", json={"label": "1.5.0"})
    assert (refused.status_code, refused.json()["code"]) == (409, "version.label_taken")
    assert api.post(f"{SCENARIOS}/closed/publish", json={"label": "soon"}).status_code == 422
    assert [action for action, *_ in world.audit("scenario")] == [
        *("scenario.created", "scenario.published", "scenario.updated", "scenario.published", "scenario.updated")
    ]


def test_publishing_needs_no_body_and_obeys_if_match(api: TestClient) -> None:
    api.post(SCENARIOS, json={"document": CLOSED})
    assert api.post(f"{SCENARIOS}/closed/publish", headers={"If-Match": '"7"'}).status_code == 412
    assert api.post(f"{SCENARIOS}/closed/publish", headers={"If-Match": '"1"'}).status_code == 200
    same = api.post(f"{SCENARIOS}/closed/publish").json()
    assert [version["label"] for version in same["versions"]] == ["1.0.0"]
    assert api.put(f"{SCENARIOS}/closed", json={"document": CLOSED}, headers={"If-Match": '"1"'}).status_code == 412


def test_a_deprecated_scenario_stays_live_where_it_is(api: TestClient, world: World) -> None:
    api.post(SCENARIOS, json={"document": CLOSED})
    draft = api.post(f"{SCENARIOS}/closed/deprecate")
    assert (draft.status_code, draft.json()["code"]) == (409, "mocking.nothing_published")
    api.post(f"{SCENARIOS}/closed/publish")
    shown = api.post(f"{SCENARIOS}/closed/deprecate").json()
    assert (shown["status"], [version["status"] for version in shown["versions"]]) == ("deprecated", ["deprecated"])
    assert live(world) == ["closed"]
    assert api.post(f"{SCENARIOS}/closed/deprecate").json()["version"] == shown["version"]
    with world.database.write(world.caller) as tx:
        dev, test, *_ = list_environments(tx, world.workspace.id)
        approver = replace(world.caller, role=Role.APPROVER)
        tx.caller = approver
        change_pin(tx, world.workspace, dev, EntityType.SCENARIO, "closed", "1.0.0")
        with pytest.raises(VersionDeprecated):
            change_pin(tx, world.workspace, test, EntityType.SCENARIO, "closed", "1.0.0")
    back = api.post(f"{SCENARIOS}/closed/publish").json()
    assert (back["status"], [version["status"] for version in back["versions"]]) == ("published", ["published"])


def test_a_deleted_scenario_goes_from_the_first_environment_alone(api: TestClient, world: World) -> None:
    api.post(SCENARIOS, json={"document": CLOSED})
    api.post(f"{SCENARIOS}/closed/publish")
    with world.database.write(world.caller) as tx:
        dev, test, *_ = list_environments(tx, world.workspace.id)
        for kind, key in ((EntityType.SCENARIO, "closed"), (EntityType.CONTRACT, "")):
            pin(tx, test.id, list_versions(tx, world.workspace.id, entity_type=kind, entity_key=key).items[0])
    assert api.delete(f"{SCENARIOS}/closed").status_code == 204
    assert api.get(f"{SCENARIOS}/closed").status_code == 404
    with world.database.read(world.caller) as tx:
        assert find_pin(tx, dev.id, "scenario", "closed") is None
        assert find_pin(tx, test.id, "scenario", "closed") is not None
        assert [each.name for each in read_behaviour(tx, world.caller.org_id, test).scenarios] == ["closed"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"rules": []}, "/document"),
        ({"name": "a", "rules": [{"operation": "nope", "respond": 200}]}, "/document/rules/0/operation"),
        ({"name": "a", "rules": [{"operation": "listPets", "set_state": "x"}]}, "/document/rules/0/set_state"),
        ({"name": "a", "rules": [{"respond": 200}]}, "/document/rules/0"),
        ({"name": "a", "transitions": [{"from": "x", "to": "y"}]}, "/document/transitions/0"),
        (
            {"name": "a", "states": ["x", "y"], "transitions": [{"from": "x", "to": "y", "when": "nope"}]},
            "/document/transitions/0/when/operation",
        ),
        ({"name": "a\n", "rules": []}, "/document/name"),
    ],
)
def test_bad_scenarios(sqlite_api: TestClient, document: dict[str, Any], pointer: str) -> None:
    answer = sqlite_api.post(SCENARIOS, json={"document": document})
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]], answer.text
    files = sqlite_api.post(SCENARIOS, json={"document": CLOSED, "files": {"a": "e30="}})
    assert (files.status_code, files.json()["errors"][0]["pointer"]) == (422, "/files/a")


def test_scenarios_are_listed_by_name_and_only_to_their_owners(api: TestClient, world: World) -> None:
    for name in ("b", "a", "c"):
        api.post(SCENARIOS, json={"document": {**CLOSED, "name": name}})
    assert api.post(SCENARIOS, json={"document": {**CLOSED, "name": "a"}}).status_code == 409
    first = api.get(SCENARIOS, params={"limit": 2}).json()
    second = api.get(SCENARIOS, params={"limit": 2, "cursor": first["next"]}).json()
    assert [item["name"] for item in (*first["items"], *second["items"])] == ["a", "b", "c"]
    assert [item["name"] for item in api.get(SCENARIOS, params={"q": "B"}).json()["items"]] == ["b"]
    other = {"Who": "other"}
    for url in (SCENARIOS, f"/workspaces/{world.workspace.id}/scenarios/a"):
        assert api.get(url, headers=other).status_code == 404
    assert api.post(f"{SCENARIOS}/a/publish", headers=other).status_code == 404
    assert api.post(f"{SCENARIOS}/a/deprecate", headers=other).status_code == 404
    assert api.delete(f"{SCENARIOS}/a", headers=other).status_code == 404
    assert api.post(f"{SCENARIOS}/a/publish", headers={"Role": "viewer"}).status_code == 403
    assert api.post(f"{SCENARIOS}/nobody/publish").status_code == 404


def test_a_persona_is_live_as_soon_as_it_is_saved(api: TestClient, world: World) -> None:
    made = api.post("/personas", json={"document": VIP})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/personas/vip"
    assert made.headers["mockops-revision"]
    with world.database.read(world.caller) as tx:
        (persona,) = read_personas(tx, world.caller.org_id, "dev")
        assert (persona.name, persona.traits, persona.version) == ("vip", {"tier": "gold"}, "1.0.0")
        assert read_personas(tx, world.caller.org_id, "test") == ()
    replaced = api.put("/personas/vip", json={"document": {**VIP, "seed": 3}}, headers={"If-Match": '"1"'})
    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"2"')
    assert api.patch("/personas/vip", json={"document": {"seed": 4}}, headers={"If-Match": '"1"'}).status_code == 412
    patched = api.patch("/personas/vip", json={"document": {"seed": 4}}).json()
    assert patched["document"] == {**VIP, "seed": 4}
    assert [event["version"] for event in world.events("persona.published")] == ["1.0.0", "1.0.1", "1.0.2"]
    assert api.delete("/personas/vip").status_code == 204
    with world.database.read(world.caller) as tx:
        assert read_personas(tx, world.caller.org_id, "dev") == ()


def test_personas_belong_to_their_organization(api: TestClient) -> None:
    api.post("/personas", json={"document": VIP})
    other = {"Who": "other"}
    assert api.get("/personas", headers=other).json()["items"] == []
    for answer in (
        api.get("/personas/vip", headers=other),
        api.put("/personas/vip", json={"document": VIP}, headers=other),
        api.delete("/personas/vip", headers=other),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "mocking.unknown")
    assert api.post("/personas", json={"document": VIP}, headers={"Role": "viewer"}).status_code == 403
    bad = api.post("/personas", json={"document": {"name": "x", "overrides": [{"value": 1}]}})
    assert bad.json()["errors"][0]["pointer"] == "/document/overrides/0"
    assert [item["name"] for item in api.get("/personas", params={"q": "vi"}).json()["items"]] == ["vip"]


def test_many_personas_at_once(api: TestClient, world: World) -> None:
    items = [{"action": "create", "document": {"name": f"p{number}"}} for number in range(5)]
    items += [{"action": "update", "id": "p1", "document": {"name": "p1", "seed": 1}}]
    items += [{"action": "delete", "id": "p2"}, {"action": "create", "document": {"nam": "x"}}]
    shown = api.post("/personas/bulk", json={"items": items}).json()
    assert (shown["succeeded"], shown["failed"]) == (7, 1)
    with world.database.read(world.caller) as tx:
        pins = read_persona_pins(tx, world.caller.org_id, "dev")
        assert [each.persona for each in pins] == ["p0", "p1", "p3", "p4"]
        assert not read_pins(tx, "nowhere")
