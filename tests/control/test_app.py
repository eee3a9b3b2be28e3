"""The application as a whole: its description, its bounds, what every answer carries."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from mockops.control.app import AppOptions, create_app, make_services
from mockops.control.auth.people import People
from mockops.control.auth.settings import AuthMode, AuthSettings
from mockops.control.openapi import OperationsNamedTwice
from mockops.control.routers import ROUTERS
from mockops.core.errors import Stale
from mockops.core.events import Custom
from mockops.infra.db import tables
from mockops.infra.db.migrate import migrate
from mockops.infra.web.bodies import Body, Shown
from mockops.infra.web.router import Created, Read, Router, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database


class NewNote(Body):
    text: str


class Note(Shown):
    text: str
    version: int = 1


router = Router("notes", tag="notes")


@router.reads("GET", "/notes/{name}")
def get_note(work: Read, name: str) -> Note:
    if name == "crash":
        raise RuntimeError("secret-of-the-house")
    return Note(text=f"{work.caller.kind}:{work.caller.name}")


@router.writes("POST", "/notes")
def create_note(work: Write, body: NewNote) -> Created[Note]:
    work.tx.announce(Custom(type="note.created"))
    return Created(Note(text=body.text), "/notes/x")


@router.writes("PUT", "/notes/{name}", errors=(Stale,))
def replace_note(work: Write, name: str, body: NewNote) -> Note:
    return Note(text=body.text)


@pytest.fixture
def start(database: Database, clock: FrozenClock) -> Iterator[Callable[..., TestClient]]:
    """Return a starter of clients of applications over one database."""
    opened: list[TestClient] = []
    people = People()
    with database.write() as tx:
        people.prepare(tx)

    def begin(auth: AuthSettings | None = None, **options: Any) -> TestClient:
        auth = auth or AuthSettings()
        services = make_services(database, clock, people, auth)
        app = create_app(services, people, AppOptions(auth=auth, **{"routers": (router,), **options}))
        client = TestClient(app, base_url="http://localhost:7070", raise_server_exceptions=False)
        client.__enter__()
        opened.append(client)
        return client

    yield begin
    for client in opened:
        client.__exit__(None, None, None)


def test_the_description_is_whole(start: Callable[..., TestClient]) -> None:
    client = start()
    answer = client.get("/api/v1/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["securitySchemes"]) == {"token", "login"}
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    note = document["paths"]["/api/v1/notes"]["post"]
    assert note["operationId"] == "notes.create_note"
    names = {each["$ref"].rpartition("/")[2] for each in note["parameters"] if "$ref" in each}
    assert names == {"Org", "IdempotencyKey"}
    replace = document["paths"]["/api/v1/notes/{name}"]["put"]
    assert {"$ref": "#/components/parameters/IfMatch"} in replace["parameters"]
    for status, response in note["responses"].items():
        if not status.startswith("2"):
            assert list(response["content"]) == ["application/problem+json"], status
    assert all(path.startswith("/api/") for path in document["paths"])
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_references_of_the_real_description_lead_somewhere(start: Callable[..., TestClient]) -> None:
    document = start(routers=ROUTERS).get("/api/v1/openapi.json").json()
    found = set(re.findall(r"'\$ref': '#/components/(\w+)/([^']+)'", str(document)))
    assert [each for each in sorted(found) if each[1] not in document["components"][each[0]]] == []


def test_two_endpoints_of_one_name_are_a_mistake(start: Callable[..., TestClient]) -> None:
    twice = Router("notes", tag="notes")
    twice.reads("GET", "/other/{name}")(get_note)
    with pytest.raises(OperationsNamedTwice, match=r"notes\.get_note"):
        start(routers=(router, twice))


def test_it_lives_and_it_is_ready(start: Callable[..., TestClient], database: Database) -> None:
    client = start()
    assert client.get("/health").json() == {"status": "ok"}
    waiting = client.get("/ready")
    assert (waiting.status_code, waiting.json()["code"]) == (503, "database.not_migrated")


def test_it_is_ready_once_the_tables_are(tmp_path: Path, clock: FrozenClock) -> None:
    from mockops.infra.db.database import open_database

    database = open_database(f"sqlite:///{tmp_path / 'x.db'}", clock=clock)
    migrate(database)
    people = People()
    app = create_app(make_services(database, clock, people, AuthSettings()), people)
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/ready").json() == {"status": "ready"}
    database.close()


def test_every_answer_is_careful_and_has_an_id(start: Callable[..., TestClient]) -> None:
    client = start()
    for path in ("/api/v1/notes/a", "/api/v1/notes/crash", "/nowhere", "/health", "/docs"):
        answer = client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["x-frame-options"] == "DENY", path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert re.fullmatch(r"[0-9a-f]{12}-\d+", answer.headers["x-request-id"]), path
        assert "strict-transport-security" not in answer.headers
    given = client.get("/health", headers={"X-Request-Id": "from-the-balancer.7"})
    assert given.headers["x-request-id"] == "from-the-balancer.7"
    harmful = client.get("/health", headers={"X-Request-Id": "a b\tc" + "x" * 300})
    assert re.fullmatch(r"[0-9a-f]{12}-\d+", harmful.headers["x-request-id"])


def test_a_crash_is_logged_once_and_tells_nothing(
    start: Callable[..., TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    answer = start().get("/api/v1/notes/crash")
    assert (answer.status_code, answer.json()["code"]) == (500, "api.internal")
    assert "secret-of-the-house" not in answer.text
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_secure_pages_stay_secure(start: Callable[..., TestClient]) -> None:
    client = start(AuthSettings(mode=AuthMode.TOKEN, public_url="https://mocks.example.com"))
    assert "max-age" in client.get("/health").headers["strict-transport-security"]


def test_bodies_are_bounded(start: Callable[..., TestClient]) -> None:
    client = start()
    answer = client.post("/api/v1/notes", json={"text": "x" * (2 << 20)})
    assert (answer.status_code, answer.json()["code"]) == (413, "api.body_too_large")
    large = client.post("/api/v1/contracts", content=b"x" * (3 << 20))
    assert large.status_code == 404
    chunks = (b"x" * 100_000 for _ in range(30))
    assert client.post("/api/v1/notes", content=chunks).status_code == 413


def test_the_access_log_names_who_asked_and_no_secret(
    start: Callable[..., TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    client = start(logs_access=True)
    with caplog.at_level(logging.INFO, "mockops.access"):
        client.get("/api/v1/notes/a%0Ab?token=s3cret&x=1", headers={"X-Request-Id": "r-1", "Cookie": "mockops=s3cret"})
    (line,) = [record.message for record in caplog.records if record.name == "mockops.access"]
    assert re.fullmatch(r"\S+ local:local GET /api/v1/notes/a%0Ab\?token=\*\*\*&x=1 200 \d+B [\d.]+ms r-1", line)


def test_no_access_log_unless_asked_for(start: Callable[..., TestClient], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mockops.access"):
        start().get("/api/v1/notes/a")
    assert [record for record in caplog.records if record.name == "mockops.access"] == []


def test_what_is_written_is_in_the_log(start: Callable[..., TestClient], database: Database) -> None:
    assert start().post("/api/v1/notes", json={"text": "x"}).status_code == 201
    with database.read() as tx:
        assert [row.type for row in tx.all(tables.events.select())] == ["note.created"]
