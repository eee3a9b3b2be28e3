"""`mockops gateway` beside a control plane that comes, goes and misbehaves; real processes, a control of our own."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mockops.contracts.service.load import load_contract
from mockops.mocking.model import Stub
from mockops.publishing.model import TargetRow

sys.path.append(str(Path(__file__).parents[1] / "gateway" / "link"))

from fake_control import TOKEN, FakeControl

CONTRACT = """
openapi: 3.1.0
info: {title: T, version: "1"}
paths:
  /word:
    get:
      responses:
        "200":
          description: A word.
          content:
            application/json:
              schema: {type: string}
              example: WORD
"""


@pytest.fixture
def control() -> Iterator[FakeControl]:
    fake = FakeControl().start()
    yield fake
    fake.stop()


@pytest.fixture
def artefact(tmp_path: Path) -> Callable[[str], bytes]:
    """Compile a contract whose `GET /word` answers a word."""

    def build(word: str) -> bytes:
        path = tmp_path / f"{word}.yaml"
        path.write_text(CONTRACT.replace("WORD", word))
        return load_contract(path, cache_dir=None, fetch=None, allow_remote_refs=False).contract.to_bytes()

    return build


class Followed:
    """A running `mockops gateway`, asked over one connection a port: conditions ask hundreds of times."""

    def __init__(self, served: Any) -> None:
        self.served = served
        self.connections: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.served, name)

    def ask(self, path: str, **options: Any) -> Any:
        base = options.pop("base", None) or self.served.url
        if base not in self.connections:
            self.connections[base] = self.served.connect(base)
        return self.served.ask(path, on=options.pop("on", None) or self.connections[base], **options)

    def admin_ask(self, path: str) -> Any:
        return self.ask(path, base=self.served.admin)


@pytest.fixture
def follow(start_gateway: Callable[..., Any], control: FakeControl, tmp_path: Path) -> Callable[..., Any]:
    """Start a gateway of `control`, with the same folder each time."""

    def start(*more: str, token: str = TOKEN, **options: Any) -> Any:
        arguments = ("--control-url", control.url, "--token", token, "--data", str(tmp_path / "data"))
        return Followed(start_gateway(*arguments, *more, **options))

    return start


def row(name: str, contract: str = "", *, environment: str = "dev", org: str = "acme", **more: Any) -> TargetRow:
    key = f"{org}/{name}/{environment}"
    more.setdefault("is_default", environment == "dev")
    return TargetRow(
        key=key, org=org, workspace_id=f"{org}/{name}", name=name, environment=environment, contract=contract, **more
    )


def is_ready(gateway: Any) -> bool:
    return bool(gateway.admin_ask("/ready").status == 200)


def link_state(gateway: Any) -> Any:
    return gateway.admin_ask("/state").json["control"]


def test_what_control_publishes_is_served_and_what_it_changes_is_seen_at_once(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("first"))), row("other", control.blob(artefact("else"))))
    gateway = follow("--name", "edge-1")
    eventually(lambda: is_ready(gateway))
    assert gateway.ask("/@shop/word").json == "first"
    assert gateway.ask("/word", Host="other.localhost").json == "else"

    revision = control.publish(row("shop", control.blob(artefact("second"))))
    began = time.monotonic()
    eventually(lambda: gateway.ask("/@shop/word").json == "second")
    assert time.monotonic() - began < 1.0
    eventually(lambda: control.applied == revision)
    assert control.polls[-1]["name"] == "edge-1"

    control.remove("acme/other/dev")
    eventually(lambda: gateway.ask("/@other/word").status == 404)
    assert len(control.asked_blobs) == len(set(control.asked_blobs)) == 3, "each blob is fetched once"
    state = link_state(gateway)
    assert (state["connected"], state["cursor"], state["problems"]) == (True, control.revision, [])


def test_targets_of_several_orgs_and_environments_have_names_of_their_own(control, artefact, follow, eventually):
    words = {name: control.blob(artefact(name)) for name in ("dev", "prod", "foreign")}
    control.publish(
        row("shop", words["prod"], environment="prod"),
        row("shop", words["dev"]),
        row("shop", words["foreign"], org="else"),
    )
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    assert gateway.ask("/@shop/word").json == "dev"
    assert gateway.ask("/@shop@prod/word").json == "prod"
    assert gateway.ask("/word", Host="shop--prod.localhost").json == "prod"
    assert gateway.ask("/@else:shop/word").json == "foreign"
    assert gateway.ask("/word", MockOps_Target="else:shop@dev").json == "foreign"
    assert gateway.ask("/word", MockOps_Target="acme:shop").json == "dev"
    eventually(lambda: control.counted(target="else:shop", key="else/shop/dev") == 2)


def test_without_targets_it_waits_for_control_and_says_so(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("here"))))
    control.stop()
    gateway = follow()
    gateway.err.wait("does not answer as it should: .*; there is nothing to serve until it does")
    assert gateway.admin_ask("/ready").status == 503
    refused = gateway.ask("/@shop/word")
    assert (refused.status, refused.json["code"]) == (503, "gateway.not_ready")
    control.start()
    eventually(lambda: is_ready(gateway))
    gateway.out.wait("is back after")
    assert gateway.ask("/@shop/word").json == "here"


def test_it_starts_from_disk_while_control_is_away_and_counts_arrive_later_once(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("kept"))))
    former = follow()
    eventually(lambda: is_ready(former))
    assert former.stop() == 0

    control.stop()
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    for _ in range(10):
        assert gateway.ask("/@shop/word").json == "kept"
    eventually(lambda: link_state(gateway)["spool_batches"] > 0)
    assert gateway.err.wait("does not answer as it should: .*serving on")
    control.start()
    eventually(lambda: control.counted(operation="GET /word") == 10)
    eventually(lambda: link_state(gateway)["spool_batches"] == 0)
    assert sum("does not answer" in line for line in gateway.err.all) == 1, "it is said once, not each try"
    assert control.counted(operation="GET /word", status=200, key="acme/shop/dev") == 10


def test_an_answer_that_is_lost_makes_no_count_double(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("word"))))
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    control.lose_answers = True
    for _ in range(5):
        gateway.ask("/@shop/word")
    eventually(lambda: control.repeats() >= 1)
    control.lose_answers = False
    eventually(lambda: link_state(gateway)["spool_batches"] == 0)
    assert control.counted(operation="GET /word") == 5


def test_killed_under_load_nothing_is_doubled_and_a_second_lost_at_most(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("word"))))
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    answered: list[float] = []
    is_over = threading.Event()

    def load() -> None:
        connection = gateway.connect()
        while not is_over.is_set():
            try:
                gateway.ask("/@shop/word", on=connection)
            except OSError:
                return
            except Exception:  # a killed server leaves http.client in any state
                return
            answered.append(time.monotonic())

    thread = threading.Thread(target=load)
    thread.start()
    eventually(lambda: control.counted(operation="GET /word") > 100)
    control.stop()  # so that batches lie in the spool, too
    seen = len(answered)
    eventually(lambda: len(answered) > seen + 100)
    eventually(lambda: link_state(gateway)["spool_batches"] > 1)
    gateway.process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    gateway.process.wait(10)
    is_over.set()
    thread.join()
    control.start()
    again = follow()
    eventually(lambda: is_ready(again) and link_state(again)["connected"] and not link_state(again)["spool_batches"])
    certain = sum(at < killed - 1.5 for at in answered)
    counted = control.counted(operation="GET /word")
    # the last answer may have been counted but not have arrived
    assert certain <= counted <= len(answered) + 1
    assert len({boot for _, boot, _ in control.batches}) == 1


def test_what_was_counted_last_is_told_before_it_ends(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("word"))))
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    for _ in range(7):
        gateway.ask("/@shop/word")
    assert gateway.stop() == 0
    assert control.counted(operation="GET /word") == 7
    samples = [sample for batch in control.batches.values() for sample in batch.samples]
    assert {sample.path for sample in samples} <= {"/word"}


def test_a_damaged_snapshot_is_moved_aside_and_fetched_anew(control, artefact, follow, eventually, tmp_path):
    control.publish(row("shop", control.blob(artefact("word"))))
    former = follow()
    eventually(lambda: is_ready(former))
    assert former.stop() == 0
    path = tmp_path / "data" / "snapshot"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    control.polls.clear()
    gateway = follow()
    gateway.err.wait("snapshot: its checksum does not fit.*snapshot.bad")
    eventually(lambda: is_ready(gateway))
    assert gateway.ask("/@shop/word").json == "word"
    assert control.polls[0]["cursor"] == "0"
    assert (tmp_path / "data" / "snapshot.bad").read_bytes() == bytes(content)
    assert len(control.asked_blobs) == 1, "the blobs were good"


def test_a_damaged_blob_is_fetched_anew_while_others_are_served(control, artefact, follow, eventually, tmp_path):
    digest = control.blob(artefact("word"))
    control.publish(row("shop", digest), row("other", control.blob(artefact("fine"))))
    former = follow()
    eventually(lambda: is_ready(former))
    assert former.stop() == 0
    (tmp_path / "data" / "blobs" / digest).write_bytes(b"rotten")
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    assert gateway.ask("/@other/word").json == "fine"
    eventually(lambda: gateway.ask("/@shop/word").status == 200)
    assert link_state(gateway)["problems"] == []


def test_with_a_full_disk_it_serves_from_memory_and_says_so(control, artefact, follow, eventually):
    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    control.publish(row("shop", control.blob(artefact("word"))))
    gateway = follow(preexec=no_room)
    eventually(lambda: is_ready(gateway))
    for _ in range(3):
        assert gateway.ask("/@shop/word").json == "word"
    eventually(lambda: control.counted(operation="GET /word") == 3)
    gateway.err.wait("the snapshot cannot be written")
    assert any("cannot be written" in each for each in link_state(gateway)["problems"])
    control.publish(row("shop", control.blob(artefact("next"))))
    eventually(lambda: gateway.ask("/@shop/word").json == "next")
    eventually(lambda: any(batch.problems for batch in control.batches.values()))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to read-only folders")
def test_a_folder_that_cannot_be_written_to_is_no_reason_not_to_serve(control, artefact, follow, eventually, tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    control.publish(row("shop", control.blob(artefact("word"))))
    gateway = follow()
    gateway.err.wait("nothing can be kept on disk")
    eventually(lambda: is_ready(gateway))
    assert gateway.ask("/@shop/word").json == "word"


def test_a_refused_token_ends_it_at_once_when_there_is_nothing_to_serve(control, follow):
    gateway = follow(token="wrong")
    assert gateway.process.wait(20) == 1
    assert "does not let this gateway in: it answered 401: this token is unknown or revoked" in gateway.err.text


def test_a_token_refused_later_is_told_and_what_is_served_stays(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("word"))))
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    control.token = "rotated"
    control.publish(row("shop", control.blob(artefact("unseen"))))
    gateway.err.wait("401.*check the token; what is served stays")
    assert gateway.ask("/@shop/word").json == "word"
    control.token = TOKEN
    eventually(lambda: gateway.ask("/@shop/word").json == "unseen")


def test_a_target_that_cannot_be_compiled_keeps_its_last_good_version(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("good"))), row("other", control.blob(artefact("fine"))))
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    assert gateway.ask("/@shop/word").json == "good"
    bad = row("shop", control.blob(b"no contract"))
    revision = control.publish(bad, row("new", control.blob(b"neither")), row("other", control.blob(artefact("finer"))))
    eventually(lambda: gateway.ask("/@other/word").json == "finer")
    assert gateway.ask("/@shop/word").json == "good"
    broken = gateway.ask("/@new/word")
    assert (broken.status, broken.json["code"]) == (503, "gateway.target_broken")
    problems = link_state(gateway)["problems"]
    assert any("acme:shop@dev" in each and "last good version" in each for each in problems)
    assert any("acme:new@dev" in each for each in problems)
    eventually(lambda: any("acme:shop@dev" in each for batch in control.batches.values() for each in batch.problems))
    eventually(lambda: control.applied == revision)
    assert gateway.stop() == 0

    again = follow()
    eventually(lambda: is_ready(again))
    assert again.ask("/@shop/word").json == "good", "the last good version is on disk, too"
    control.publish(row("shop", control.blob(artefact("mended"))))
    eventually(lambda: again.ask("/@shop/word").json == "mended")


def test_a_restored_control_starts_over(control, artefact, follow, eventually):
    control.publish(row("shop", control.blob(artefact("old"))), row("gone", control.blob(artefact("gone"))))
    for _ in range(5):
        control.publish()
    gateway = follow()
    eventually(lambda: is_ready(gateway))
    assert gateway.ask("/@gone/word").json == "gone"
    control.stop()
    control.rows.clear()
    control.revision = 0
    control.publish(row("shop", stubs=(Stub(id="s"),)))
    control.start()
    eventually(lambda: gateway.ask("/@gone/word").status == 404)
    assert gateway.ask("/@shop/anything").status == 200
    eventually(lambda: control.applied == 1)


def test_two_gateways_do_not_share_a_folder(control, follow, eventually):
    control.publish()
    first = follow()
    eventually(lambda: is_ready(first))
    second = follow()
    assert second.process.wait(20) == 1
    assert "is used by another gateway" in second.err.text
