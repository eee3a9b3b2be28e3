"""What strangers send is not read, and what is parsed at once has tighter bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from mockops.control.app import AppOptions, create_app, make_services
from mockops.control.auth.people import People
from mockops.control.auth.settings import AuthMode, AuthSettings

if TYPE_CHECKING:
    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database

MIB = 1 << 20


@pytest.fixture
def start(database: Database, clock: FrozenClock) -> Callable[[AuthMode], tuple[TestClient, str]]:
    def begin(mode: AuthMode) -> tuple[TestClient, str]:
        people = People()
        with database.write() as tx:
            people.prepare(tx)
            text = people.create_admin_token(tx)
        auth = AuthSettings(mode=mode)
        app = create_app(make_services(database, clock, people, auth), people, AppOptions(auth=auth))
        return TestClient(app, base_url="http://localhost:7070"), text

    return begin


def counted(size: int, chunk: int = 1 << 14) -> tuple[Iterator[bytes], list[int]]:
    taken: list[int] = []

    def chunks() -> Iterator[bytes]:
        for _ in range(size // chunk):
            taken.append(chunk)
            yield b"[" * chunk

    return chunks(), taken


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer mko_" + "x" * 40}])
def test_a_strangers_body_is_not_read(start: Any, header: dict[str, str]) -> None:
    client, _ = start(AuthMode.TOKEN)
    declared = {"Content-Length": str(15 * MIB)}
    for more in ({}, declared):
        body, _ = counted(1 << 20)
        reply = client.post("/api/v1/workspaces", content=body, headers={**header, **more})
        assert (reply.status_code, reply.headers["connection"]) == (401, "close"), reply.text


@pytest.mark.parametrize("mode", [AuthMode.TOKEN, AuthMode.LOCAL])
def test_who_is_let_in_is_told_of_the_bound(start: Any, mode: AuthMode) -> None:
    client, text = start(mode)
    header = {"Authorization": f"Bearer {text}"}
    for path, bound in {
        "/workspaces": 16,
        "/workspaces/shop/stubs/bulk": 16,
        "/personas/bulk": 16,
        "/workspaces/shop/contract/reimport": 64,
        "/workspaces/shop/imports/har": 64,
        "/projects/apply": 64,
        "/contracts": 64,
        "/teams": 2,
    }.items():
        over = {**header, "Content-Length": str(bound * MIB + 1)}
        assert client.post(f"/api/v1{path}", content=b"", headers=over).status_code == 413, path
        most = {**header, "Content-Length": str(bound * MIB)}
        assert client.post(f"/api/v1{path}", content=b"", headers=most).status_code != 413, path


def test_nesting_without_end_is_no_json(start: Any) -> None:
    client, text = start(AuthMode.TOKEN)
    header = {"Authorization": f"Bearer {text}", "Content-Type": "application/json"}
    for path in ("/workspaces", "/projects/apply", "/projects/plan", "/events", "/tokens"):
        for deep in (b"[" * MIB, b'{"a":' * 200_000, b'{"settings":' + b"[" * MIB):
            reply = client.post(f"/api/v1{path}", content=deep, headers=header)
            assert reply.status_code in (400, 415, 422), f"{path}: {reply.status_code} {reply.text[:200]}"
