"""What is another organization's is answered as what does not exist: the same status, the same words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from api_world import Call, Organization, World, fresh
from catalogue import EXAMPLES, names

WITH_IDS = names(lambda operation, example: bool(set(re.findall(r"{(\w+)}", operation.path)) - set(example.shared)))


def unknown(value: str) -> str:
    """Return something that looks the same and does not exist."""
    if re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", value):
        return f"00000000{value[8:]}"
    if re.fullmatch(r"[0-9a-f]{64}", value):
        return "0" * 64
    return f"un{value[2:]}" if len(value) > 2 else "unknown"


def words(text: str, params: dict[str, str]) -> str:
    """Return a refusal without what was asked for."""
    for value in sorted(params.values(), key=len, reverse=True):
        text = text.replace(value, "X")
    return text


@pytest.mark.parametrize("name", WITH_IDS)
def test_ids_of_others_are_unknown(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.rival)
    ids = {key: value for key, value in call.params.items() if key not in example.shared}
    theirs = world.perform(operation, call, "admin")
    assert theirs.status_code == 404, theirs.text
    other = {**call.params, **{key: unknown(value) for key, value in ids.items() if value not in ("dev", "test")}}
    nobodys = world.perform(operation, Call(params=other, body=call.body, query=call.query), "admin")
    assert nobodys.status_code == 404
    assert words(theirs.text, call.params) == words(nobodys.text, other)
    kept = {name.lower() for name in theirs.headers} ^ {name.lower() for name in nobodys.headers}
    assert not kept, "the headers tell them apart"


def _pin(org: Organization) -> Any:
    workspace = org.workspace()
    return org.config_version(workspace)["id"]


REFERENCES: dict[str, Any] = {
    "a workspace's team": lambda mine, rival: (
        "POST",
        "/workspaces",
        {"name": fresh("ws"), "team": rival.team()["id"]},
    ),
    "a member's team": lambda mine, rival: (
        "POST",
        "/members",
        {"email": f"{fresh('x')}@example.com", "teams": [rival.team()["id"]]},
    ),
    "a token's workspaces": lambda mine, rival: ("POST", "/tokens", {"name": "x", "workspaces": [rival.workspace()]}),
    "a workspace's contract": lambda mine, rival: (
        "PUT",
        f"/workspaces/{mine.workspace()}/contract",
        {"digest": rival.contract(fresh("Secret"))},
    ),
    "a contract to import again": lambda mine, rival: (
        "POST",
        f"/workspaces/{mine.with_contract()}/contract/reimport",
        {"digest": rival.contract(fresh("Secret"))},
    ),
    "a pin's version": lambda mine, rival: (
        "PUT",
        f"/workspaces/{mine.workspace()}/environments/test/pins",
        {"entity_type": "config", "version": _pin(rival)},
    ),
    "a pin's persona": lambda mine, rival: (
        "PUT",
        "/environments/test/personas",
        {"persona": rival.persona(), "version": "0.0.1"},
    ),
    "an event's workspace": lambda mine, rival: (
        "POST",
        "/events",
        {"specversion": "1.0", "id": fresh("e"), "source": "/t", "type": "a.b", "workspace": rival.workspace()},
    ),
    "a role's member": lambda mine, rival: (
        "PUT",
        f"/workspaces/{mine.workspace()}/roles/{rival.member()['id']}",
        {"role": "admin"},
    ),
}


@pytest.mark.parametrize("what", sorted(REFERENCES))
def test_bodies_reach_nothing_of_others(world: World, what: str) -> None:
    method, path, body = REFERENCES[what](world.mine, world.rival)
    kind = "application/cloudevents+json" if path == "/events" else "application/json"
    reply = world.ask("admin", method, path, json=body, headers={"Content-Type": kind})
    assert reply.status_code in (404, 422), reply.text


def test_lists_hold_nothing_of_others(world: World) -> None:
    rival = world.rival
    marks = [rival.team()["id"], rival.member()["id"], rival.token()["id"], rival.with_contract(), rival.persona()]
    marks += [rival.secret(), rival.event(), rival.contract(fresh("Hidden"))]
    for name, operation in world.operations.items():
        if operation.method != "GET" or "{" in operation.path or EXAMPLES[name].is_streaming:
            continue
        reply = world.client("admin").get(operation.path, params=EXAMPLES[name].make(world.mine).query)
        assert reply.status_code == 200
        assert not [mark for mark in marks if mark in reply.text], name


@pytest.mark.parametrize("path", ["/audit", "/events", "/traffic/counts", "/traffic/samples"])
def test_filters_name_nothing_of_others(world: World, path: str) -> None:
    theirs = world.rival.workspace()
    name = world.made("rival", "GET", f"/workspaces/{theirs}")["name"]
    for given in (theirs, name):
        reply = world.ask("admin", "GET", path, params={"workspace": given})
        unknown_one = world.ask("admin", "GET", path, params={"workspace": unknown(given)})
        assert reply.status_code == unknown_one.status_code
        assert words(reply.text, {"w": given}) == words(unknown_one.text, {"w": unknown(given)})
        if reply.status_code == 200:
            assert reply.json()["items"] == []


def test_a_token_for_some_workspaces_sees_no_other(world: World) -> None:
    seen, hidden = world.mine.with_contract(), world.mine.with_contract()
    made = world.made("admin", "POST", "/tokens", json={"name": "narrow", "role": "admin", "workspaces": [seen]})
    who = fresh("narrow")
    world.tokens[who] = made["token"]
    assert [each["id"] for each in world.made(who, "GET", "/workspaces")["items"]] == [seen]
    for name, operation in world.operations.items():
        if "{workspace}" not in operation.path:
            continue
        call = EXAMPLES[name].make(world.mine)
        reply = world.perform(operation, call, who)
        assert reply.status_code == 404, f"{name}: {reply.text}"
        assert reply.json()["code"] == "workspace.unknown"
    assert world.ask(who, "GET", f"/workspaces/{hidden}").status_code == 404
    assert world.ask(who, "GET", f"/workspaces/{seen}").status_code == 200
    assert hidden not in world.ask(who, "GET", "/events?limit=500").text
    assert world.ask(who, "POST", "/teams", json={"name": fresh("t")}).status_code == 403
