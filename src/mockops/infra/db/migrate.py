"""Bringing a database's tables up to what this MockOps needs; many processes may ask for it at once."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import func, insert, inspect, literal, select

from mockops.core.errors import Unavailable
from mockops.infra.db import tables
from mockops.infra.db.errors import DatabaseBroken, translated
from mockops.infra.db.metadata import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from sqlalchemy.engine import Connection

    from mockops.infra.db.database import Database

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6D6F636B
"""Of PostgreSQL's advisory locks: one process migrates, the others wait and find it done."""
_PATIENCE_MS = 600_000
"""How long a process waits for another one that migrates."""


class DatabaseTooNew(Unavailable):
    """A newer MockOps has changed the tables to what this one does not know."""

    code: ClassVar[str] = "database.too_new"


class DatabaseForeign(Unavailable):
    """The database has tables of MockOps, but no record of which."""

    code: ClassVar[str] = "database.foreign"


def find_scripts(folder: Path = FOLDER) -> ScriptDirectory:
    """Return the migrations of a folder, by default those of this MockOps."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def is_current(database: Database, *, scripts: ScriptDirectory | None = None) -> bool:
    """Say whether the tables are those that this MockOps needs.

    Raises:
        Unavailable: The database cannot be read now.

    """
    with translated(), database.engine.connect() as connection:
        return _revision(connection) == (scripts or find_scripts()).get_current_head()


def migrate(database: Database, *, to: str = "head", scripts: ScriptDirectory | None = None) -> list[str]:
    """Bring the tables up to a revision, all in one transaction; return the revisions that were applied.

    Processes that start at once do it once: the others wait, then find nothing left to do.

    Raises:
        DatabaseTooNew: The tables are those of a newer MockOps.
        DatabaseForeign: There are tables of ours that no migration made.
        DatabaseBroken: The file is no database, or it is damaged.
        Unavailable: The database cannot be used now; nothing was changed.

    """
    scripts = scripts or find_scripts()
    with translated(), database.engine.connect() as connection:
        if to == "head" and _revision(connection) == scripts.get_current_head():
            return []
        connection.rollback()
        with _alone(connection, is_sqlite=database.is_sqlite):
            applied = _upgrade(connection, scripts, to)
            if inspect(connection).has_table(tables.log_position.name):
                _begin_positions(connection)
            return applied


@contextmanager
def _alone(connection: Connection, *, is_sqlite: bool) -> Iterator[None]:
    """Hold everyone else off, in a transaction; SQLite checks references at its end instead of following them."""
    if not is_sqlite:
        with connection.begin():
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            yield
        return
    raw = connection.connection.dbapi_connection
    assert raw is not None  # noqa: S101 (it is connected)
    before = raw.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execution_options(begin="BEGIN IMMEDIATE")
    for pragma in (f"busy_timeout={_PATIENCE_MS}", "foreign_keys=OFF"):
        raw.execute(f"PRAGMA {pragma}")
    try:
        with connection.begin():
            yield
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                message = f"after the migration, a row of {broken[0]} refers to a row of {broken[2]} that is not there"
                raise DatabaseBroken(message)
    finally:
        for pragma in ("foreign_keys=ON", f"busy_timeout={before}"):
            raw.execute(f"PRAGMA {pragma}")


def _upgrade(connection: Connection, scripts: ScriptDirectory, to: str) -> list[str]:
    applied: list[str] = []
    current = _revision(connection)
    if current is None and _has_tables(connection):
        message = "the database has tables of MockOps but no record of its migrations; use another, empty database"
        raise DatabaseForeign(message)

    def plan(revision: Any, _context: MigrationContext) -> Sequence[Any]:
        steps = scripts._upgrade_revs(to, revision)
        applied.extend(step.revision.revision for step in steps)
        return steps

    try:
        with EnvironmentContext(Config(), scripts, fn=plan, destination_rev=to) as environment:
            environment.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
            environment.run_migrations()
    except CommandError as error:
        message = (
            f"the tables are of revision {current}, which this MockOps does not know: a newer one has used this "
            f"database. Install that version, or use another database."
        )
        raise DatabaseTooNew(message) from error
    return applied


def _begin_positions(connection: Connection) -> None:
    """Have the row that positions are taken from."""
    row = tables.log_position
    first = select(literal(1), literal(0)).where(~select(row).exists())
    connection.execute(insert(row).from_select(["id", "value"], first))


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _has_tables(connection: Connection) -> bool:
    return bool(set(inspect(connection).get_table_names()) & set(metadata.tables))
