"""Batches wait on disk in order, within bounds, and outlive the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockops.gateway.link.spool import Spool

OLD, NEW = "0000000000001-aaaaaaaa", "0000000000002-bbbbbbbb"


@pytest.fixture
def said() -> list[str]:
    return []


def test_batches_leave_in_order_those_of_former_boots_first(tmp_path: Path, said: list[str]) -> None:
    former = Spool(tmp_path, warn=said.append)
    former.put(OLD, 1, b"one")
    former.put(OLD, 2, b"two")
    (tmp_path / f"{OLD}-000000000003.77.partial").write_bytes(b"half")
    (tmp_path / "stranger").write_bytes(b"not ours")

    spool = Spool(tmp_path, warn=said.append)
    assert spool.filled.is_set()
    spool.put(NEW, 1, b"three")
    seen = []
    while (found := spool.take()) is not None:
        seen.append(found[1])
        spool.remove(found[0])
    assert seen == [b"one", b"two", b"three"]
    assert not spool.filled.is_set()
    assert (len(spool), spool.size_bytes, said) == (0, 0, [])
    assert [path.name for path in tmp_path.iterdir()] == ["stranger"]


def test_only_what_was_never_sent_may_change(tmp_path: Path, said: list[str]) -> None:
    spool = Spool(tmp_path, warn=said.append)
    spool.put(OLD, 1, b"one")
    spool.put(OLD, 2, b"two")
    spool.take()
    assert not spool.may_change(OLD, 1)
    assert spool.may_change(OLD, 2)
    assert not Spool(tmp_path, warn=said.append).may_change(OLD, 2), "a former process may have sent it"
    spool.put(OLD, 2, b"more")
    assert len(spool) == 2
    assert not spool.may_change(OLD, 3)


def test_past_its_bound_the_oldest_are_lost_and_counted(tmp_path: Path, said: list[str]) -> None:
    spool = Spool(tmp_path, warn=said.append, max_bytes=4000)
    for number in range(1, 11):
        spool.put(OLD, number, b"x" * 500)
    assert spool.size_bytes <= 4000
    assert spool.dropped == 10 - len(spool) > 0
    assert len(said) < spool.dropped, "not each loss is told"
    assert "the oldest 1 batch is lost (1 so far)" in said[0]
    found = spool.take()
    assert found is not None
    assert found[0].endswith(f"{spool.dropped + 1:012d}")
    assert len(list(tmp_path.iterdir())) == len(spool)


def test_without_a_disk_batches_wait_in_memory(tmp_path: Path, said: list[str]) -> None:
    spool = Spool(tmp_path / "nowhere", warn=said.append)
    spool.put(OLD, 1, b"one")
    spool.put(OLD, 2, b"two")
    assert len(said) == 1
    assert spool.reason
    assert spool.take() == (f"{OLD}-000000000001", b"one")


def test_a_batch_that_vanished_is_told_and_holds_nothing_up(tmp_path: Path, said: list[str]) -> None:
    spool = Spool(tmp_path, warn=said.append)
    spool.put(OLD, 1, b"one")
    spool.put(OLD, 2, b"two")
    (tmp_path / f"{OLD}-000000000001").unlink()
    assert spool.take() == (f"{OLD}-000000000002", b"two")
    assert "cannot be read" in said[0]
    assert spool.dropped == 1
