"""Targets come and go one by one; what cannot be compiled harms no other; memory is bounded."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mockops.core.clock import FrozenClock
from mockops.gateway.gateway import Gateway
from mockops.gateway.link.blobs import Blobs
from mockops.gateway.link.fleet import Fleet
from mockops.gateway.link.rows import Page, read_page
from mockops.gateway.target import TargetBroken
from mockops.mocking.model import Stub
from mockops.publishing.model import SnapshotPage, TargetRow


def row(name: str, *, environment: str = "dev", org: str = "acme", **more: Any) -> TargetRow:
    key = f"{org}/{name}/{environment}"
    return TargetRow(key=key, org=org, workspace_id="w", name=name, environment=environment, **more)


def page(*rows: TargetRow, cursor: int = 1, home: str = "acme", **more: Any) -> Page:
    return read_page(msgspec.json.encode(SnapshotPage(home=home, cursor=cursor, changed=rows, **more)))


class World:
    def __init__(self, folder: Path, **options: Any) -> None:
        self.gateway = Gateway(clock=FrozenClock(datetime(2030, 1, 1, tzinfo=UTC)))
        self.wanted: list[str] = []
        self.blobs = Blobs(folder)
        self.fleet = Fleet(self.gateway, self.blobs, want=self.wanted.append, **options)

    def apply(self, *rows: TargetRow, is_first: bool = False, **more: Any) -> bool:
        return self.fleet.apply(page(*rows, **more), is_first=is_first)

    def stubs(self, name: str) -> list[str]:
        target = self.gateway.table.get(name)
        assert target is not None
        return [stub.id for stub in target.snapshot.stubs]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_targets_are_compiled_when_asked_for_and_replaced_one_by_one(world: World) -> None:
    assert world.apply(row("a", stubs=(Stub(id="1"),)), row("b", stubs=(Stub(id="2"),)), is_first=True)
    assert world.fleet.compiled == 0
    assert world.stubs("a") == ["1"]
    assert world.fleet.compiled == 1
    other = world.gateway.table.get("b")
    assert not world.apply(row("a", stubs=(Stub(id="1"), Stub(id="3"))), cursor=2)
    assert world.stubs("a") == ["1", "3"]
    assert world.gateway.table.get("b") is other


def test_the_bare_name_means_the_default_environment_and_may_move(world: World) -> None:
    world.apply(row("a", environment="prod"), row("a", is_default=True), is_first=True)
    assert world.gateway.table.get("a").environment == "dev"
    assert world.apply(row("a"), row("a", environment="prod", is_default=True), cursor=2)
    assert world.gateway.table.get("a").environment == "prod"
    assert world.gateway.table.names == ["a"]


def test_another_home_changes_every_name(world: World) -> None:
    world.apply(row("a"), row("a", org="else"), is_first=True)
    assert [target.name for target in world.gateway.table] == ["a", "else:a"]
    assert world.apply(home="else", cursor=2)
    assert [target.name for target in world.gateway.table] == ["acme:a", "a"]


def test_from_the_beginning_what_does_not_come_again_goes_but_not_before_the_end(world: World) -> None:
    world.apply(row("a"), row("b"), is_first=True)
    world.apply(row("a"), reset=True, more=True, cursor=1)
    assert world.gateway.table.get("b") is not None
    world.apply(row("c"), cursor=2)
    assert sorted(world.gateway.table.names) == ["a", "c"]
    world.apply(removed=("acme/a/dev", "acme/never/dev"), cursor=3)
    assert world.gateway.table.names == ["c"]


def test_what_cannot_be_compiled_keeps_what_was_served(world: World) -> None:
    world.apply(row("a", stubs=(Stub(id="good"),)), is_first=True)
    assert world.stubs("a") == ["good"]
    world.apply(row("a", contract="ab" * 32), cursor=2)
    assert world.stubs("a") == ["good"]
    assert world.wanted == ["ab" * 32]
    assert "its last good version is served" in world.fleet.problems["acme/a/dev"]
    (stored,) = world.fleet.rows
    assert stored[1] is not None
    world.apply(row("a", stubs=(Stub(id="better"),)), cursor=3)
    assert world.stubs("a") == ["better"]
    assert world.fleet.problems == {}
    assert world.fleet.rows[0][1] is None


def test_a_version_nobody_asked_for_yet_falls_back_to_the_one_before(world: World) -> None:
    world.apply(row("a", stubs=(Stub(id="good"),)), is_first=True)
    world.apply(row("a", personas="cd" * 32), cursor=2)
    world.apply(row("a", contract="ab" * 32), cursor=3)
    target = world.gateway.table.get("a")
    with pytest.raises(TargetBroken, match="has not come yet"):
        _ = target.mock
    with pytest.raises(TargetBroken):
        _ = target.mock
    assert "503" in world.fleet.problems["acme/a/dev"]


def test_a_blob_that_comes_later_mends_its_target(world: World) -> None:
    content = msgspec.json.encode([{"name": "vip"}])
    digest = sha256(content).hexdigest()
    world.apply(row("a", personas=digest, stubs=(Stub(id="1"),)), is_first=True)
    with pytest.raises(TargetBroken):
        world.stubs("a")
    world.blobs.put(digest, content)
    world.fleet.retry({digest})
    assert world.stubs("a") == ["1"]
    assert [each.name for each in world.gateway.table.get("a").snapshot.personas] == ["vip"]
    assert world.fleet.problems == {}


def test_compiled_targets_are_bounded_and_the_unused_leave(tmp_path: Path) -> None:
    world = World(tmp_path, max_compiled_bytes=100_000)
    world.apply(*(row(f"t{number}", stubs=(Stub(id="s"),)) for number in range(12)), is_first=True)
    for number in range(12):
        assert world.stubs(f"t{number}") == ["s"]
        assert world.stubs("t0") == ["s"]
    assert 0 < world.fleet.compiled < 6
    assert world.gateway.table.get("t11").is_compiled
    assert world.gateway.table.get("t0").is_compiled, "it was used all the time"
    assert world.stubs("t5") == ["s"], "compiled again"


def test_stubs_added_here_outlive_a_change_from_control(world: World) -> None:
    world.apply(row("a"), is_first=True)
    world.gateway.table.get("a").add_stub(Stub(id="mine"))
    world.apply(row("a", stubs=(Stub(id="theirs"),)), cursor=2)
    target = world.gateway.table.get("a")
    assert [stub.id for stub in target.stubs] == ["theirs", "mine"]
    assert target.mock.stubs is not None
