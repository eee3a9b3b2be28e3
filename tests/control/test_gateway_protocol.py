"""Gateways over real sockets: pages, blobs, acknowledgements, traffic, and whose is whose."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from live_control import LiveControl, save

from mockops.publishing.model import BlobsAsked, CountRow, Sample, SnapshotPage, TrafficBatch, read_frames

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def poll(control: LiveControl, token: dict[str, str], cursor: int = 0, wait: float = 0, **more: Any) -> SnapshotPage:
    query = {"cursor": cursor, "wait": wait, "gateway": "g1", "boot": "b1", **more}
    headers = {"Accept-Encoding": "zstd", **token}
    answer = httpx.get(f"{control.url}/gateway/v1/snapshots", params=query, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-encoding"] == "zstd"
    return msgspec.json.decode(answer.content, type=SnapshotPage)


def names(page: SnapshotPage) -> list[str]:
    return [f"{row.org}:{row.name}@{row.environment}" for row in page.changed]


def test_a_target_is_there_once_something_is_pinned(control: LiveControl) -> None:
    token = control.token()
    shop = control.workspace("shop", settings={"seed": 1, "cors": {"max_age_s": 5}})
    empty = poll(control, token)
    assert (empty.changed, empty.removed, empty.more, empty.reset, empty.home) == ((), (), False, False, "default")
    assert empty.cursor > 0
    artefact, revision = control.set_contract(shop, "Shop")
    page = poll(control, token, empty.cursor)
    assert (names(page), page.cursor >= revision) == (["default:shop@dev"], True)
    row = page.changed[0]
    assert (row.contract, row.is_default, row.workspace_id, row.settings.seed) == (artefact, True, shop.id, 1)
    assert row.settings.cors.max_age_s == 5
    assert poll(control, token, page.cursor).changed == ()


def test_a_waiting_poll_is_answered_by_the_change(control: LiveControl) -> None:
    token = control.token()
    shop = control.workspace("shop")
    cursor = poll(control, token).cursor
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(poll, control, token, cursor, 20, gateway=f"g{n}") for n in range(2)]
        wait_for_polls(control, 2)
        _, revision = control.set_contract(shop, "Shop")
        pages = [each.result(20) for each in waiting]
    assert [names(page) for page in pages] == [["default:shop@dev"]] * 2
    assert all(page.cursor >= revision for page in pages)


def wait_for_polls(control: LiveControl, count: int) -> None:
    """Wait until so many polls wait."""
    feed = control.live.feed
    done = threading.Event()
    for _ in range(2000):
        if sum(len(crowd.waiting) for crowd in list(feed._crowds.values())) == count:
            return
        done.wait(0.005)
    raise AssertionError("the polls do not wait")


def test_a_poll_that_waits_for_nothing_gets_an_empty_page(control: LiveControl) -> None:
    token = control.token()
    control.workspace("shop")
    cursor = poll(control, token).cursor
    page = poll(control, token, cursor, 0.05)
    assert (page.changed, page.cursor) == ((), cursor)


def test_what_is_deleted_or_unpinned_is_removed(control: LiveControl) -> None:
    from mockops.workspaces.service.workspaces import delete_workspace

    token = control.token()
    shop = control.workspace("shop")
    control.set_contract(shop, "Shop")
    first = poll(control, token)
    key = first.changed[0].key
    from mockops.contracts.service.current import unset_contract

    control.write(lambda tx: unset_contract(tx, shop))
    second = poll(control, token, first.cursor)
    assert second.removed == (key,)
    control.set_contract(shop, "Shop")
    third = poll(control, token, second.cursor)
    assert [row.key for row in third.changed] == [key]
    control.write(lambda tx: delete_workspace(tx, shop))
    assert key in poll(control, token, third.cursor).removed
    assert poll(control, token).removed == ()


def test_a_cursor_ahead_of_the_log_starts_anew(control: LiveControl) -> None:
    token = control.token()
    control.set_contract(control.workspace("shop"), "Shop")
    page = poll(control, token, 10**9, 20)
    assert (page.reset, names(page)) == (True, ["default:shop@dev"])
    applied = httpx.get(f"{control.url}/api/v1/gateways/applied?revision=1").json()
    assert (applied["applied"], applied["live"], applied["waiting"]) == (0, 1, ["g1"])


def test_a_token_serves_its_organization_and_the_root_token_all(control: LiveControl) -> None:
    globex = control.organization("globex")
    ours, theirs = control.token(), control.token(caller=globex)
    our_artefact, _ = control.set_contract(control.workspace("shop"), "Ours")
    their_artefact, _ = control.set_contract(control.workspace("shop", globex), "Theirs", globex)
    assert names(poll(control, ours)) == ["default:shop@dev"]
    page = poll(control, theirs)
    assert (page.home, names(page)) == ("globex", ["globex:shop@dev"])
    root = poll(control, control.root_token())
    assert (root.home, names(root)) == ("default", ["default:shop@dev", "globex:shop@dev"])
    blobs = f"{control.url}/gateway/v1/blobs"
    assert sha256(httpx.get(f"{blobs}/{our_artefact}", headers=ours).content).hexdigest() == our_artefact
    assert httpx.get(f"{blobs}/{our_artefact}", headers=theirs).status_code == 404
    asked = msgspec.json.encode(BlobsAsked(digests=(our_artefact, their_artefact, "0" * 64)))
    framed = httpx.post(blobs, content=asked, headers=theirs).content
    assert [(blob.digest, blob.content is None) for blob in read_frames(framed)] == [
        (our_artefact, True),
        (their_artefact, False),
        ("0" * 64, True),
    ]


def test_another_organizations_change_wakes_nobody(control: LiveControl) -> None:
    globex = control.organization("globex")
    token, shop = control.token(), control.workspace("shop")
    foreign = control.workspace("shop", globex)
    cursor = poll(control, token).cursor
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(poll, control, token, cursor, 20)
        wait_for_polls(control, 1)
        control.set_contract(foreign, "Theirs", globex)
        _, revision = control.set_contract(shop, "Ours")
        page = waiting.result(20)
    assert names(page) == ["default:shop@dev"]
    assert page.cursor >= revision


def test_many_targets_come_in_pages(control: LiveControl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockops.publishing.service.snapshots.MAX_TARGETS", 3)
    token = control.token()

    def make(tx: Any) -> None:
        from mockops.workspaces.service.workspaces import create_workspace

        for number in range(7):
            save(tx, create_workspace(tx, name=f"w{number}"), "Same")

    control.write(make)
    found: list[str] = []
    cursor, more = 0, True
    while more:
        page = poll(control, token, cursor)
        assert len(page.changed) <= 3
        assert page.cursor > cursor
        found += names(page)
        cursor, more = page.cursor, page.more
    assert found == [f"default:w{number}@dev" for number in range(7)]


def test_only_gateways_are_let_in(control: LiveControl) -> None:
    url = f"{control.url}/gateway/v1/snapshots?gateway=g&boot=b"
    api = httpx.get(url, headers=control.token("api"))
    assert (api.status_code, api.json()["code"]) == (403, "access.gateway_token_needed")
    unknown = httpx.get(url, headers={"Authorization": "Bearer nonsense"})
    assert unknown.status_code == 401
    assert httpx.get(url + "&cursor=-1", headers=control.token()).status_code == 422


def test_applied_counts_acknowledgements_of_live_gateways(control: LiveControl, client: httpx.Client) -> None:
    token = control.token()
    shop = control.workspace("shop")
    none = client.get("/api/v1/gateways/applied?revision=1&wait=9").json()
    assert (none["applied"], none["live"], none["is_complete"]) == (0, 0, True)
    cursors = {name: poll(control, token, gateway=name, name=name.upper(), workers=2).cursor for name in ("g1", "g2")}
    _, revision = control.set_contract(shop, "Shop")
    pages = {name: poll(control, token, cursors[name], gateway=name, name=name.upper(), workers=2) for name in cursors}
    half = client.get(f"/api/v1/gateways/applied?revision={revision}").json()
    assert (half["applied"], half["live"], half["waiting"]) == (0, 4, ["G1", "G2"])
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(client.get, f"/api/v1/gateways/applied?revision={revision}&wait=20")
        for name, page in pages.items():
            poll(control, token, page.cursor, gateway=name, name=name.upper(), workers=2)
        done = asked.result(20).json()
    assert (done["revision"], done["applied"], done["live"], done["waiting"]) == (revision, 4, 4, [])
    assert done["is_complete"]
    far = client.get(f"/api/v1/gateways/applied?revision={revision + 1000}").json()
    assert far["is_complete"], "nothing of this organization is newer than what they have"


def test_a_restarted_gateway_counts_once(control: LiveControl, client: httpx.Client) -> None:
    token = control.token()
    control.workspace("shop")
    poll(control, token, boot="b1")
    control.database._clock.advance(1)  # type: ignore[attr-defined]
    poll(control, token, boot="b2")
    assert client.get("/api/v1/gateways/applied?revision=1").json()["live"] == 1


def test_gateways_are_listed_until_their_lease_ends(control: LiveControl, client: httpx.Client) -> None:
    globex = control.organization("globex")
    control.workspace("shop")
    poll(control, control.token(), name="one", version="1.2")
    poll(control, control.token(caller=globex), gateway="g2", name="theirs")
    poll(control, control.root_token(), gateway="g3", name="all")
    listed = wait_for(lambda: _two(client.get("/api/v1/gateways").json()["items"]))
    assert [(each["name"], each["is_live"], each["is_root"]) for each in listed] == [
        ("all", True, True),
        ("one", True, False),
    ]
    control.database._clock.advance(46)  # type: ignore[attr-defined]
    assert client.get("/api/v1/gateways").json()["items"] == []
    assert client.get("/api/v1/gateways/applied?revision=1").json()["live"] == 0
    assert len(client.get("/api/v1/gateways?state=all").json()["items"]) == 2


def _two(items: list[Any]) -> list[Any] | None:
    return items if len(items) == 2 else None


def wait_for(look: Any) -> Any:
    """Wait until something is there."""
    pause = threading.Event()
    for _ in range(1000):
        found = look()
        if found:
            return found
        pause.wait(0.01)
    raise AssertionError("it did not happen")


def test_a_target_that_cannot_be_assembled_blocks_no_other(control: LiveControl, client: httpx.Client) -> None:
    from sqlalchemy import update

    from mockops.workspaces.store.tables import pins

    token = control.token()
    broken = control.workspace("broken")
    control.set_contract(broken, "Broken")
    control.write(lambda tx: tx.run(update(pins).values(hash="0" * 64)))
    control.set_contract(control.workspace("fine"), "Fine")
    assert names(poll(control, token)) == ["default:fine@dev"]
    found = client.get("/api/v1/gateways/problems").json()["items"]
    assert [(each["workspace"], each["environment"], each["is_left_out"]) for each in found] == [
        ("broken", "dev", True)
    ]
    assert client.get("/api/v1/gateways/applied?revision=1").json()["left_out"] == ["broken@dev"]


def batch(number: int, **more: Any) -> bytes:
    return msgspec.json.encode(TrafficBatch(**{"gateway": "g1", "boot": "b1", "number": number, "at": NOON} | more))


def test_traffic_is_taken_once_compressed_or_not(control: LiveControl, client: httpx.Client) -> None:
    token = control.token()
    key = poll_key(control, token)
    content = batch(1, counts=(CountRow(minute=NOON, count=3, total_s=0.1, key=key),), problems=("disk is full",))
    url = f"{control.url}/gateway/v1/traffic"
    coded = {"Content-Encoding": "zstd", **token}
    sent = [httpx.post(url, content=zstandard.compress(content), headers=coded).json() for _ in range(2)]
    assert sent == [{"is_new": True}, {"is_new": False}]
    assert client.get("/api/v1/traffic/counts").json()["items"][0]["count"] == 3
    listed = client.get("/api/v1/gateways?state=all").json()["items"]
    assert [each["problems"] for each in listed] == [["disk is full"]]
    assert httpx.post(url, content=batch(2), headers=token).json() == {"is_new": True}
    listed = client.get("/api/v1/gateways?state=all").json()["items"]
    assert [each["problems"] for each in listed] == [[]]


def poll_key(control: LiveControl, token: dict[str, str]) -> str:
    control.set_contract(control.workspace("shop"), "Shop")
    return poll(control, token).changed[0].key


def test_what_is_no_batch_is_refused(control: LiveControl) -> None:
    token = control.token()
    for content, headers, status in (
        (b"{no", {}, 400),
        (b"{}", {}, 400),
        (batch(0), {}, 422),
        (b"junk", {"Content-Encoding": "zstd"}, 400),
        (b"", {"Content-Encoding": "gzip"}, 400),
        (zstandard.compress(b" " * (70 << 20)), {"Content-Encoding": "zstd"}, 413),
        (b"[" * 100_000, {}, 400),
    ):
        answer = httpx.post(f"{control.url}/gateway/v1/traffic", content=content, headers=headers | token)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_samples_reach_the_stream(control: LiveControl, open_stream: Any) -> None:
    token = control.token()
    key = poll_key(control, token)
    stream = open_stream("/api/v1/traffic/stream?workspace=shop&status=2xx&source=mock")
    samples = tuple(
        Sample(at=NOON, document={"n": n}, key=key, status=200 + 300 * (n % 2), source="mock") for n in range(4)
    )
    httpx.post(f"{control.url}/gateway/v1/traffic", content=batch(1, samples=samples), headers=token)
    found = [stream.next() for _ in range(2)]
    assert [(position, item["sample"]["document"]["n"]) for position, item in found] == [(1, 0), (3, 2)]
    again = open_stream("/api/v1/traffic/stream", headers={"Last-Event-ID": "2"})
    assert [again.next()[0] for _ in range(2)] == [3, 4]
    assert json.dumps(found[0][1])


def test_a_change_through_one_control_reaches_the_gateways_of_another(
    control: LiveControl, second_control: LiveControl
) -> None:
    token, shop = control.token(), control.workspace("shop")
    cursor = poll(second_control, token).cursor
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(poll, second_control, token, cursor, 20)
        wait_for_polls(second_control, 1)
        _, revision = control.set_contract(shop, "Shop")
        page = waiting.result(20)
    assert names(page) == ["default:shop@dev"]
    poll(second_control, token, page.cursor)
    asked = httpx.get(f"{control.url}/api/v1/gateways/applied?revision={revision}&wait=20", timeout=30).json()
    assert (asked["applied"], asked["live"]) == (1, 1)
