"""What a newcomer does in the first minutes, with real processes: the issue's "done when", word by word."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from processes import ROOT, Machine, Process, Stream, by_host, machine_in, wait_for

SIGNED_IN = {"Authorization": "Bearer a-real-looking-token-4711"}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_in(tmp_path) as found:
        yield found


class Up:
    """A running `mockops up`."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.process: Process = machine.start(
            "up", "--data", folder, "--port", "0", "--gateway-port", "0", "--admin-port", "0"
        )
        self.api = self.process.said("API docs").removesuffix("/docs")
        self.gateway = self.process.said("gateway ")
        self.client = httpx.Client(base_url=f"{self.api}/api/v1", timeout=30)

    def get(self, path: str, **query: Any) -> Any:
        reply = self.client.get(path, params=query)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.request(method, self.gateway + path, headers=named, json=body, timeout=30)


@pytest.fixture
def start_up(machine: Machine, tmp_path: Path) -> Iterator[Callable[[], Up]]:
    """Return a starter of `mockops up`, always on the same data."""
    with ExitStack() as opened:

        def start() -> Up:
            up = Up(machine, tmp_path / "data")
            opened.callback(up.client.close)
            return up

        yield start


def test_the_first_minutes(machine: Machine, start_up: Callable[[], Up], tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", shop)
    up = start_up()
    server = ("--server", up.api)
    events, traffic = Stream(f"{up.api}/api/v1/events/stream"), Stream(f"{up.api}/api/v1/traffic/stream")

    said = machine.run("apply", shop, *server)
    assert "to create" in said
    assert "Applied" in said
    for name in ("auth", "inventory", "payments", "shipping"):
        created = events.wait(lambda e, n=name: _is(e, "workspace.created", n), f"workspace.created of {name}")  # type: ignore[misc]
        changed = events.wait(lambda e, n=name: _is(e, "config.changed", n), f"config.changed of {name}")  # type: ignore[misc]
        assert created["specversion"] == "1.0"
        assert created["sequence"] < changed["sequence"]
        assert changed["actor"] == "local:local"

    _all_four_answer(up)
    _who_asks_matters(up)
    _is_seen_live(traffic)
    _is_confirmed(up)
    _an_edited_file_shows_at_once(up, machine, shop, server)
    _an_edit_through_the_api_is_pulled(up, machine, shop, server)

    assert up.process.stop(signal.SIGINT) == 0
    assert "Traceback" not in up.process.text
    events.close()
    traffic.close()
    again = start_up()
    assert {each["name"] for each in again.get("/workspaces")["items"]} == {"auth", "inventory", "payments", "shipping"}
    assert machine.run("plan", shop, "--server", again.api).strip() == "Plan: 40 unchanged."
    wait_for(lambda: again.ask("/@payments/quotes", "POST", {"amount": 1}).status_code != 404, "serving again")
    reply = again.ask("/@inventory/products/MUG-BLUE-350/stock", MockOps_Scenario="out-of-stock")
    assert reply.json()["available"] == 3
    assert again.process.stop(signal.SIGINT) == 0


def _is(event: dict[str, Any], kind: str, workspace: str) -> bool:
    return event["type"] == kind and event.get("workspace") == workspace


def _all_four_answer(up: Up) -> None:
    """Each of the four services, by host, by path and by header."""
    asked: dict[str, tuple[str, str, Any]] = {
        "auth": ("GET", "/customers/me", None),
        "inventory": ("GET", "/products", None),
        "payments": ("GET", "/payment-methods?customer_id=cus_8f2k1", None),
        "shipping": ("GET", "/shipments/shp_904411", None),
    }
    for name, (method, path, body) in asked.items():
        wait_for(lambda n=name: up.ask(f"/@{n}/nothing").headers.get("mockops-workspace") == n, f"serving {name}")  # type: ignore[misc]
        for where, headers in (
            (path, by_host(up.gateway, name)),
            (f"/@{name}{path}", {}),
            (f"/@{name}@dev{path}", {}),
            (path, {"MockOps-Target": name}),
        ):
            reply = up.ask(where, method, body, **headers, **SIGNED_IN)
            assert reply.status_code == 200, (where, headers, reply.text)
            assert reply.headers["mockops-workspace"] == name
            assert reply.headers["mockops-source"] == "mock"
    missing = up.ask("/@nobody/x")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
    assert "auth" in missing.text


def _who_asks_matters(up: Up) -> None:
    stock = "/@inventory/products/MUG-BLUE-350/stock"
    assert up.ask(stock, MockOps_Scenario="out-of-stock").json()["available"] == 3
    assert up.ask(stock, baggage="mockops.scenario=out-of-stock").json()["available"] == 3
    assert up.ask(stock, MockOps_Scenario="nothing").status_code == 400
    me = up.ask("/@auth/customers/me", MockOps_Persona="vip", **SIGNED_IN)
    assert me.json()["name"] == "Maya Lindqvist"
    assert me.headers["mockops-persona"] == "vip"
    assert up.ask("/@auth/customers/me", MockOps_Persona="nobody", **SIGNED_IN).status_code == 400


def _is_seen_live(traffic: Stream) -> None:
    """Find the calls in the stream, without what let them in."""
    for name in ("auth", "inventory", "payments", "shipping"):
        traffic.wait(lambda sample, n=name: sample["workspace"] == n, f"a sample of {name}")  # type: ignore[misc]
    vip = traffic.wait(lambda sample: sample.get("persona") == "vip", "the persona's sample")
    assert vip["workspace"] == "auth"
    assert "a-real-looking-token-4711" not in json.dumps(traffic.found)


def _is_confirmed(up: Up) -> None:
    (gateway,) = up.get("/gateways")["items"]
    assert gateway["is_live"]
    assert gateway["revision"] > 0
    applied = up.get("/gateways/applied", revision=gateway["revision"], wait=5)
    assert (applied["applied"], applied["live"], applied["waiting"]) == (1, 1, [])


def _an_edited_file_shows_at_once(up: Up, machine: Machine, shop: Path, server: tuple[str, ...]) -> None:
    file = shop / "workspaces" / "payments" / "stubs" / "instalment-quote.yaml"
    file.write_text(file.read_text().replace('"quote-{{', '"edited-{{'))
    plan = machine.run("plan", shop, *server)
    assert "instalment-quote" in plan
    assert "1 to update" in plan
    quote = {"amount": 1000, "currency": "EUR", "instalments": 2}
    assert up.ask("/@payments/quotes", "POST", quote).json()["reference"] == "quote-1000-2"
    assert "1 updated" in machine.run("apply", shop, *server)
    assert up.ask("/@payments/quotes", "POST", quote).json()["reference"] == "edited-1000-2", "apply waits for gateways"
    assert machine.run("apply", shop, *server).strip() == "Plan: 40 unchanged.", "it is idempotent"

    took_s = []
    for number in range(5):
        stub = {"id": "timed", "match": "GET /timed", "respond": {"json": {"n": number}}}
        path = "/workspaces/payments/stubs" + ("/timed" if number else "")
        reply = up.client.request("PUT" if number else "POST", path, json={"document": stub})
        assert reply.status_code in (200, 201), reply.text
        committed = time.monotonic()
        wait_for(lambda n=number: _says(up, n), "the change at the gateway", within_s=10)  # type: ignore[misc]
        took_s.append(time.monotonic() - committed)
        applied = up.get("/gateways/applied", revision=reply.headers["mockops-revision"], wait=5)
        assert applied["is_complete"]
    assert max(took_s) < 1.0, took_s
    assert up.client.delete("/workspaces/payments/stubs/timed").status_code == 204


def _says(up: Up, number: int) -> bool:
    reply = up.ask("/@payments/timed")
    return reply.status_code == 200 and reply.json() == {"n": number}


def _an_edit_through_the_api_is_pulled(up: Up, machine: Machine, shop: Path, server: tuple[str, ...]) -> None:
    found = up.client.get("/workspaces/auth/stubs/locked-out")
    reply = up.client.patch(
        "/workspaces/auth/stubs/locked-out",
        json={"document": {"name": "Edited in the API"}},
        headers={"If-Match": found.headers["etag"]},
    )
    assert reply.status_code == 200, reply.text
    assert "locked-out" in machine.run("plan", shop, *server)
    assert "locked-out" in machine.run("pull", shop, *server)
    text = (shop / "workspaces" / "auth" / "stubs" / "locked-out.yaml").read_text()
    assert "Edited in the API" in text
    assert machine.run("plan", shop, *server).strip() == "Plan: 40 unchanged."


def test_the_roles_apart_on_postgresql(machine: Machine, tmp_path: Path, postgresql_url: str) -> None:
    root = "mko_" + "Ab12" * 10
    with own_database(postgresql_url, "newcomer") as url:
        control = machine.start(
            *("control", "--database-url", url, "--port", "0", "--auth", "token", "--data", tmp_path / "control"),
            MOCKOPS_BOOTSTRAP_TOKEN=root,
        )
        server = control.said("control:").split()[0]
        runner = machine.start("runner", "--database-url", url)
        runner.said("runner:")
        mine = {"MOCKOPS_SERVER": server, "MOCKOPS_TOKEN": root}
        with httpx.Client(
            base_url=f"{server}/api/v1", headers={"Authorization": f"Bearer {root}"}, timeout=30
        ) as client:
            made = client.post("/tokens", json={"name": "edge", "kind": "gateway"})
            assert made.status_code == 201, made.text
            token = made.json()["token"]
            gateways = [
                machine.start(
                    *(
                        "gateway",
                        "--control-url",
                        server,
                        "--port",
                        "0",
                        "--admin-port",
                        "0",
                        "--name",
                        f"edge-{number}",
                    ),
                    *("--data", tmp_path / f"edge-{number}"),
                    MOCKOPS_TOKEN=token,
                )
                for number in range(2)
            ]
            wait_for(lambda: len(client.get("/gateways").json()["items"]) == 2, "two live gateways")
            said = machine.run("apply", ROOT / "examples" / "shop", **mine)
            assert "2/2" in said or "Applied" in said
            revision = client.get("/gateways").json()["items"][0]["revision"]
            changed = client.post(
                "/workspaces/auth/stubs", json={"document": {"match": "GET /both", "respond": {"json": 1}}}
            )
            assert changed.status_code == 201, changed.text
            assert int(changed.headers["mockops-revision"]) > revision
            applied = client.get(
                "/gateways/applied", params={"revision": changed.headers["mockops-revision"], "wait": 5}
            ).json()
            assert (applied["applied"], applied["live"], applied["is_complete"]) == (2, 2, True)
            assert applied["took_ms"] < 1000
            for each in gateways:
                at = each.said("gateway:").split()[0]
                assert httpx.get(f"{at}/@auth/both").json() == 1
            assert client.get("/workspaces", headers={"Authorization": f"Bearer {token}"}).status_code == 403
            assert httpx.get(f"{server}/api/v1/workspaces").status_code == 401
        assert [each.stop() for each in (*gateways, runner, control)] == [0, 0, 0, 0]
        said = "".join(each.text for each in machine.running)
        assert token not in said
        assert root not in said


@contextmanager
def own_database(postgresql_url: str, name: str) -> Iterator[str]:
    """Make a database beside the one that other tests share."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    url = make_url(postgresql_url)
    server = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()
