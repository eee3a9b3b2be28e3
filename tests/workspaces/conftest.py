"""Two organizations in a real database, their people, and the slice's API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from mockops.core.actor import Caller, Role
from mockops.workspaces.model.organizations import Organization
from mockops.workspaces.service.organizations import ensure_organization

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import Tx
    from mockops.workspaces.model.environments import Workspace

As = Callable[..., Caller]


def caller_of(organization: Organization, role: Role = Role.ADMIN, **more: Any) -> Caller:
    """Return somebody with a role in an organization."""
    given = {"kind": "user", "id": f"{role}-id", "name": str(role), **more}
    return Caller(org_id=organization.id, org=organization.name, role=role, **given)


@pytest.fixture
def acme(database: Database) -> Organization:
    """Return an organization in the database."""
    with database.write() as tx:
        return ensure_organization(tx, "acme")


@pytest.fixture
def rival(database: Database) -> Organization:
    """Return another organization in the database."""
    with database.write() as tx:
        return ensure_organization(tx, "rival")


@pytest.fixture
def admin(acme: Organization) -> Caller:
    """Return an admin of acme."""
    return caller_of(acme)


@pytest.fixture
def editor(acme: Organization) -> Caller:
    """Return an editor of acme."""
    return caller_of(acme, Role.EDITOR)


@dataclass
class Cuts:
    """Which workspaces' config was asked to be versioned."""

    names: list[str] = field(default_factory=list)

    def cut(self, _tx: Tx, workspace: Workspace) -> None:
        self.names.append(workspace.name)


@pytest.fixture
def cuts() -> Cuts:
    """Return what stands for the slice above, which versions configs."""
    return Cuts()


@cache
def _application() -> FastAPI:
    """Return an application with the slice's endpoints; making one takes longer than most tests."""
    from fastapi import FastAPI

    from mockops.control.routers import ROUTERS
    from mockops.infra.web import problems

    app = FastAPI()
    problems.install(app)
    for router in ROUTERS:
        if all(route.operation_id.startswith("workspaces.") for route in router.api.routes):  # type: ignore[attr-defined]
            app.include_router(router.api, prefix="/api/v1")
    return app


@pytest.fixture
def client(
    database: Database, clock: FrozenClock, acme: Organization, rival: Organization, cuts: Cuts
) -> Iterator[TestClient]:
    """Give a client of the API; `Authorization: Bearer ROLE`, `ROLE@ORG`, `root` or a real token says who asks."""
    from starlette.testclient import TestClient

    from mockops.infra.secrets import Vault
    from mockops.infra.web.problems import NotAuthenticated
    from mockops.infra.web.services import Services
    from mockops.workspaces.service.changes import ConfigHook
    from mockops.workspaces.service.tokens import authenticate_token

    orgs = {"acme": acme, "rival": rival}

    def authenticate(tx: Any, connection: Any) -> Caller:
        shown = connection.headers.get("authorization", "").removeprefix("Bearer ")
        if shown.startswith("mko_"):
            found = authenticate_token(tx, shown)
            if found is None:
                raise NotAuthenticated("The token lets nobody in.")
            return found
        role, _, org = shown.partition("@")
        is_root = role == "root"
        return caller_of(orgs[org or "acme"], Role.ADMIN if is_root else Role(role), is_root=is_root)

    app = _application()
    app.state.services = Services(database=database, clock=clock, authenticate=authenticate)
    app.state.services.provide(Vault([bytes(range(32))]))
    app.state.services.provide(ConfigHook(cuts.cut))
    with TestClient(
        app,
        base_url="http://mockops.test/api/v1",
        raise_server_exceptions=True,
        headers={"Authorization": "Bearer admin"},
    ) as found:
        yield found
