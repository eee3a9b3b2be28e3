"""A workspace with a contract in a real database, and its API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from mockops.core.actor import Caller, Role

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import Tx
    from mockops.workspaces.model.environments import Workspace


def pets(**paths: str) -> dict[str, Any]:
    """Return a contract with an operation for each `name="GET /path"`."""
    shown: dict[str, Any] = {}
    for name, operation in paths.items():
        method, _, path = operation.partition(" ")
        parameters = [
            {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
            for part in path.split("/")
            if part.startswith("{")
        ]
        shown.setdefault(path, {})[method.lower()] = {
            "operationId": name,
            "parameters": parameters,
            "responses": {"200": {"description": "fine"}},
        }
    return {"openapi": "3.0.3", "info": {"title": "Pets", "version": "1"}, "paths": shown}


def set_pets(tx: Tx, workspace: Workspace, document: dict[str, Any]) -> None:
    """Make a contract the workspace's current one."""
    from mockops.contracts.model import Built, Bundle
    from mockops.contracts.rules.artefact import compile_contract, import_contract
    from mockops.contracts.service.bundled import BundleSources
    from mockops.contracts.service.current import set_contract
    from mockops.contracts.service.saved import save_contract
    from mockops.core.documents import read_document

    bundle = Bundle(root="api.json", files={"api.json": json.dumps(document).encode()})
    sources = BundleSources(bundle)
    imported = import_contract(read_document(sources.read_root(), bundle.root), sources.resolve)
    contract = compile_contract(imported)
    artefact = contract.to_bytes()
    built = Built(
        artefact=artefact,
        artefact_digest=sha256(artefact).hexdigest(),
        diagnostics=imported.diagnostics,
        title=contract.title,
        version=contract.version,
        dialect=contract.dialect,
        operations=contract.entries,
    )
    set_contract(tx, workspace, save_contract(tx, workspace.org_id, bundle, built).digest)


@dataclass(frozen=True)
class World:
    """Two organizations; the first has a workspace `pets` with a contract."""

    database: Database
    caller: Caller
    stranger: Caller
    workspace: Workspace

    def events(self, type_: str) -> list[dict[str, Any]]:
        """Return the payloads of events, oldest first."""
        from sqlalchemy import select

        from mockops.infra.db.tables import events

        with self.database.read() as tx:
            rows = tx.all(select(events).where(events.c.type == type_).order_by(events.c.sequence))
        return [row.data for row in rows]

    def audit(self, entity_type: str) -> list[tuple[str, str, Any, Any]]:
        """Return action, key, before and after of audit entries, oldest first."""
        from sqlalchemy import select

        from mockops.infra.db.tables import audit

        with self.database.read() as tx:
            rows = tx.all(select(audit).where(audit.c.entity_type == entity_type).order_by(audit.c.number))
        return [(row.action, row.entity_id, row.before, row.after) for row in rows]


def _world(database: Database) -> World:
    from mockops.workspaces.service.organizations import ensure_organization
    from mockops.workspaces.service.workspaces import create_workspace

    callers = []
    for name in ("acme", "other"):
        with database.write() as tx:
            org = ensure_organization(tx, name)
        callers.append(Caller(kind="token", id=name, name=name, org_id=org.id, org=name, role=Role.EDITOR))
    with database.write(callers[0]) as tx:
        workspace = create_workspace(tx, name="pets")
        set_pets(
            tx, workspace, pets(listPets="GET /pets", getPet="GET /pets/{petId}", deletePet="DELETE /pets/{petId}")
        )
    return World(database, callers[0], callers[1], workspace)


@pytest.fixture
def world(database: Database) -> World:
    """Return two organizations on SQLite and on PostgreSQL."""
    return _world(database)


@pytest.fixture
def open_api() -> Iterator[Callable[[World, FrozenClock], TestClient]]:
    """Return what opens the slice's API of a world; the header `Who` names the organization, `Role` the role."""
    from contextlib import ExitStack
    from dataclasses import replace

    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from mockops.infra.web import problems
    from mockops.infra.web.services import Services
    from mockops.mocking.api import imports, personas, scenarios, stubs

    with ExitStack() as stack:

        def open_(world: World, clock: FrozenClock) -> TestClient:
            def authenticate(_tx: Any, connection: Any) -> Caller:
                headers = connection.headers
                caller = world.stranger if headers.get("who") == "other" else world.caller
                return replace(caller, role=Role(headers.get("role", "editor")))

            app = FastAPI()
            problems.install(app)
            for module in (stubs, scenarios, personas, imports):
                app.include_router(module.router.api)
            app.state.services = Services(database=world.database, clock=clock, authenticate=authenticate)
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield open_


@pytest.fixture
def api(world: World, clock: FrozenClock, open_api: Callable[[World, FrozenClock], TestClient]) -> TestClient:
    """Return the slice's API on SQLite and on PostgreSQL."""
    return open_api(world, clock)


@pytest.fixture
def sqlite_api(
    sqlite_database: Database, clock: FrozenClock, open_api: Callable[[World, FrozenClock], TestClient]
) -> TestClient:
    """Return the slice's API on SQLite, where the database does not matter."""
    return open_api(_world(sqlite_database), clock)
