"""Roles of one workspace, higher and lower than the organization's, at every way in; tokens for some workspaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from mockops.control.app import AppOptions, create_app, make_services
from mockops.control.auth.identity import Origin
from mockops.control.auth.people import People
from mockops.control.auth.settings import AuthSettings
from mockops.control.live import Live
from mockops.core.actor import Caller, Role
from mockops.mocking.service.configs import cut_config_version
from mockops.workspaces.service.changes import ConfigHook

if TYPE_CHECKING:
    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database

Ask = Callable[..., Any]
STUB = {"id": "s", "match": {"method": "GET", "path": "/pets"}, "respond": {"status": 200}}


class World:
    def __init__(self, database: Database, clock: FrozenClock) -> None:
        people = People()
        with database.write() as tx:
            people.prepare(tx)
        with database.read() as tx:
            self.admin = people.find_local(tx, Origin())
        self.caller = self.admin
        services = make_services(database, clock, people, AuthSettings())
        services.authenticate = lambda tx, request: self.caller
        services.provide(ConfigHook(cut_config_version))
        Live(services)
        app = create_app(services, people, AppOptions(auth=AuthSettings()))
        self.client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        self.shop = self.ask("POST", "/workspaces", {"name": "shop"}).json()["id"]
        self.other = self.ask("POST", "/workspaces", {"name": "other"}).json()["id"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        kind = "application/cloudevents+json" if path == "/events" else "application/json"
        return self.client.request(method, f"/api/v1{path}", json=body, headers={"Content-Type": kind})

    def become(self, role: Role, **more: Any) -> Caller:
        self.caller = replace(self.admin, kind="user", id="u", name="u", is_root=False, role=role, **more)
        return self.caller


@pytest.fixture
def world(database: Database, clock: FrozenClock) -> World:
    return World(database, clock)


def project(name: str, **more: Any) -> dict[str, Any]:
    return {"project": {"name": "p", "workspaces": [{"name": name, "title": "taken", **more}]}, "prefer": "files"}


WRITES: list[tuple[str, str, Any]] = [
    ("PATCH", "/workspaces/shop", {"title": "taken"}),
    ("DELETE", "/workspaces/shop", None),
    ("POST", "/workspaces/shop/stubs", {"document": STUB}),
    ("POST", "/workspaces/shop/scenarios", {"document": {"name": "n", "rules": []}}),
    ("POST", "/workspaces/shop/environments", {"name": "extra"}),
    ("PATCH", "/workspaces/shop/environments/dev", {"settings": {}, "name": "renamed"}),
    ("DELETE", "/workspaces/shop/environments/dev", None),
    ("PUT", "/workspaces/shop/environments/dev/pins", {"entity_type": "config", "version": "x"}),
    ("PUT", "/workspaces/shop/contract", {"digest": "0" * 64}),
    ("POST", "/projects/apply", project("shop")),
    ("POST", "/events", {"specversion": "1.0", "id": "e", "source": "/t", "type": "a.b", "workspace": "shop"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_viewer_of_a_workspace_changes_nothing_in_it(world: World, method: str, path: str, body: Any) -> None:
    before = world.ask("GET", "/workspaces/shop").json()
    world.become(Role.EDITOR, workspace_roles={world.shop: Role.VIEWER})
    reply = world.ask(method, path, body)
    assert reply.status_code == 403, reply.text
    world.caller = world.admin
    assert world.ask("GET", "/workspaces/shop").json() == before


def test_a_higher_role_in_a_workspace_is_one_there_only(world: World) -> None:
    world.become(Role.VIEWER, workspace_roles={world.shop: Role.ADMIN})
    assert world.ask("PATCH", "/workspaces/shop", {"title": "mine"}).status_code == 200
    assert world.ask("PATCH", "/workspaces/other", {"title": "taken"}).status_code == 403
    assert world.ask("POST", "/projects/apply", project("other")).status_code == 403
    assert world.ask("POST", "/projects/apply", project("fresh")).status_code == 403
    assert world.ask("POST", "/workspaces", {"name": "fresh"}).status_code == 403
    assert world.ask("POST", "/members", {"email": "a@example.com"}).status_code == 403
    assert world.ask("POST", "/personas", {"document": {"name": "p"}}).status_code == 403
    assert world.ask("GET", "/secrets").status_code in (200, 403)
    for workspaces in (None, ["other"], ["shop", "other"]):
        reply = world.ask("POST", "/tokens", {"name": "t", "role": "editor", "workspaces": workspaces})
        assert reply.status_code == 403, reply.text
    assert world.ask("POST", "/tokens", {"name": "t", "role": "admin", "workspaces": ["shop"]}).status_code == 201


def test_a_token_for_some_workspaces_learns_of_no_others(world: World) -> None:
    for path in ("/workspaces/other", "/workspaces/shop"):
        assert world.ask("PATCH", path, {"description": "hush-" + path[-4:]}).status_code == 200
    reach = frozenset({world.shop})
    world.caller = replace(world.admin, kind="token", id="t", name="t", is_root=False, workspaces=reach)
    for path in (
        "/workspaces",
        "/workspaces?q=other",
        "/events",
        "/events?workspace=other",
        "/audit",
        f"/audit?workspace={world.other}",
        "/projects/export",
        "/projects/export?workspaces=other",
        "/traffic/samples?workspace=other",
        "/traffic/counts?group=workspace",
        "/gateways/problems",
        "/gateways/applied?revision=1",
        "/versions",
        "/tokens",
        "/me",
    ):
        reply = world.ask("GET", path)
        assert reply.status_code < 500, f"{path}: {reply.text}"
        assert world.other not in reply.text, path
        assert "hush-ther" not in reply.text, path
    for method, path, body in (
        ("GET", "/workspaces/other", None),
        ("PATCH", "/workspaces/other", {"title": "taken"}),
        ("DELETE", f"/workspaces/{world.other}", None),
        ("GET", "/workspaces/other/versions", None),
        ("POST", "/events", {"specversion": "1.0", "id": "e", "source": "/t", "type": "a.b", "workspace": "other"}),
    ):
        assert world.ask(method, path, body).status_code == 404, path
    for method, path, body in (
        ("POST", "/workspaces", {"name": "fresh"}),
        ("POST", "/projects/apply", project("fresh")),
        ("POST", "/projects/apply", project("other")),
        ("POST", "/members", {"email": "a@example.com"}),
        ("POST", "/tokens", {"name": "t"}),
        ("POST", "/events", {"specversion": "1.0", "id": "e", "source": "/t", "type": "a.b"}),
    ):
        assert world.ask(method, path, body).status_code == 403, path
