"""The gateway dies, loses control, finds its files damaged: it serves on, and no count goes astray."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chaos_world import Follower, World, answers, ask, counted, counted_in, loaded, until, write_project

LOST_S = 1.0
"""What was counted in the last second before a kill may be lost."""
SLACK_S = 0.7
"""By which a timer of a second may be late on a machine that does much else."""
AWAY_S = float(os.environ.get("MOCKOPS_CHAOS_AWAY_S", "5"))
"""For how long control is away; what is promised is 60."""


AGAIN_S = 1.0
_ESTABLISHED = "01"


def share_of_machine() -> float:
    """Return how much slower everything is because others compute here, too; 1 on a machine of its own."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_killed_under_load_it_answers_again_within_a_second_and_nothing_counts_twice(served: World) -> None:
    up = served.up()
    until(lambda: answers(up.word))
    took_s, lost = [], 0
    with loaded(up.word) as load:
        for wait_s in (1.3, 0.9, 1.7):  # somewhere between writing a batch and its being taken
            since, ends = load.answered, time.monotonic() + wait_s
            until(lambda ends=ends, since=since: time.monotonic() > ends and load.answered > since)  # type: ignore[misc]
            gateway, refused = up.child(), len(load.refused)
            killed_at = time.monotonic()
            os.kill(gateway, signal.SIGKILL)
            until(lambda refused=refused: len(load.refused) > refused)  # type: ignore[misc]
            down_at = load.refused[refused]
            lost += sum(killed_at - LOST_S - SLACK_S < at <= down_at for at in list(load.answered_at))
            until(lambda down_at=down_at: load.answered_at[-1] > down_at)  # type: ignore[misc]
            took_s.append(next(at for at in load.answered_at if at > down_at) - killed_at)
    assert (load.cut, load.other) == ([], [])
    assert min(took_s) <= AGAIN_S * share_of_machine(), took_s
    assert len(up.told("was killed by SIGKILL; it is started again now")) == 3
    assert up.stop() == 0, up.text
    found = counted_in(served.data / "mockops.db")
    assert load.answered + 1 - lost <= found, "more is lost than the last second"
    assert found <= load.answered + 1 + 3 * load.clients, "something was counted twice"  # 3: answers nobody heard


def test_killed_between_sending_a_batch_and_hearing_of_it_the_batch_counts_once(served: World) -> None:
    up = served.start(
        "up", "--data", served.data, "--port", "0", "--gateway-port", "0", "--admin-port", "0", "--access-log"
    )
    until(lambda: answers(up.word))
    spool = served.data / "gateway" / "spool"
    until(lambda: counted(up.api) == 1 and not list(spool.iterdir()))
    sent = len(up.told("POST /gateway/v1/traffic"))
    up.hit(signal.SIGSTOP)
    with loaded(up.word, pause_s=0) as load:
        until(lambda: load.answered > 200)
    until(lambda: [each for each in spool.iterdir() if not each.name.startswith(".")])
    gateway = up.child()
    until(lambda: _is_unread(up.api))
    os.kill(gateway, signal.SIGKILL)
    up.hit(signal.SIGCONT)
    until(lambda: up.child() not in (0, gateway))
    until(lambda: len(up.told("POST /gateway/v1/traffic")) >= sent + 2 and not list(spool.iterdir()))
    assert up.stop() == 0, up.text
    found = counted_in(served.data / "mockops.db")
    assert 200 < found <= load.answered + 1


def _is_unread(url: str) -> bool:
    """Say whether a server of this machine has bytes in its sockets that it has not read (proc(5), `net/tcp`)."""
    port = f":{urlsplit(url).port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(port) and row[3] == _ESTABLISHED and int(row[4].split(":")[1], 16) for row in rows)


class Probed:
    """A gateway asked by the test as well: each answer is one more to be counted."""

    def __init__(self, gateway: Follower) -> None:
        self.gateway = gateway
        self.answered = 0

    def says(self, word: str) -> bool:
        found = ask(self.gateway.word)
        self.answered += found.status == 200
        return found.body == f'"{word}"'.encode()


def test_it_serves_on_while_control_is_away_and_counts_arrive_later_once(served: World) -> None:
    port = free_port()
    control, url = served.control(port=port)
    gateway = served.gateway_of(url)
    probed = Probed(gateway)
    until(lambda: probed.says("first"))
    spool, kept = served.data / "gateway" / "spool", served.folder / "kept"
    with loaded(gateway.word) as load:
        until(lambda: load.answered > 200)
        control.hit(signal.SIGKILL)
        control.code()
        gone_at = time.monotonic()
        until(lambda: time.monotonic() > gone_at + AWAY_S, within_s=AWAY_S + 60)
        shutil.copytree(spool, kept)
        during = load.answered
        control, url = served.control(port=port)
        applying = served.apply(write_project(served.folder / "project", 3, word="second"), url)
        assert applying.code() == 0, applying.text
        applied_at = time.monotonic()
        until(lambda: probed.says("second"))
        seen_s = time.monotonic() - applied_at
        until(lambda: load.answered > during + 100)
    assert (load.cut, load.refused, load.other) == ([], [], []), "it did not serve on"
    assert seen_s < 2.0
    assert len(gateway.running.told("does not answer as it should")) == 1, "said once, not at each try"
    assert gateway.running.told("is back after")
    until(lambda: gateway.link["spool_batches"] == 0)
    assert gateway.running.stop() == 0
    assert counted(url) == load.answered + probed.answered

    batches = [each for each in kept.iterdir() if not each.name.startswith(".")]
    assert batches
    for each in batches:  # as if they had never been forgotten, after a restored copy of the disk
        shutil.copy(each, spool)
    again = served.gateway_of(url)
    until(lambda: again.link["connected"] and again.link["spool_batches"] == 0)
    assert again.running.stop() == 0
    assert counted(url) == load.answered + probed.answered, "a batch that is sent again counts once"


def newest_blob(folder: Path) -> Path:
    return max((folder / "blobs").iterdir(), key=lambda each: each.stat().st_size)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def of_the_future(path: Path) -> None:
    path.write_bytes(b"MOCKGWS\x02" + path.read_bytes()[8:])


def turned(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def test_damaged_files_are_named_and_fetched_anew_and_cost_nothing_else(served: World) -> None:
    control, url = served.control()
    folder = served.data / "gateway"
    answered = 0
    for damage in (cut_short, of_the_future, turned, emptied):
        damage(folder / "snapshot")
        damage(newest_blob(folder))
        gateway = served.gateway_of(url)
        probed = Probed(gateway)
        until(lambda probed=probed: probed.says("first"))  # type: ignore[misc]
        control.hit(signal.SIGSTOP)  # so that a batch is left
        until(lambda probed=probed: probed.says("first") and list((folder / "spool").iterdir()))  # type: ignore[misc]
        gateway.running.hit(signal.SIGKILL)
        gateway.running.code()
        control.hit(signal.SIGCONT)
        damage(_add_batch(folder / "spool"))
        after = served.gateway_of(url)
        until(lambda after=after: after.link["connected"] and after.link["spool_batches"] == 0)  # type: ignore[misc]
        state: Any = after.link
        assert after.running.stop() == 0
        told = [line for line in gateway.running.lines if "snapshot" in line and "fetched anew" in line]
        assert len(told) == 1, gateway.running.text
        lost = after.running.told("a batch of counts is lost")
        assert len(lost) == 1, after.running.text
        assert state["batches_dropped"] == 1
        assert "Traceback" not in gateway.running.text + after.running.text
        answered += probed.answered
        assert counted(url) <= answered
    assert counted(url) >= 4, "what lay beside the damaged one has arrived"


def _add_batch(spool: Path) -> Path:
    """Return a copy of a batch under a name of its own, older than all."""
    found = min(each for each in spool.iterdir() if not each.name.startswith("."))
    copy = spool / ("0" * 13 + found.name[13:])
    shutil.copy(found, copy)
    return copy


def test_stopped_under_load_nothing_is_cut_and_every_answer_is_counted(served: World) -> None:
    up = served.up()
    until(lambda: answers(up.word))
    slow = up.word + "?slow=1"
    with ThreadPoolExecutor(1) as pool, loaded(up.word, clients=6, pause_s=0) as load:
        until(lambda: load.answered > 500)
        last = pool.submit(ask, slow)
        sent = time.monotonic()
        until(lambda: time.monotonic() > sent + 0.3)
        begun = time.monotonic()
        assert up.stop() == 0, up.text
        took_s = time.monotonic() - begun
        assert (last.result().status, last.result().body) == (200, b"at last")
    assert (load.cut, load.other) == ([], [])
    assert load.refused
    assert took_s < 8
    assert "Traceback" not in up.text
    assert counted_in(served.data / "mockops.db") == load.answered + 2


def test_a_token_that_is_revoked_lets_nobody_in_and_the_gateway_serves_on_and_says_so(served: World) -> None:
    _, url = served.control()
    made = [ask(url + "/api/v1/tokens", "POST", {"name": kind, "kind": kind}).json for kind in ("gateway", "api")]
    edge, program = made
    assert ask(url + "/api/v1/me", Authorization=f"Bearer {program['token']}").status == 200
    assert ask(f"{url}/api/v1/tokens/{program['id']}", "DELETE").status == 204
    refused = ask(url + "/api/v1/me", Authorization=f"Bearer {program['token']}")
    assert (refused.status, refused.headers["content-type"]) == (401, "application/problem+json")

    gateway = served.gateway_of(url, token=edge["token"])
    until(lambda: gateway.link["connected"] and answers(gateway.word))
    until(lambda: counted(url) == 1)
    cursor = gateway.link["cursor"]
    assert ask(f"{url}/api/v1/tokens/{edge['id']}", "DELETE").status == 204
    with loaded(gateway.word) as load:
        until(lambda: gateway.running.told("401"))
        applying = served.apply(write_project(served.folder / "project", 3, word="secret"), url)
        assert applying.code() == 0, applying.text
        until(lambda: not gateway.link["connected"])
        until(lambda: gateway.link["spool_batches"])
    assert (load.cut, load.refused, load.other) == ([], [], [])
    assert gateway.link["cursor"] == cursor
    assert ask(gateway.word).json == "first", "what came later is not for it"
    assert gateway.running.told("check the token; what is served stays")
    assert gateway.running.stop() == 0

    again = served.gateway_of(
        url, token=ask(url + "/api/v1/tokens", "POST", {"name": "new", "kind": "gateway"}).json["token"]
    )
    until(lambda: again.link["connected"] and not again.link["spool_batches"])
    assert ask(again.word).json == "secret"
    assert again.running.stop() == 0
    assert counted(url) == load.answered + 3
