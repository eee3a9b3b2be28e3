"""Opening a database, and the transactions on it."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from zlib import crc32

from sqlalchemy import create_engine, event, func, insert, literal, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mockops.core.actor import SYSTEM, Caller
from mockops.core.errors import Invalid
from mockops.infra.db import tables
from mockops.infra.db.changes import Changes
from mockops.infra.db.errors import DatabaseBusy, DatabaseDown, translated
from mockops.infra.db.metadata import metadata
from mockops.infra.db.transactions import ReadTx, Tx

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Connection, Engine

    from mockops.core.clock import Clock

POOL_SIZE = 48
"""Connections: at least as many as there are threads that use them (AnyIO gives FastAPI 40)."""
_BUSY_TIMEOUT_S = 10
_LEAST_BUSY_S = 1.0
"""What a writer may wait for other processes at least, however long it waited for its own."""
_CREDENTIALS = re.compile(r".*@", re.DOTALL)
CHANNEL = "mockops"
"""Of PostgreSQL's NOTIFY."""
TARGETS_CHANNEL = "mockops_targets"
"""The same, for commits that changed what gateways serve."""


class DatabaseUrlInvalid(Invalid):
    """The URL names no database that MockOps can use."""

    code: ClassVar[str] = "database.url_invalid"


class Database:
    """A database and what has changed in it; made by `open_database`."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self.engine = engine
        self.changed = Changes()
        """Positions of all commits."""
        self.targets = Changes()
        """Revisions of commits that changed what gateways serve: far fewer, so that gateways sleep through the rest."""
        self._clock = clock
        self._writing = threading.Lock()
        """SQLite has one writer at a time: waiting here is fair and immediate, its own waiting is neither."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite and not PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self, caller: Caller = SYSTEM) -> Iterator[ReadTx]:
        """Look at one consistent state.

        Raises:
            Unavailable: The database cannot be used now.

        """
        with translated(), self._connect("BEGIN", isolation="REPEATABLE READ") as connection:
            yield ReadTx(connection, now=self._clock.now(), caller=caller)

    @contextmanager
    def write(
        self, caller: Caller = SYSTEM, *, scope: str = "", causation_id: str = "", depth: int = 0
    ) -> Iterator[Tx]:
        """Change something: all of what happens inside is saved at the end, or nothing when it raises.

        Two writers of one scope wait for each other from their beginnings, so that what one reads cannot change until
        it has written: on SQLite all are of one scope.

        Args:
            caller: On whose behalf.
            scope: What may change, by default the caller's organization.
            causation_id: The event that led to this.
            depth: How many events led to this.

        Raises:
            Unavailable: The database cannot be used now; nothing was changed.

        """
        with self._turn() as left_s, translated():
            with self._connect("BEGIN IMMEDIATE", busy_s=left_s) as connection:
                if not self.is_sqlite:
                    key = crc32((scope or caller.org_id).encode())
                    connection.execute(select(func.pg_advisory_xact_lock(key)))
                tx = Tx(connection, now=self._clock.now(), caller=caller, causation_id=causation_id, depth=depth)
                yield tx
                tx.finish()
                if tx.position and not self.is_sqlite:
                    connection.execute(select(func.pg_notify(CHANNEL, str(tx.position))))
                    if tx.revision:
                        connection.execute(select(func.pg_notify(TARGETS_CHANNEL, str(tx.revision))))
            if tx.position:
                self.changed.signal(tx.position)
            if tx.revision:
                self.targets.signal(tx.revision)

    @contextmanager
    def _turn(self) -> Iterator[float]:
        """Wait for the writers of this process; give for how long to wait for those of others, in seconds."""
        if not self.is_sqlite:
            yield _BUSY_TIMEOUT_S
            return
        begun_s = self._clock.monotonic_s()
        if not self._writing.acquire(timeout=_BUSY_TIMEOUT_S):
            raise DatabaseBusy("Too many changes wait for the database; try again in a moment.")
        try:
            yield max(_LEAST_BUSY_S, _BUSY_TIMEOUT_S - (self._clock.monotonic_s() - begun_s))
        finally:
            self._writing.release()

    @contextmanager
    def _connect(self, begin: str, *, isolation: str = "", busy_s: float = _BUSY_TIMEOUT_S) -> Iterator[Connection]:
        with self.engine.connect() as connection, _patience(connection, busy_s):
            if self.is_sqlite:
                connection.execution_options(begin=begin)
            elif isolation:
                connection.execution_options(isolation_level=isolation, postgresql_readonly=True)
            with connection.begin():
                yield connection

    def read_position(self) -> int:
        """Return the newest position, and wake those who wait for it."""
        with self.read() as tx:
            position: int = tx.scalar(select(tables.log_position.c.value)) or 0
            revision: int = tx.scalar(select(func.max(tables.targets.c.revision))) or 0
        self.changed.signal(position)
        self.targets.signal(revision)
        return position

    def create_all(self) -> None:
        """Create every table as it is declared now, for tests; `migrate` is what processes do."""
        metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            row = tables.log_position
            connection.execute(
                insert(row).from_select(["id", "value"], select(literal(1), literal(0)).where(~select(row).exists()))
            )

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def _patience(connection: Connection, busy_s: float) -> Iterator[None]:
    """Have SQLite wait for a lock no longer than is left: behind others of this process most of it is used up."""
    if busy_s > _BUSY_TIMEOUT_S - _LEAST_BUSY_S:
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA busy_timeout={int(busy_s * 1000)}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_S * 1000}")


def open_database(url: str, *, clock: Clock) -> Database:
    """Open a database: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.

    Raises:
        DatabaseUrlInvalid: The URL is none of these.
        Unavailable: It cannot be reached.

    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        shown = _CREDENTIALS.sub("***@", url)
        message = f"{shown!r} is no database URL; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        raise DatabaseUrlInvalid(message) from None  # the parser's own error has the password
    kind = parsed.drivername.partition("+")[0]
    if kind == "sqlite":
        return Database(_open_sqlite(parsed), clock=clock)
    if kind in ("postgresql", "postgres"):
        return Database(_open_postgresql(parsed), clock=clock)
    message = f"{kind}: only sqlite and postgresql databases can be used"
    raise DatabaseUrlInvalid(message)


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        message = "a SQLite database must be a file: sqlite:///FILE"
        raise DatabaseUrlInvalid(message)
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{Path(url.database).parent} cannot be made: {error.strerror or error}"
        raise DatabaseDown(message) from error
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        pool_size=POOL_SIZE,
        max_overflow=0,
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": _BUSY_TIMEOUT_S},
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_TIMEOUT_S * 1000}",
            "cache_size=-16000",
            "wal_autocheckpoint=8000",  # pages, 32 MB: small changes rewrite the same few over and over
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _open_postgresql(url: URL) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _BUSY_TIMEOUT_S, "application_name": "mockops"},
    )


def ping(database: Database) -> None:
    """Make sure that the database answers.

    Raises:
        Unavailable: It does not.

    """
    with database.read() as tx:
        tx.scalar(text("SELECT 1"))
