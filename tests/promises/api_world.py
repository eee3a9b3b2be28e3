"""A control plane as `mockops control` builds it, on a real socket, with two organizations and every kind of caller."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

BOOTSTRAP = "mko_" + "Root" * 10
API = "/api/v1"
CONTRACT = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {"get": {"operationId": "listPets", "responses": {"200": {"description": "fine"}}}},
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "fine"}},
            }
        },
    },
}
_numbers = itertools.count(1)


def fresh(word: str) -> str:
    """Return a name that nothing has yet."""
    return f"{word}-{next(_numbers)}"


def stub(key: str) -> dict[str, Any]:
    return {
        "id": key,
        "match": {"method": "GET", "path": "/pets"},
        "respond": {"status": 200, "json": {"says": key}},
    }


def bundle(title: str = "Pets") -> dict[str, Any]:
    document = {**CONTRACT, "info": {"title": title, "version": "1"}}
    return {"root": "openapi.json", "files": {"openapi.json": json.dumps(document)}}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, whose path is the operation's template with these parameters."""

    params: dict[str, str] = field(default_factory=dict)
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True)
class Operation:
    """One operation of the API's own document."""

    id: str
    method: str
    path: str
    document: dict[str, Any]

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def success(self) -> str:
        return next(status for status in self.document["responses"] if status.startswith("2"))

    def response_schema(self, status: str) -> dict[str, Any] | None:
        content = self.document["responses"].get(status, {}).get("content", {})
        found: dict[str, Any] | None = content.get("application/json", {}).get("schema")
        return found

    def fill(self, params: dict[str, str]) -> str:
        path = self.path
        for name, value in params.items():
            assert f"{{{name}}}" in path, f"{self.id} has no parameter {name}"
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        assert "{" not in path, f"{self.id}: {path} lacks parameters"
        return path


def operations_of(document: dict[str, Any]) -> dict[str, Operation]:
    """Return the operations of a description by their ids."""
    return {
        item["operationId"]: Operation(item["operationId"], method.upper(), path, item)
        for path, methods in document["paths"].items()
        for method, item in methods.items()
    }


def describe_api() -> dict[str, Any]:
    """Return the API's description, without anything that runs."""
    from mockops.control.app import create_app
    from mockops.control.auth.people import People
    from mockops.core.clock import SystemClock
    from mockops.infra.web.services import Services

    nothing: Any = None
    app = create_app(Services(database=nothing, clock=SystemClock(), authenticate=nothing), People())
    found: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    return found


@dataclass
class World:
    """A running control plane, and its callers."""

    url: str
    document: dict[str, Any]
    log: io.StringIO
    database: Path
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.operations = operations_of(self.document)
        self.mine = Organization(self, "admin")
        self.rival = Organization(self, "rival")

    @property
    def is_sqlite(self) -> bool:
        return self.database.exists()

    def client(self, who: str) -> httpx.Client:
        if who not in self.clients:
            headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
            self.clients[who] = httpx.Client(base_url=self.url, timeout=30, headers=headers)
        return self.clients[who]

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        return self.client(who).request(method, API + path, **options)

    def made(self, who: str, method: str, path: str, **options: Any) -> Any:
        """Ask for what must succeed; return its JSON."""
        reply = self.ask(who, method, path, **options)
        assert reply.status_code in (200, 201, 202, 204), f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    def perform(self, operation: Operation, call: Call, who: str = "admin", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        options: dict[str, Any] = {"params": call.query, "headers": {**call.headers, **named}}
        if call.content is not None:
            options["content"] = call.content
        elif call.body is not None:
            options["json"] = call.body
        return self.client(who).request(operation.method, operation.fill(call.params), **options)


@dataclass
class Organization:
    """What an organization's admin makes for a test."""

    world: World
    who: str

    def ask(self, method: str, path: str, **options: Any) -> Any:
        return self.world.made(self.who, method, path, **options)

    def team(self) -> Any:
        return self.ask("POST", "/teams", json={"name": fresh("team")})

    def member(self) -> Any:
        return self.ask("POST", "/members", json={"email": f"{fresh('m')}@example.com", "role": "editor"})

    def token(self) -> Any:
        return self.ask("POST", "/tokens", json={"name": fresh("token")})

    def secret(self) -> str:
        name = fresh("secret").replace("-", "_")
        self.ask("PUT", f"/secrets/{name}", json={"value": "hush"})
        return name

    def workspace(self) -> str:
        """Make a workspace; return its id."""
        found: str = self.ask("POST", "/workspaces", json={"name": fresh("ws")})["id"]
        return found

    def contract(self, title: str = "Pets") -> str:
        found: str = self.ask("POST", "/contracts", json=bundle(title))["digest"]
        return found

    def with_contract(self) -> str:
        workspace = self.workspace()
        self.ask("PUT", f"/workspaces/{workspace}/contract", json={"digest": self.contract()})
        return workspace

    def stub(self, workspace: str) -> str:
        key = fresh("stub")
        self.ask("POST", f"/workspaces/{workspace}/stubs", json={"document": stub(key)})
        return key

    def scenario(self, workspace: str, *, is_published: bool = False) -> str:
        name = fresh("scenario")
        self.ask(
            "POST",
            f"/workspaces/{workspace}/scenarios",
            json={"document": {"name": name, "rules": [{"operation": "listPets", "respond": {"status": 503}}]}},
        )
        if is_published:
            self.ask("POST", f"/workspaces/{workspace}/scenarios/{name}/publish", json={})
        return name

    def persona(self) -> str:
        name = fresh("persona")
        self.ask("POST", "/personas", json={"document": {"name": name, "traits": {"tier": "gold"}}})
        return name

    def config_version(self, workspace: str) -> Any:
        self.stub(workspace)
        return self.ask("GET", f"/workspaces/{workspace}/versions?entity_type=config")["items"][0]

    def persona_version(self, name: str) -> Any:
        return self.ask("GET", f"/versions?persona={name}")["items"][0]

    def environment(self, workspace: str) -> str:
        name = fresh("env")
        self.ask("POST", f"/workspaces/{workspace}/environments", json={"name": name})
        return name

    def event(self) -> str:
        self.workspace()
        found: str = self.ask("GET", "/events?limit=1")["items"][0]["id"]
        return found


@contextmanager
def running_control(folder: Path, url: str = "") -> Iterator[tuple[str, io.StringIO]]:
    """Run what `mockops control --auth token` runs; give its URL and what it logs."""
    from mockops.control.auth.settings import AuthMode, AuthSettings
    from mockops.core.clock import SystemClock
    from mockops.infra.db.database import open_database
    from mockops.wiring.control import Control, ControlOptions

    clock = SystemClock()
    database = open_database(url or f"sqlite:///{folder / 'mockops.db'}", clock=clock)
    options = ControlOptions(
        port=0, auth=AuthSettings(mode=AuthMode.TOKEN), bootstrap_token=BOOTSTRAP, data=folder, logs_access=True
    )
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger("mockops")
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    control = Control(database, options, clock=clock)
    started, stopping = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        try:
            await control.start()
            started.set()
            await stopping.wait()
        finally:
            await control.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(60)
        yield control.url, written
    finally:
        loops[0].call_soon_threadsafe(stopping.set)
        thread.join(30)
        root.removeHandler(handler)
        root.setLevel(before)
        database.close()
        assert not thread.is_alive()


@contextmanager
def make_world(folder: Path, database_url: str = "") -> Iterator[World]:
    """Start a control plane, and give everybody a token."""
    with running_control(folder, database_url) as (url, log):
        document = httpx.get(f"{url}{API}/openapi.json", timeout=30).json()
        world = World(url, document, log, folder / "mockops.db", tokens={"root": BOOTSTRAP})
        try:
            world.made("root", "POST", "/orgs", json={"name": "rival"})
            for who, role, org in (
                ("admin", "admin", "default"),
                ("editor", "editor", "default"),
                ("viewer", "viewer", "default"),
                ("rival", "admin", "rival"),
            ):
                made = world.made(
                    "root", "POST", "/tokens", json={"name": who, "role": role}, headers={"MockOps-Org": org}
                )
                world.tokens[who] = made["token"]
            made = world.made("root", "POST", "/tokens", json={"name": "gw", "kind": "gateway"})
            world.tokens["gateway"] = made["token"]
            yield world
        finally:
            for client in world.clients.values():
                client.close()
