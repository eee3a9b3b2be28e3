"""Writes are audited, refuse what was edited meanwhile, and can be repeated."""

from __future__ import annotations

from typing import Any

import pytest
from api_world import Call, World, fresh
from catalogue import DOCUMENT, EXAMPLES, OPERATIONS, answers, changes, names


def _versioned() -> dict[str, str]:
    """Return the operations that read what has a version, by path."""
    schemas = DOCUMENT["components"]["schemas"]
    found = {}
    for name, operation in OPERATIONS.items():
        schema = (operation.response_schema("200") or {}).get("$ref", "").rpartition("/")[2]
        kind = schemas.get(schema, {}).get("properties", {}).get("version", {}).get("type")
        if operation.method == "GET" and kind == "integer":
            found[operation.path] = name
    return found


VERSIONED = _versioned()
AUDITED = names(lambda operation, example: answers(operation, example) and not example.unaudited)


def newest(world: World) -> int:
    found = world.made("root", "GET", "/audit?limit=1")["items"]
    return int(found[0]["number"]) if found else 0


@pytest.mark.parametrize("name", [name for name in AUDITED if name != "workspaces.create_organization"])
def test_a_change_is_audited(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    before = newest(world)
    reply = world.perform(operation, call, example.who, User_Agent="tests/1")
    assert reply.is_success
    entries = [each for each in world.made("root", "GET", "/audit?limit=20")["items"] if each["number"] > before]
    if not changes(operation, example):
        assert entries == []
        return
    assert entries, "there is no audit entry"
    for each in entries:
        assert each["actor"] == ("admin" if example.who == "admin" else each["actor"])
        assert each["actor_kind"] == "token"
        assert each["actor_id"]
        assert each["address"] == "127.0.0.1"
        assert each["user_agent"] == "tests/1"
        assert each["entity_id"]
        assert each["action"].startswith(("organization.",) if each["entity_type"] == "organization" else "")
    if not example.is_quiet:
        assert any(each["before"] is not None or each["after"] is not None for each in entries), entries
    if operation.method == "DELETE" and not example.is_quiet:
        assert any(each["before"] is not None for each in entries), entries


def test_a_refused_change_is_not_audited(world: World) -> None:
    before = newest(world)
    team = world.mine.team()
    assert world.ask("viewer", "DELETE", f"/teams/{team['id']}").status_code == 403
    assert world.ask("admin", "POST", "/teams", json={"name": team["name"]}).status_code == 409
    assert newest(world) == before + 1


def test_a_new_organization_begins_with_the_entry_of_its_making(world: World) -> None:
    name = fresh("org")
    world.made("root", "POST", "/orgs", json={"name": name})
    found = world.made("root", "GET", "/audit", headers={"MockOps-Org": name})["items"]
    assert "organization.created" in [each["action"] for each in found]


@pytest.mark.parametrize("name", sorted(VERSIONED.values()))
def test_what_has_a_version_is_read_with_an_etag(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    reply = world.perform(operation, call)
    tag = reply.headers["etag"]
    assert tag == f'"{reply.json()["version"]}"'
    for sent in (tag, f"W/{tag}", f'"77", {tag}', "*"):
        again = world.perform(operation, call, If_None_Match=sent)
        assert again.status_code == 304, sent
        assert again.headers["etag"] == tag
        assert again.content == b""
    assert world.perform(operation, call, If_None_Match='"999"').status_code == 200


@pytest.mark.parametrize("name", names(lambda operation, _: operation.is_write and operation.path in VERSIONED))
def test_no_update_is_lost(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    assert "412" in operation.document["responses"], "what has a version honours If-Match"
    call = example.make(world.mine)
    found = world.perform(world.operations[VERSIONED[operation.path]], call, example.who)
    tag = found.headers.get("etag", '"0"')  # a workspace's first contract: there is none before
    garbage = world.perform(operation, call, example.who, If_Match="yesterday's")
    assert garbage.status_code == 400, garbage.text
    stale = world.perform(operation, call, example.who, If_Match='"9999"')
    assert stale.status_code == 412, stale.text
    assert stale.json()["status"] == 412
    latest = world.perform(operation, call, example.who, If_Match=tag)
    assert latest.is_success, latest.text
    if operation.method != "DELETE":
        assert latest.headers["etag"] == f'"{latest.json()["version"]}"' != tag
        late = world.perform(operation, call, example.who, If_Match=tag)
        assert late.status_code == 412, "somebody was faster"


@pytest.mark.parametrize("name", names(lambda operation, _: operation.method == "POST"))
def test_a_post_can_be_repeated(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call, key = example.make(world.mine), fresh("key")
    first = world.perform(operation, call, example.who, Idempotency_Key=key)
    assert first.is_success, first.text
    again = world.perform(operation, call, example.who, Idempotency_Key=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    if example.is_only_asking:
        return
    assert again.headers["idempotency-replayed"] == "true"
    for header in ("location", "etag", "content-type", "mockops-revision"):
        assert again.headers.get(header) == first.headers.get(header), header
    other = Call(params=call.params, body=call.body, query={**call.query, "other": "1"}, headers=call.headers)
    reused = world.perform(operation, other, example.who, Idempotency_Key=key)
    assert reused.status_code == 422
    assert reused.json()["code"] == "api.idempotency_key_reused"
    for wrong in ("", "x" * 256):
        refused = world.perform(operation, call, example.who, Idempotency_Key=wrong)
        assert refused.status_code == 400, "a key has 1 to 255 characters"


def test_a_refused_post_may_be_tried_again(world: World) -> None:
    key, name = fresh("key"), fresh("team")
    made = world.made("admin", "POST", "/teams", json={"name": name})
    body: dict[str, Any] = {"json": {"name": name}, "headers": {"Idempotency-Key": key}}
    assert world.ask("admin", "POST", "/teams", **body).status_code == 409
    assert world.ask("admin", "DELETE", f"/teams/{made['id']}").status_code == 204
    assert world.ask("admin", "POST", "/teams", **body).status_code == 201
