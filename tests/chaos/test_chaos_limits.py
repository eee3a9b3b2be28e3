"""Disks that are full and databases that others lock: said clearly, nothing half done, well again afterwards."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chaos_world import World, answers, ask, body_of, counted, inventory, loaded, until, write_project

MIB = 1 << 20
MANY = 60


def limit(pid: int, size: int = resource.RLIM_INFINITY) -> None:
    """Let a running process write no file beyond a size; without one, as it likes (Linux)."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 8 MB; skipped where nobody may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid():
        pytest.skip("only root may mount a small disk; the limit of the file size is tested all the same")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=8m", "none", disk], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def refused_for_want_of_room(world: World, project: Path, url: str, database_url: str) -> None:
    """Apply, and see it refused without a trace."""
    before = inventory(database_url)
    applying = world.apply(project, url)
    assert applying.code() == 1, applying.text
    assert "Free some space" in applying.text
    assert "Traceback" not in applying.text
    assert inventory(database_url) == before
    assert answers(url + "/api/v1/workspaces"), "reading needs no room"


def fits_again(world: World, project: Path, url: str, database_url: str) -> None:
    before = inventory(database_url)
    again = world.apply(project, url)
    assert again.code() == 0, again.text
    assert inventory(database_url)["workspaces"] - before["workspaces"] == MANY - 1


def begin(world: World, url: str) -> Path:
    """Apply a project of one workspace, with the contract of all, and let it grow; return its folder."""
    project = write_project(world.folder / "project", 1, stubs=1, text="y" * 2000)
    applying = world.apply(project, url)
    assert applying.code() == 0, applying.text
    return write_project(project, MANY, stubs=1, text="y" * 2000)


def test_on_a_full_disk_an_apply_is_refused_whole_and_done_when_there_is_room(world: World, small_disk: Path) -> None:
    world.data = small_disk / "data"
    database_url = f"sqlite:///{world.data / 'mockops.db'}"
    control, url = world.control()
    project = begin(world, url)
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    with ballast.open("wb") as file:
        file.write(b"\0" * max(0, room.f_bavail * room.f_frsize - 300_000))
    refused_for_want_of_room(world, project, url, database_url)
    ballast.unlink()
    fits_again(world, project, url, database_url)
    assert control.stop() == 0
    assert "Traceback" not in control.text


def test_beyond_a_quota_it_is_the_same(world: World) -> None:
    database = world.data / "mockops.db"
    control, url = world.control()
    project = begin(world, url)
    limit(control.pid, max(database.stat().st_size, Path(f"{database}-wal").stat().st_size) + 200_000)
    refused_for_want_of_room(world, project, url, f"sqlite:///{database}")
    limit(control.pid)
    fits_again(world, project, url, f"sqlite:///{database}")
    assert control.stop() == 0
    assert "Traceback" not in control.text


def problems(url: str) -> str:
    """Return what control knows to be wrong with gateways."""
    return " ".join(text for one in ask(url + "/api/v1/gateways").json["items"] for text in one["problems"])


def test_a_gateway_whose_disk_is_full_serves_on_says_so_and_gets_well(served: World) -> None:
    up = served.up()
    until(lambda: answers(up.word))
    probes = 1
    limit(up.child(), 0)
    with loaded(up.word) as load:
        applying = served.apply(write_project(served.folder / "project", 3, word="second"), up.api)
        assert applying.code() == 0, applying.text
        until(lambda: up.told("counts cannot be written"))
        until(lambda: up.told("snapshot cannot be written"))
        assert ask(up.word).json == "second"
        probes += 1
        until(lambda: "disk" in problems(up.api))
        limit(up.child())
        until(lambda: not problems(up.api), but=lambda: problems(up.api))
    assert (load.cut, load.refused, load.other) == ([], [], [])
    assert len(up.told("counts cannot be written")) == 1, "said once"
    until(lambda: counted(up.api) == load.answered + probes)
    assert up.stop() == 0
    alone = served.gateway_of("http://127.0.0.1:9")  # where nobody is: what it has, it has from its disk
    assert ask(alone.word).json == "second"


def test_a_database_that_others_lock_refuses_writes_in_time_and_answers_reads(served: World) -> None:
    up = served.up()
    until(lambda: answers(up.word))
    url = up.api + "/api/v1/"
    body = body_of(write_project(served.folder / "project", 3, text="edited"))
    other = sqlite3.connect(served.data / "mockops.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    def send(path: str, content: Any) -> tuple[int, str, float]:
        begun = time.monotonic()
        found = ask(url + path, "POST", content)
        return found.status, found.json.get("code", ""), time.monotonic() - begun

    with ThreadPoolExecutor(4) as pool, loaded(up.word) as load:
        refused = [pool.submit(send, "workspaces", {"name": f"locked-{number}"}) for number in range(3)]
        refused.append(pool.submit(send, "projects/apply", body))
        assert ask(url + "workspaces").status == 200
        assert counted(up.api) >= 0
        for each in refused:
            status, code, took_s = each.result()
            assert (status, code) == (503, "database.busy")
            assert took_s < 14, "10 s is how long a writer waits, behind others or not"
        other.execute("ROLLBACK")
        other.close()
        assert send("projects/apply", body)[0] == 200
    assert (load.cut, load.refused, load.other) == ([], [], [])
    until(lambda: ask(up.word + "?stub=0").json["text"] == "edited")
    assert len(ask(url + "workspaces").json["items"]) == 3
    until(lambda: counted(up.api) > load.answered)
    assert up.stop() == 0
    assert "Traceback" not in up.text
