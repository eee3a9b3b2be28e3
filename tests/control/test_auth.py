"""Who is asking: this machine's user, a token, nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from mockops.control.app import AppOptions, create_app, make_services
from mockops.control.auth.people import People
from mockops.control.auth.settings import AuthMode, AuthSettings
from mockops.core.actor import Role
from mockops.infra.web.bodies import Shown
from mockops.infra.web.router import Read, Router, Write
from mockops.workspaces.service import organizations, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database


class Asking(Shown):
    kind: str
    org: str
    role: str
    is_root: bool
    address: str
    agent: str


router = Router("asking", tag="asking")


@router.reads("GET", "/asking")
def get_asking(work: Read) -> Asking:
    caller = work.caller
    return Asking(
        kind=caller.kind,
        org=caller.org,
        role=caller.role,
        is_root=caller.is_root,
        address=caller.address,
        agent=caller.user_agent,
    )


@router.writes("POST", "/asking")
def change_asking(work: Write) -> None:
    work.caller.require(Role.EDITOR)


@pytest.fixture
def people(database: Database) -> People:
    found = People()
    with database.write() as tx:
        found.prepare(tx)
        organizations.ensure_organization(tx, "zeta")
    return found


@pytest.fixture
def start(database: Database, clock: FrozenClock, people: People) -> Callable[[AuthMode], TestClient]:
    def begin(mode: AuthMode) -> TestClient:
        auth = AuthSettings(mode=mode)
        app = create_app(make_services(database, clock, people, auth), people, AppOptions(auth=auth, routers=(router,)))
        return TestClient(app, base_url="http://localhost:7070")

    return begin


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_this_machines_user_may_do_everything(start: Callable[[AuthMode], TestClient]) -> None:
    client = start(AuthMode.LOCAL)
    found = client.get("/api/v1/asking", headers={"User-Agent": "x" * 900}).json()
    assert (found["kind"], found["org"], found["role"], found["is_root"]) == ("local", "default", "admin", True)
    assert found["address"] == "testclient"
    assert len(found["agent"]) == 500
    assert client.get("/api/v1/asking", headers={"MockOps-Org": "zeta"}).json()["org"] == "zeta"
    unknown = client.get("/api/v1/asking", headers={"MockOps-Org": "nowhere"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "organization.unknown")


def test_a_page_elsewhere_reaches_nothing(start: Callable[[AuthMode], TestClient]) -> None:
    client = start(AuthMode.LOCAL)
    rebound = client.get("/api/v1/asking", headers={"Host": "evil.example:7070"})
    assert (rebound.status_code, rebound.json()["code"]) == (403, "access.host_refused")
    forged = client.post("/api/v1/asking", headers={"Origin": "http://evil.example"})
    assert (forged.status_code, forged.json()["code"]) == (403, "access.origin_refused")
    assert client.post("/api/v1/asking", headers={"Origin": "http://localhost:7070"}).status_code == 204
    assert client.get("/docs", headers={"Host": "evil.example"}).status_code == 403


def test_a_token_shown_here_counts_here_too(
    start: Callable[[AuthMode], TestClient], database: Database, people: People
) -> None:
    client = start(AuthMode.LOCAL)
    assert client.get("/api/v1/asking", headers=bearer("mko_" + "x" * 40)).status_code == 401
    with database.write() as tx:
        text = people.create_admin_token(tx)
    assert client.get("/api/v1/asking", headers=bearer(text)).json()["kind"] == "token"


def test_without_a_token_nobody_is_known(start: Callable[[AuthMode], TestClient]) -> None:
    client = start(AuthMode.TOKEN)
    nobody = client.get("/api/v1/asking", headers={"Host": "mocks.example"})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "access.not_authenticated")
    assert "mockops token create" in nobody.json()["detail"]
    assert client.get("/auth/login").json()["code"] == "auth.no_logins"
    for wrong in ("Basic eDp5", "Bearer", "Bearer  "):
        assert client.get("/api/v1/asking", headers={"Authorization": wrong}).status_code == 400
    for wrong in ("abc", "eyJhbGciOiJub25lIn0.e30.", "mko_" + "y" * 40):
        assert client.get("/api/v1/asking", headers=bearer(wrong)).status_code == 401


def test_tokens_say_who_they_are_until_they_are_revoked(
    start: Callable[[AuthMode], TestClient], database: Database, people: People, clock: FrozenClock
) -> None:
    client = start(AuthMode.TOKEN)
    with database.write() as tx:
        root = people.create_admin_token(tx)
    assert client.get("/api/v1/asking", headers=bearer(root)).json()["role"] == "admin"
    assert client.get("/api/v1/asking", headers={**bearer(root), "MockOps-Org": "zeta"}).json()["org"] == "zeta"
    with database.write() as tx:
        organization = organizations.ensure_organization(tx)
        tx.caller = people.find_token(tx, root, _origin())
        token, text = tokens.create_token(tx, name="ci", role=Role.VIEWER)
        assert organization.id == token.org_id
    assert client.get("/api/v1/asking", headers=bearer(text)).json()["role"] == "viewer"
    refused = client.post("/api/v1/asking", headers=bearer(text))
    assert (refused.status_code, refused.json()["code"]) == (403, "access.role_too_low")
    assert client.get("/api/v1/asking", headers={**bearer(text), "MockOps-Org": "zeta"}).status_code == 404
    with database.write() as tx:
        assert people.uses.has_news
        assert people.uses.flush(tx) == 2
        tokens.revoke_token(tx, token)
    assert client.get("/api/v1/asking", headers=bearer(text)).status_code == 401
    clock.advance(400 * 86400)
    assert client.get("/api/v1/asking", headers=bearer(root)).status_code == 200


def test_a_gateways_token_is_for_gateways(
    start: Callable[[AuthMode], TestClient], database: Database, people: People
) -> None:
    with database.write() as tx:
        text = people.create_gateway_token(tx)
        assert people.is_gateway_token(tx, text)
        assert not people.is_gateway_token(tx, "")
        assert not people.is_gateway_token(tx, people.create_admin_token(tx))
    refused = start(AuthMode.TOKEN).get("/api/v1/asking", headers=bearer(text))
    assert (refused.status_code, refused.json()["code"]) == (403, "access.gateway_only")


def test_the_first_admin_is_the_first(database: Database, people: People) -> None:
    with database.write() as tx:
        assert not people.has_admin(tx)
        people.create_gateway_token(tx)
        assert not people.has_admin(tx)
        chosen = "mko_" + "a1" * 20
        assert people.create_admin_token(tx, chosen) == chosen
        assert people.has_admin(tx)


def _origin():  # type: ignore[no-untyped-def]
    from mockops.control.auth.identity import Origin

    return Origin()
