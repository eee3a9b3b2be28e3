"""Requests that come at once: one is done, the others are told so, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
from api_world import World, fresh

AT_ONCE = 8


def together(world: World, ask: Callable[[httpx.Client, int], httpx.Response]) -> list[httpx.Response]:
    """Send requests at the same moment, each on a connection of its own."""
    barrier = Barrier(AT_ONCE)

    def one(number: int) -> httpx.Response:
        headers = {"Authorization": f"Bearer {world.tokens['admin']}"}
        with httpx.Client(base_url=f"{world.url}/api/v1", headers=headers, timeout=60) as client:
            client.get("/me")
            barrier.wait()
            return ask(client, number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_a_key_that_is_sent_many_times_at_once_does_one_thing(each_world: World) -> None:
    key, name = fresh("key"), fresh("ws")
    replies = together(
        each_world,
        lambda client, _: client.post("/workspaces", json={"name": name}, headers={"Idempotency-Key": key}),
    )
    assert [each.status_code for each in replies] == [201] * AT_ONCE
    assert len({each.content for each in replies}) == 1
    assert sum("idempotency-replayed" in each.headers for each in replies) == AT_ONCE - 1


def test_a_name_that_many_want_at_once_is_given_once(each_world: World) -> None:
    name = fresh("team")
    replies = together(each_world, lambda client, _: client.post("/teams", json={"name": name}))
    assert Counter(each.status_code for each in replies) == {201: 1, 409: AT_ONCE - 1}


def test_of_edits_at_once_one_wins(each_world: World) -> None:
    workspace = each_world.mine.with_contract()
    key = each_world.mine.stub(workspace)
    path = f"/workspaces/{workspace}/stubs/{key}"
    replies = together(
        each_world,
        lambda client, number: client.patch(path, json={"document": {"priority": number}}, headers={"If-Match": '"1"'}),
    )
    assert Counter(each.status_code for each in replies) == {200: 1, 412: AT_ONCE - 1}
    assert each_world.made("admin", "GET", path)["version"] == 2


def test_changes_at_once_are_all_kept(each_world: World) -> None:
    workspace = each_world.mine.with_contract()
    stubs = f"/workspaces/{workspace}/stubs"
    replies = together(
        each_world,
        lambda client, number: client.post(
            stubs, json={"document": {"id": f"s{number}", "match": "GET /pets", "respond": {"status": 200}}}
        ),
    )
    assert [each.status_code for each in replies] == [201] * AT_ONCE
    found = {each["key"] for each in each_world.made("admin", "GET", stubs)["items"]}
    assert found == {f"s{number}" for number in range(AT_ONCE)}
    revisions = [int(each.headers["mockops-revision"]) for each in replies]
    assert len(set(revisions)) == AT_ONCE
    live = each_world.made("admin", "GET", f"/workspaces/{workspace}/environments/dev/pins")["items"]
    (config,) = [each for each in live if each["entity_type"] == "config"]
    content = each_world.made("admin", "GET", f"/workspaces/{workspace}/versions/{config['version_id']}/content")
    assert len(content["stubs"]) == AT_ONCE, "the version that is live has all of them"
