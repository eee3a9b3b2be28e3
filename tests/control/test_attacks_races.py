"""Many at once, on both databases: nothing is lost, nothing is done twice, no server error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from mockops.control.app import AppOptions, create_app, make_services
from mockops.control.auth.people import People
from mockops.control.auth.settings import AuthSettings
from mockops.infra.secrets import open_vault
from mockops.mocking.service.configs import cut_config_version
from mockops.workspaces.service.changes import ConfigHook

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database

THREADS = 8
Ask = Callable[..., Any]


@pytest.fixture
def ask(database: Database, clock: FrozenClock, tmp_path: Path) -> Ask:
    people = People()
    with database.write() as tx:
        people.prepare(tx)
    services = make_services(database, clock, people, AuthSettings())
    services.provide(open_vault(tmp_path, {}))
    services.provide(ConfigHook(cut_config_version))
    app = create_app(services, people, AppOptions(auth=AuthSettings()))

    def perform(method: str, path: str, body: Any = None, **headers: str) -> Any:
        client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.request(method, f"/api/v1{path}", json=body, headers=named)

    return perform


def at_once(perform: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    gate = Barrier(count)

    def one(number: int) -> Any:
        gate.wait(20)
        return perform(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def statuses(replies: list[Any]) -> Counter[int]:
    return Counter(reply.status_code for reply in replies)


def test_one_of_many_edits_of_a_version_wins(ask: Ask) -> None:
    made = ask("POST", "/workspaces", {"name": "shop"})
    tag = made.headers["etag"]
    replies = at_once(lambda n: ask("PATCH", "/workspaces/shop", {"title": f"t{n}"}, If_Match=tag))
    assert statuses(replies) == {200: 1, 412: THREADS - 1}
    winner = next(reply for reply in replies if reply.status_code == 200)
    assert ask("GET", "/workspaces/shop").json()["title"] == winner.json()["title"]


def test_one_key_is_one_token(ask: Ask, database: Database) -> None:
    from sqlalchemy import text

    replies = at_once(lambda n: ask("POST", "/tokens", {"name": "ci"}, Idempotency_Key="once"))
    assert statuses(replies) == {201: THREADS}
    (token,) = {reply.json()["token"] for reply in replies}
    assert len(ask("GET", "/tokens").json()["items"]) == 1
    with database.read() as tx:
        for table in ("idempotency_keys", "audit", "events", "tokens"):
            rows = str([tuple(row) for row in tx.all(text(f"SELECT * FROM {table}"))])
            assert token[8:] not in rows, table


def test_one_name_is_taken_once(ask: Ask) -> None:
    for path, body in {
        "/workspaces": {"name": "shop"},
        "/teams": {"name": "core"},
        "/members": {"email": "a@example.com"},
        "/orgs": {"name": "acme"},
    }.items():
        assert statuses(at_once(lambda n, path=path, body=body: ask("POST", path, body))) == {201: 1, 409: THREADS - 1}


def test_renames_collide_without_a_crash(ask: Ask) -> None:
    for number in range(THREADS):
        assert ask("POST", "/workspaces", {"name": f"w{number}"}).status_code == 201
    replies = at_once(lambda n: ask("PATCH", f"/workspaces/w{n}", {"name": "same"}))
    assert statuses(replies) == {200: 1, 409: THREADS - 1}


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_an_admin_stays(ask: Ask, method: str) -> None:
    ids = [
        ask("POST", "/members", {"email": f"m{n}@example.com", "role": "admin"}).json()["id"] for n in range(THREADS)
    ]
    body = {"role": "viewer"} if method == "PATCH" else None
    replies = at_once(lambda n: ask(method, f"/members/{ids[n]}", body))
    assert statuses(replies)[409] == 1
    assert len(ask("GET", "/members?role=admin").json()["items"]) == 1


def test_applies_come_one_after_another(ask: Ask) -> None:
    project = {"name": "p", "workspaces": [{"name": f"w{number}"} for number in range(5)]}
    replies = at_once(lambda n: ask("POST", "/projects/apply", {"project": project}))
    assert statuses(replies) == {200: THREADS}, replies[0].text
    actions = Counter(
        change["action"]
        for reply in replies
        for change in reply.json()["plan"]["changes"]
        if change["kind"] == "workspace"
    )
    assert actions == {"create": 5}  # plans leave out what is unchanged


def test_writers_of_one_and_several_organizations(ask: Ask) -> None:
    for number in range(4):
        assert ask("POST", "/orgs", {"name": f"o{number}"}).status_code == 201

    def write(number: int) -> list[int]:
        org = f"o{number % 4}"
        found = []
        for step in range(5):
            name = f"w{number}-{step}"
            found.append(ask("POST", "/workspaces", {"name": name}, MockOps_Org=org).status_code)
            found.append(ask("PATCH", f"/workspaces/{name}", {"title": "x"}, MockOps_Org=org).status_code)
        return found

    assert Counter(status for found in at_once(write) for status in found) == {201: 40, 200: 40}
