"""Logins and tokens of a real identity provider, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient

from mockops.control.app import AppOptions, create_app, make_services
from mockops.control.auth.people import People
from mockops.control.auth.settings import read_auth
from mockops.core.actor import Caller, Role
from mockops.core.clock import SystemClock
from mockops.infra.db.database import open_database
from mockops.infra.web.bodies import Shown
from mockops.infra.web.router import Read, Router, Write
from mockops.workspaces.service import members, organizations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.infra.db.database import Database


class Who(Shown):
    kind: str
    name: str
    org: str
    role: str


router = Router("who", tag="who")


@router.reads("GET", "/who")
def get_who(work: Read) -> Who:
    caller = work.caller
    return Who(kind=caller.kind, name=caller.name, org=caller.org, role=caller.role)


@router.writes("POST", "/who")
def change_who(work: Write) -> None:
    work.caller.require(Role.VIEWER)


class World:
    """A provider and an application that trusts it."""

    def __init__(self, provider: str, database: Database) -> None:
        self.provider = provider
        self.database = database
        self.people = People()
        self.clock = MovedClock()
        with database.write() as tx:
            self.people.prepare(tx)

    def app(self, **environment: str) -> TestClient:
        named = {
            "MOCKOPS_OIDC_ISSUER": self.provider,
            "MOCKOPS_OIDC_CLIENT_ID": "mockops",
            "MOCKOPS_OIDC_CLIENT_SECRET": "s3cret-of-the-client",
            **environment,
        }
        auth = read_auth(named, host="0.0.0.0")
        services = make_services(self.database, self.clock, self.people, auth)
        app = create_app(services, self.people, AppOptions(auth=auth, routers=(router,)))
        return TestClient(app, base_url=auth.public_url or "http://mocks.example", follow_redirects=False)

    def tell(self, path: str, value: Any = None) -> Any:
        return httpx2.post(self.provider + path, json=value or {}).json()

    def mint(self, key: str = "", **claims: Any) -> dict[str, str]:
        return {"Authorization": "Bearer " + self.tell("/mint", {"claims": claims, "key": key})}

    def invite(self, email: str, role: Role = Role.EDITOR, org: str = "default") -> None:
        with self.database.write() as tx:
            organization = organizations.ensure_organization(tx, org)
            tx.caller = Caller(
                kind="system", id="s", name="s", org_id=organization.id, org=org, role=Role.ADMIN, is_root=True
            )
            members.create_member(tx, email=email, role=role)

    def log_in(self, client: TestClient, path: str = "/auth/login?next=/docs") -> httpx2.Response:
        begun = client.get(path)
        assert begun.status_code == 303, begun.text
        back = httpx2.get(begun.headers["location"], follow_redirects=False)
        assert back.status_code == 303, back.text
        parts = urlsplit(back.headers["location"])
        return client.get(f"{parts.path}?{parts.query}")


class MovedClock(SystemClock):
    """The machine's clock, some hours on."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> Any:
        from datetime import timedelta

        return super().now() + timedelta(seconds=self.ahead_s)

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.ahead_s


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("oidc_provider.py"))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def world(provider: str, _sqlite_template: Path, tmp_path: Path) -> Iterator[World]:
    path = tmp_path / "mockops.db"
    path.write_bytes(_sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}", clock=SystemClock())
    found = World(provider, database)
    found.tell("/people", {"sub": "u-1", "email": "ada@example.com", "email_verified": True, "name": "Ada"})
    yield found
    found.tell("/changes", {})
    database.close()


def test_a_member_logs_in_looks_around_and_logs_out(world: World) -> None:
    world.invite("ada@example.com")
    client = world.app()
    nobody = client.get("/api/v1/who")
    assert nobody.status_code == 401
    assert "/auth/login" in nobody.json()["detail"]
    done = world.log_in(client)
    assert (done.status_code, done.headers["location"]) == (303, "/docs")
    cookie = next(each for each in done.headers.get_list("set-cookie") if each.startswith("mockops="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "ada" not in cookie
    assert client.get("/api/v1/who").json() == {"kind": "user", "name": "Ada", "org": "default", "role": "editor"}
    gone = client.post("/auth/logout", headers={"Origin": "http://mocks.example"})
    assert gone.status_code == 303
    assert gone.headers["location"].startswith(world.provider + "/logout?client_id=mockops")
    assert client.get("/api/v1/who").status_code == 401


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(world: World) -> None:
    world.invite("ada@example.com")
    client = world.app(MOCKOPS_PUBLIC_URL="https://mocks.example.com")
    done = world.log_in(client)
    cookie = next(each for each in done.headers.get_list("set-cookie") if each.startswith("__Host-mockops="))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert client.get("/api/v1/who").status_code == 200


def test_strangers_are_told_that_they_are(world: World) -> None:
    client = world.app()
    done = world.log_in(client)
    assert done.status_code == 403
    assert "ada@example.com is not a member" in done.text
    assert client.get("/api/v1/who").status_code == 401


def test_strangers_become_members_only_if_a_role_is_set_for_them(world: World) -> None:
    client = world.app(MOCKOPS_OIDC_DEFAULT_ROLE="viewer")
    assert world.log_in(client).status_code == 303
    assert client.get("/api/v1/who").json()["role"] == "viewer"


def test_an_address_that_is_not_verified_lets_nobody_in(world: World) -> None:
    world.invite("boss@example.com", Role.ADMIN)
    world.tell("/people", {"sub": "u-9", "email": "boss@example.com", "email_verified": False})
    assert world.log_in(world.app()).status_code == 403
    trusting = world.app(MOCKOPS_OIDC_TRUST_EMAIL="1")
    assert world.log_in(trusting).status_code == 303


def test_another_page_cannot_use_the_cookie(world: World) -> None:
    world.invite("ada@example.com")
    client = world.app()
    world.log_in(client)
    assert client.post("/api/v1/who", headers={"Origin": "http://mocks.example"}).status_code == 204
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "https://mocks.example"}):
        refused = client.post("/api/v1/who", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.origin_refused"), headers
    assert client.post("/auth/logout", headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_login_ends_after_a_while_and_cannot_be_made_up(world: World) -> None:
    world.invite("ada@example.com")
    client = world.app()
    world.log_in(client)
    world.clock.ahead_s = 8 * 3600 + 1
    ended = client.get("/api/v1/who")
    assert (ended.status_code, ended.json()["code"]) == (401, "access.session_expired")
    world.clock.ahead_s = 0
    assert client.get("/api/v1/who").status_code == 200
    sealed = client.cookies["mockops"]
    client.cookies.clear()
    for made_up in ("x", "a.b.c.d.e", sealed[:-3] + "abc", "." * 5000, sealed.replace(".", "", 1)):
        refused = client.get("/api/v1/who", headers={"Cookie": f"mockops={made_up}"})
        assert (refused.status_code, refused.json()["code"]) == (401, "access.session_expired")


def test_several_control_processes_open_each_others_cookies(world: World) -> None:
    world.invite("ada@example.com")
    one, other = world.app(), world.app()
    world.log_in(one)
    cookie = {"Cookie": f"mockops={one.cookies['mockops']}"}
    assert other.get("/api/v1/who", headers=cookie).status_code == 200
    stranger = world.app(MOCKOPS_SECRET_KEY="another key")
    assert stranger.get("/api/v1/who", headers=cookie).status_code == 401


def test_a_callback_needs_the_login_that_this_browser_began(world: World) -> None:
    world.invite("ada@example.com")
    client, other = world.app(), world.app()
    begun = client.get("/auth/login")
    query = parse_qs(urlsplit(begun.headers["location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    back = httpx2.get(begun.headers["location"], follow_redirects=False)
    callback = urlsplit(back.headers["location"])
    foreign = other.get(f"/auth/callback?{callback.query}")
    assert foreign.status_code == 401
    wrong = client.get(f"/auth/callback?{callback.query.replace('state=', 'state=x')}")
    assert wrong.status_code == 401
    client.get("/auth/login")
    assert client.get("/auth/callback?error=access_denied").status_code == 401
    assert client.get("/api/v1/who").status_code == 401
    assert "<script>" not in client.get("/auth/callback?error=<script>").text


@pytest.mark.parametrize(
    "changed",
    [{"nonce": "another"}, {"aud": "other"}, {"iss": "https://evil.example"}, {"exp": 1}],
    ids=lambda each: next(iter(each)),
)
def test_an_id_token_for_something_else_is_refused(world: World, changed: dict[str, Any]) -> None:
    world.invite("ada@example.com")
    world.tell("/changes", changed)
    client = world.app()
    done = world.log_in(client)
    assert done.status_code == 401
    assert client.get("/api/v1/who").status_code == 401


def test_bearer_tokens_of_the_provider_are_taken(world: World) -> None:
    world.invite("ada@example.com", Role.ADMIN)
    client = world.app()
    assert client.get("/api/v1/who", headers=world.mint()).json()["role"] == "admin"
    assert client.post("/api/v1/who", headers=world.mint()).status_code == 204


@pytest.mark.parametrize(
    ("key", "claims"),
    [
        ("rogue", {}),
        ("", {"exp": 1}),
        ("", {"exp": None}),
        ("", {"aud": "another"}),
        ("", {"aud": None}),
        ("", {"iss": "https://evil.example"}),
        ("", {"nbf": 99_999_999_999}),
        ("", {"sub": None}),
    ],
)
def test_forged_expired_and_misaddressed_tokens_are_refused(world: World, key: str, claims: dict[str, Any]) -> None:
    world.invite("ada@example.com")
    refused = world.app().get("/api/v1/who", headers=world.mint(key, **claims))
    assert (refused.status_code, refused.json()["code"]) == (401, "access.jwt_refused")
    assert refused.headers["www-authenticate"].startswith("Bearer")


def test_unsigned_tokens_and_shared_keys_are_refused(world: World) -> None:
    import base64
    import json

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    client = world.app()
    good = world.mint()["Authorization"].removeprefix("Bearer ").split(".")
    for algorithm in ("none", "HS256"):
        text = f"{part({'alg': algorithm})}.{good[1]}.{good[2] if algorithm == 'HS256' else ''}"
        assert client.get("/api/v1/who", headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_a_token_stops_working_when_it_expires_though_it_was_seen(world: World) -> None:
    world.invite("ada@example.com")
    client = world.app()
    token = world.mint()
    assert client.get("/api/v1/who", headers=token).status_code == 200
    world.clock.ahead_s = 400
    assert client.get("/api/v1/who", headers=token).status_code == 401


def test_rotated_keys_are_fetched_and_unknown_ones_not_again_and_again(world: World) -> None:
    world.invite("ada@example.com")
    client = world.app()
    before = httpx2.get(world.provider + "/asked").json()
    assert client.get("/api/v1/who", headers=world.mint()).status_code == 200
    assert client.get("/api/v1/who", headers=world.mint(jti="2")).status_code == 200
    assert httpx2.get(world.provider + "/asked").json() == before + 1
    world.tell("/rotate")
    fresh = world.mint()
    assert client.get("/api/v1/who", headers=fresh).status_code == 401, "not within seconds of the last fetch"
    world.clock.ahead_s = 11
    assert client.get("/api/v1/who", headers=fresh).status_code == 200
    for number in range(5):
        assert client.get("/api/v1/who", headers=world.mint("rogue", jti=str(number))).status_code == 401
    assert httpx2.get(world.provider + "/asked").json() == before + 2


def test_a_provider_that_is_away_is_named(world: World) -> None:
    client = world.app(MOCKOPS_OIDC_ISSUER="http://127.0.0.1:9")
    answer = client.get("/auth/login")
    assert (answer.status_code, answer.json()["code"]) == (503, "auth.provider_unavailable")


def test_members_of_two_organizations_choose(world: World) -> None:
    world.invite("ada@example.com")
    world.invite("ada@example.com", Role.ADMIN, org="zeta")
    client = world.app()
    world.log_in(client)
    assert client.get("/api/v1/who").json()["org"] == "default"
    assert client.get("/api/v1/who", headers={"MockOps-Org": "zeta"}).json()["role"] == "admin"
    assert client.get("/api/v1/who", headers={"MockOps-Org": "other"}).status_code == 404
