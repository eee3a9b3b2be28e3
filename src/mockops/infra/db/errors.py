"""What can go wrong with a database, in words of ours."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from mockops.core.errors import Conflict, Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


class DatabaseBusy(Unavailable):
    """Somebody else has kept the database locked for too long."""

    code: ClassVar[str] = "database.busy"


class DatabaseFull(Unavailable):
    """There is no room left to write."""

    code: ClassVar[str] = "database.full"


class DatabaseDown(Unavailable):
    """The database cannot be reached, or it cannot be read or written."""

    code: ClassVar[str] = "database.unavailable"


class DatabaseBroken(Unavailable):
    """The file is damaged, or it is no database."""

    code: ClassVar[str] = "database.damaged"


class DatabaseConflict(Conflict):
    """A rule of the database refused the change."""

    code: ClassVar[str] = "database.conflict"


class ValueUnstorable(Invalid):
    """A value has what the database cannot keep, as a NUL character."""

    code: ClassVar[str] = "database.value_unstorable"


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of ours for those of the driver.

    Raises:
        DatabaseBusy: It stayed locked.
        DatabaseFull: The disk is full.
        DatabaseBroken: The file is damaged.
        DatabaseDown: It cannot be reached, read or written.
        DatabaseConflict: A constraint does not hold.
        ValueUnstorable: A text has a NUL character, a number is out of range.

    """
    try:
        yield
    except IntegrityError as error:
        raise DatabaseConflict(f"The change contradicts what is stored: {error.orig}") from error
    except DataError as error:
        raise ValueUnstorable(f"A value cannot be stored or looked for: {error.orig}") from error
    except OperationalError as error:
        raise _explain(str(error.orig), error.orig) from error
    except sqlite3.OperationalError as error:  # while a connection is set up
        raise _explain(str(error), error) from error
    except (DBAPIError, sqlite3.DatabaseError) as error:
        text = str(getattr(error, "orig", error))
        if "malformed" in text or "not a database" in text:
            raise _explain(text) from error
        if getattr(error, "connection_invalidated", False):
            raise DatabaseDown(f"The connection to the database is lost: {text}") from error
        raise


_NO_ROOM = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""A file that may not grow: SQLite says so of a full disk, but not of a full quota or a limit of the process."""


def _explain(text: str, error: BaseException | None = None) -> Unavailable:
    lower = text.lower()
    if "locked" in lower or "lock timeout" in lower or "deadlock" in lower:
        return DatabaseBusy("The database is locked by another process; try again in a moment.")
    if "full" in lower or "no space left" in lower or getattr(error, "sqlite_errorcode", 0) in _NO_ROOM:
        return DatabaseFull("The disk of the database is full, or a quota is; nothing was changed. Free some space.")
    if "malformed" in lower or "not a database" in lower:
        return DatabaseBroken(
            f"The database's file is damaged or no SQLite database ({text}). Restore it from a copy, or move it away "
            f"together with its -wal and -shm files to begin anew."
        )
    return DatabaseDown(f"The database cannot be used: {text}")
