"""A world of processes a test, over a copy of a folder in which `mockops up` has run once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from chaos_world import World, write_project

SLOW = """\
match: {operation: word, query: {slow: "1"}}
respond: {body: at last}
delay: 1500ms
"""


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with three applied workspaces that a gateway has served once."""
    world = World(tmp_path_factory.mktemp("seeded"))
    project = write_project(world.folder / "project", 3)
    (project / "workspaces" / "w000" / "stubs" / "slow.yaml").write_text(SLOW)
    try:
        up = world.up()
        applying = world.apply(project, up.api)
        assert applying.code() == 0, applying.text
        assert up.stop() == 0, up.text
    finally:
        world.end()
    return world.data


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a world without data."""
    found = World(tmp_path)
    found.data.mkdir()
    yield found
    found.end()


@pytest.fixture
def served(world: World, seeded: Path) -> World:
    """Give a world with three workspaces, `w000` to `w002`, that answer `GET /word`."""
    shutil.copytree(seeded, world.data, dirs_exist_ok=True)
    return world
