"""One control plane for all promises."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_world import World, make_world


@pytest.fixture(scope="session")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give a control plane over SQLite, with two organizations."""
    with make_world(tmp_path_factory.mktemp("promises")) as found:
        yield found


@pytest.fixture(scope="session")
def postgresql_world(tmp_path_factory: pytest.TempPathFactory, postgresql_url: str) -> Iterator[World]:
    """As `sqlite_world`, over a database of its own on a PostgreSQL server."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    url = make_url(postgresql_url)
    server = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE promises"))
    with make_world(
        tmp_path_factory.mktemp("promises"), url.set(database="promises").render_as_string(hide_password=False)
    ) as found:
        yield found
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE promises WITH (FORCE)"))
    server.dispose()


@pytest.fixture(scope="session")
def world(sqlite_world: World) -> World:
    """Return a control plane with two organizations."""
    return sqlite_world


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def each_world(request: pytest.FixtureRequest) -> World:
    """Return one over SQLite, and one over PostgreSQL: for what a database may take badly."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found
