"""What is served after an edit, and when an edit is noticed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from mockops.core.clock import SystemClock
from mockops.publishing.service.assemble import Options, assemble
from mockops.wiring.changes import Changes
from mockops.wiring.reload import keep_good

OPERATION = "{get: {responses: {'200': {description: ok}}}}"
CONTRACT = f"openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {OPERATION}}}\n"
OTHER = CONTRACT.replace("/a", "/b")


@pytest.fixture
def read(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(CONTRACT)
    return lambda: assemble([str(tmp_path)], Options(missing_ok=True))


def test_a_good_edit_replaces_a_broken_one_keeps_and_what_is_gone_goes(read, tmp_path):
    good = read()
    (tmp_path / "one.yaml").write_text(OTHER)
    merged, kept = keep_good(good, read())
    assert kept == {}
    assert merged.snapshot.revision == good.snapshot.revision + 1
    assert merged.snapshot.targets[0] != good.snapshot.targets[0]
    assert merged.snapshot.targets[1] == good.snapshot.targets[1]
    (tmp_path / "one.yaml").write_text("openapi: 3.1.0\npaths: [\n")
    again, kept = keep_good(merged, read())
    assert list(kept) == ["one"]
    assert kept["one"][0].line is not None
    assert again.snapshot.targets == merged.snapshot.targets
    (tmp_path / "one.yaml").unlink()
    last, kept = keep_good(again, read())
    assert kept == {}
    assert [target.name for target in last.snapshot.targets] == ["two"]


def test_an_error_that_was_there_before_does_not_hold_an_edit_up(read, tmp_path):
    flawed = CONTRACT.replace("description: ok", "description: ok, content: 7")
    (tmp_path / "one.yaml").write_text(flawed)
    good = read()
    (tmp_path / "one.yaml").write_text("\n" + flawed.replace("{/a:", f"{{/c: {OPERATION}, /a:"))
    merged, _ = keep_good(good, read())
    assert merged.snapshot.targets[0] != good.snapshot.targets[0]


async def due(changes: Changes) -> None:
    await asyncio.wait_for(changes.wait(), 10)


async def test_a_change_is_noticed_however_it_is_made(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("1")
    changes = Changes([path], read_at=SystemClock().now() + timedelta(days=1))
    try:
        path.write_text("2")
        await due(changes)
        fresh = tmp_path / "a.new"
        fresh.write_text("3")
        fresh.replace(path)
        await due(changes)
        path.unlink()
        await due(changes)
        path.write_text("4")
        await due(changes)
    finally:
        changes.close()


async def test_a_change_between_reading_and_looking_is_not_lost(tmp_path):
    read_at = SystemClock().now()
    (tmp_path / "a.yaml").write_text("1")
    changes = Changes([tmp_path / "a.yaml"], read_at=read_at)
    try:
        await due(changes)
    finally:
        changes.close()


async def test_new_files_below_a_folder_and_moved_links_are_noticed(tmp_path):
    (tmp_path / "v1").mkdir()
    (tmp_path / "v2").mkdir()
    for name in ("v1", "v2"):
        (tmp_path / name / "a.yaml").write_text(name)
    (tmp_path / "now").symlink_to("v1")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    later = SystemClock().now() + timedelta(days=1)
    changes = Changes([tmp_path / "now" / "a.yaml", tmp_path / "deep"], read_at=later)
    try:
        (tmp_path / "deep" / "er" / "new.yaml").write_text("x")
        await due(changes)
        (tmp_path / "next").symlink_to("v2")
        (tmp_path / "next").replace(tmp_path / "now")
        await due(changes)
    finally:
        changes.close()


async def test_files_nearby_are_no_change(tmp_path):
    (tmp_path / "a.yaml").write_text("1")
    changes = Changes([tmp_path / "a.yaml"], read_at=SystemClock().now() + timedelta(days=1))
    waiting = asyncio.ensure_future(changes.wait())
    try:
        (tmp_path / "b.yaml").write_text("x")
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
        (tmp_path / "a.yaml").write_text("2")
        await asyncio.wait_for(waiting, 10)
    finally:
        waiting.cancel()
        changes.close()
