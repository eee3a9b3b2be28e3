"""Migrations: up from nothing and from every earlier revision, once however many ask at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.engine import make_url

from mockops.core.events import Custom
from mockops.infra.db import tables
from mockops.infra.db.database import open_database
from mockops.infra.db.errors import DatabaseBroken
from mockops.infra.db.migrate import DatabaseForeign, DatabaseTooNew, find_scripts, is_current, migrate
from mockops.wiring.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database

REVISIONS = [each.revision for each in reversed(list(find_scripts().walk_revisions()))]
PROCESS = """
import sys
from mockops.core.clock import SystemClock
from mockops.infra.db.database import open_database
from mockops.infra.db.migrate import migrate
print("ready", flush=True)
sys.stdin.readline()
database = open_database(sys.argv[1], clock=SystemClock())
print(len(migrate(database)))
database.close()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'fresh.db'}"
        return
    url = make_url(request.getfixturevalue("postgresql_url"))
    server = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fresh WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE fresh"))
    yield url.set(database="fresh").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE fresh WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def fresh(empty_url: str, clock: FrozenClock) -> Iterator[Database]:
    database = open_database(empty_url, clock=clock)
    yield database
    database.close()


def announce(database: Database, name: str) -> None:
    with database.write() as tx:
        tx.announce(Custom(type=name))


def test_the_tables_migrated_are_the_tables_declared(fresh: Database) -> None:
    assert not is_current(fresh)
    assert migrate(fresh) == REVISIONS
    assert is_current(fresh)
    assert migrate(fresh) == []
    with fresh.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == [], "run scripts/make_migration.py"
    announce(fresh, "first")
    assert fresh.read_position() == 1


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_is_stored_outlives_a_migration(fresh: Database, revision: str) -> None:
    migrate(fresh, to=revision)
    has_events = inspect(fresh.engine).has_table("events")
    if has_events:
        announce(fresh, "before")
    migrate(fresh)
    with fresh.read() as tx:
        assert [row.type for row in tx.all(select(tables.events))] == ["before"] * has_events


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, empty_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for each in starting:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in starting:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    counts = sorted(int(each.communicate(timeout=60)[0]) for each in starting)
    assert [each.returncode for each in starting] == [0, 0, 0]
    assert counts == [0, 0, len(REVISIONS)]


def write_script(folder: Path, code: str) -> Any:
    (folder / "versions").mkdir(parents=True)
    (folder / "versions" / "r1.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision = 'x1'\ndown_revision = None\n"
        f"def upgrade():\n    op.create_table('one', sa.Column('id', sa.Integer()))\n    {code}\n"
    )
    return find_scripts(folder)


def test_a_migration_that_fails_has_changed_nothing(fresh: Database, tmp_path: Path) -> None:
    scripts = write_script(tmp_path / "failing", "raise ValueError('half way')")
    with pytest.raises(ValueError, match="half way"):
        migrate(fresh, scripts=scripts)
    assert not inspect(fresh.engine).has_table("one")
    assert migrate(fresh) == REVISIONS


def test_tables_of_a_newer_mockops_are_left_alone(fresh: Database, tmp_path: Path) -> None:
    assert migrate(fresh, scripts=write_script(tmp_path / "newer", "pass")) == ["x1"]
    with pytest.raises(DatabaseTooNew, match="x1"):
        migrate(fresh)


def test_tables_that_no_migration_made_are_left_alone(fresh: Database) -> None:
    fresh.create_all()
    with pytest.raises(DatabaseForeign):
        migrate(fresh)


def test_references_hold_again_after_a_migration(tmp_path: Path, clock: FrozenClock) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}", clock=clock)
    migrate(database)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000
    database.close()


@pytest.mark.parametrize("content", [b"this is no database at all, but it is long enough to be one" * 40])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, clock: FrozenClock, content: bytes) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(content)
    database = open_database(f"sqlite:///{path}", clock=clock)
    with pytest.raises(DatabaseBroken, match="damaged"):
        migrate(database)
    database.close()


def test_a_damaged_file_is_named(tmp_path: Path, clock: FrozenClock) -> None:
    path = tmp_path / "damaged.db"
    database = open_database(f"sqlite:///{path}", clock=clock)
    migrate(database)
    database.close()
    content = bytearray(path.read_bytes())
    content[100:8192] = b"\xff" * 8092
    path.write_bytes(content)
    database = open_database(f"sqlite:///{path}", clock=clock)
    with pytest.raises(DatabaseBroken, match="damaged"):
        migrate(database)
    database.close()
