"""Batches of traffic on real databases: counted once, whatever is sent again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, insert, select
from starlette.testclient import TestClient

from mockops.core.actor import Caller, Role
from mockops.core.clock import FrozenClock
from mockops.infra.db.database import Database
from mockops.infra.web import problems
from mockops.infra.web.services import Services
from mockops.publishing.api.traffic import router
from mockops.publishing.model import CountRow, Sample, TrafficBatch
from mockops.publishing.service import traffic
from mockops.publishing.service.traffic import BatchInvalid, percentile_ms, take_batch
from mockops.publishing.store import tables
from mockops.workspaces.store import tables as places

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GATEWAY = Caller(kind="gateway", id="t1", name="gw", org_id="o1", org="acme", role=Role.VIEWER)
ROOT = Caller(kind="gateway", id="t0", name="root", org_id="o1", org="acme", role=Role.VIEWER, is_root=True)
VIEWER = Caller(kind="token", id="t2", name="v", org_id="o1", org="acme", role=Role.VIEWER)


def fill(database: Database) -> None:
    """Two organizations, each with a workspace `shop` in `dev`."""
    common = {"version": 1, "created_at": NOON, "updated_at": NOON}
    with database.write() as tx:
        for number in "12":
            tx.run(
                insert(places.organizations).values(
                    id=f"o{number}", name=f"org{number}", title="", environments=[], **common
                )
            )
            tx.run(
                insert(places.workspaces).values(
                    id=f"w{number}",
                    org_id=f"o{number}",
                    name="shop",
                    title="",
                    description="",
                    settings={},
                    labels={},
                    **common,
                )
            )
            tx.run(
                insert(places.environments).values(
                    id=f"e{number}", workspace_id=f"w{number}", name="dev", position=0, settings={}, **common
                )
            )


def count(**more: Any) -> CountRow:
    return CountRow(
        **{"minute": NOON, "count": 3, "total_s": 0.03, "buckets": ((3, 2), (14, 1)), "key": "e1", "target": "shop"}
        | more
    )


def batch(number: int = 1, **more: Any) -> TrafficBatch:
    return TrafficBatch(**{"gateway": "g1", "boot": "b1", "number": number, "at": NOON} | more)


def send(database: Database, sent: TrafficBatch, caller: Caller = GATEWAY) -> tuple[bool, int]:
    with database.write(caller, scope=traffic.scope_of(sent)) as tx:
        taken, position = take_batch(tx, sent)
    return taken.is_new, position


def total(database: Database) -> int:
    with database.read() as tx:
        return int(tx.scalar(select(func.coalesce(func.sum(tables.traffic_minutes.c.count), 0))))


def test_a_batch_counts_once_and_its_rows_add_up(database: Database) -> None:
    fill(database)
    assert send(database, batch(1, counts=(count(), count(status=200), count()))) == (True, 0)
    assert send(database, batch(1, counts=(count(),))) == (False, 0)
    assert send(database, batch(2, counts=(count(minute=NOON + timedelta(seconds=7)),))) == (True, 0)
    assert send(database, batch(1, boot="b2", counts=(count(),))) == (True, 0)
    assert total(database) == 15
    with database.read() as tx:
        rows = tx.all(select(tables.traffic_minutes).order_by(tables.traffic_minutes.c.status))
    assert [(row.status, row.count, row.bucket_3, row.bucket_14, row.workspace_id) for row in rows] == [
        (0, 12, 8, 4, "w1"),
        (200, 3, 2, 1, "w1"),
    ]


def test_whose_traffic_it_is_the_targets_key_tells(database: Database) -> None:
    fill(database)
    foreign = (count(key="e2"), count(key="none", target="gone", environment="dev"))
    send(database, batch(1, counts=foreign))
    send(database, batch(2, counts=foreign), ROOT)
    with database.read() as tx:
        rows = tx.all(select(tables.traffic_minutes))
    found = sorted((row.org_id, row.workspace_id, row.workspace, row.count) for row in rows)
    assert found == [("o1", "", "gone", 6), ("o1", "", "shop", 3), ("o2", "w2", "shop", 3)]


def test_gateways_that_report_at_once_lose_nothing(database: Database) -> None:
    fill(database)
    rows = tuple(count(operation=f"GET /{number}") for number in range(40))

    def report(number: int) -> None:
        which = number % 4
        samples = tuple(Sample(at=NOON, document={}, key="e1") for _ in range(3))
        sent = batch(number // 4 + 1, gateway=f"g{which}", counts=rows[:: -1 if which % 2 else 1], samples=samples)
        assert send(database, sent)[0]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(report, range(24)))
    assert total(database) == 24 * 40 * 3
    with database.read() as tx:
        positions = [row.position for row in tx.all(select(tables.traffic_samples.c.position))]
    assert sorted(positions) == list(range(1, 24 * 3 + 1))


def test_samples_are_pruned_now_and_then(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "KEPT_SAMPLES", 20)
    monkeypatch.setattr(traffic, "_PRUNE_EVERY", 50)
    kept = []
    for number in range(1, 13):
        send(database, batch(number, samples=tuple(Sample(at=NOON, document=None) for _ in range(10))))
        with database.read() as tx:
            kept.append(tx.scalar(select(func.count()).select_from(tables.traffic_samples)))
    assert kept == [10, 20, 30, 40, 20, 30, 40, 50, 60, 20, 30, 40]


def test_numbers_are_forgotten_and_still_not_counted_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockops.publishing.store.traffic.FORGET_EVERY", 10)
    monkeypatch.setattr("mockops.publishing.store.traffic.KEPT_NUMBERS", 20)
    for number in range(1, 52):
        assert send(database, batch(number, counts=(count(),)))[0]
    with database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(tables.traffic_batches)) == 21
    assert not send(database, batch(7, counts=(count(),)))[0]
    assert total(database) == 51 * 3


def test_names_too_long_or_with_nul_are_cut_and_kept(database: Database) -> None:
    send(database, batch(1, counts=(count(ci_run="a\0b" + "x" * 300, operation="GET /" + "y" * 3000),)))
    large = Sample(at=NOON, document={"body": "z" * 200_000}, persona="v\0")
    send(database, batch(2, samples=(large,)))
    with database.read() as tx:
        row = tx.one(select(tables.traffic_minutes))
        sample = tx.one(select(tables.traffic_samples))
    assert row is not None
    assert (len(row.ci_run), len(row.operation), row.workspace) == (255, 2000, "shop")
    assert sample is not None
    assert "larger than" in sample.document["document"]["note"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"gateway": ""},
        {"boot": "x" * 256},
        {"counts": (count(count=-1),)},
        {"counts": (count(buckets=((28, 1),)),)},
        {"counts": (count(status=1000),)},
        {"counts": (count(minute=NOON.replace(tzinfo=None)),)},
        {"samples": (Sample(at=NOON.replace(tzinfo=None), document=1),)},
        {"samples": tuple(Sample(at=NOON, document=1) for _ in range(1001))},
    ],
)
def test_what_no_gateway_sends_is_refused(sqlite_database: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(BatchInvalid):
        send(sqlite_database, batch(**wrong))
    assert total(sqlite_database) == 0


def test_percentiles_are_upper_bounds() -> None:
    buckets = [0] * 28
    assert percentile_ms(buckets, 0.5) is None
    buckets[10] = 99
    buckets[20] = 1
    assert percentile_ms(buckets, 0.5) == 1.024
    assert percentile_ms(buckets, 0.99) == 1.024
    assert percentile_ms(buckets, 1.0) == 1048.576


@pytest.fixture
def client(database: Database, clock: FrozenClock) -> Iterator[TestClient]:
    fill(database)
    app = FastAPI()
    problems.install(app)
    app.include_router(router.api)
    callers = {"all": VIEWER, "none": _only(frozenset())}
    app.state.services = Services(
        database=database, clock=clock, authenticate=lambda _tx, asked: callers[asked.headers.get("who", "all")]
    )
    with TestClient(app) as found:
        yield found


def _only(workspaces: frozenset[str]) -> Caller:
    return Caller(kind="token", id="t3", name="n", org_id="o1", org="acme", workspaces=workspaces)


def test_counts_are_grouped_filtered_and_paged(client: TestClient, database: Database) -> None:
    rows = [
        count(operation=f"GET /{number % 3}", status=200 + 204 * (number % 2), minute=NOON + timedelta(minutes=number))
        for number in range(6)
    ]
    send(database, batch(1, counts=(*rows, count(key="e2", count=100))), ROOT)
    assert [item["count"] for item in client.get("/traffic/counts").json()["items"]] == [18]
    by = client.get("/traffic/counts", params={"group_by": ["workspace", "operation"], "limit": 2}).json()
    assert [(item["workspace_id"], item["workspace"], item["operation"], item["count"]) for item in by["items"]] == [
        ("w1", "shop", "GET /0", 6),
        ("w1", "shop", "GET /1", 6),
    ]
    rest = client.get(
        "/traffic/counts", params={"group_by": ["workspace", "operation"], "limit": 2, "cursor": by["next"]}
    ).json()
    assert ([item["operation"] for item in rest["items"]], rest["next"]) == (["GET /2"], None)
    assert rest["items"][0]["mean_ms"] == pytest.approx(10)
    assert (rest["items"][0]["p50_ms"], rest["items"][0]["p99_ms"]) == (0.008, 16.384)
    failed = client.get("/traffic/counts", params={"status": "4xx", "group_by": "status"}).json()["items"]
    assert [(item["status"], item["count"]) for item in failed] == [(404, 9)]
    late = client.get("/traffic/counts", params={"from": "2026-03-02T12:04:00Z", "group_by": "minute"}).json()["items"]
    assert [item["minute"] for item in late] == ["2026-03-02T12:04:00Z", "2026-03-02T12:05:00Z"]
    assert client.get("/traffic/counts", params={"workspace": "nowhere"}).json()["items"] == []
    assert client.get("/traffic/counts", headers={"who": "none"}).json()["items"] == []
    assert client.get("/traffic/counts", params={"from": "2026-03-02T12:04:00"}).json()["code"] == "api.moment_invalid"
    assert client.get("/traffic/counts", params={"group_by": "colour"}).status_code == 422
    assert client.get("/traffic/counts", params={"status": "9xx"}).status_code == 422


def test_samples_come_newest_first(client: TestClient, database: Database) -> None:
    samples = [Sample(at=NOON, document={"n": n}, key=f"e{n % 2 + 1}", status=200, ci_run=f"r{n}") for n in range(6)]
    send(database, batch(1, samples=tuple(samples)), ROOT)
    first = client.get("/traffic/samples", params={"limit": 2}).json()
    assert [item["position"] for item in first["items"]] == [5, 3]
    assert first["items"][0]["sample"]["document"] == {"n": 4}
    rest = client.get("/traffic/samples", params={"limit": 2, "cursor": first["next"]}).json()
    assert ([item["position"] for item in rest["items"]], rest["next"]) == ([1], None)
    one = client.get("/traffic/samples", params={"ci_run": "r2", "workspace": "shop", "status": "200"}).json()["items"]
    assert [item["position"] for item in one] == [3]
    oldest = client.get("/traffic/samples", params={"order": "oldest"}).json()["items"]
    assert [item["position"] for item in oldest] == [1, 3, 5]
    assert client.get("/traffic/samples", headers={"who": "none"}).json()["items"] == []
