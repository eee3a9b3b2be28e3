"""What can go wrong with a database, in words of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from mockops.core.errors import Conflict, Unavailable

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


class DatabaseConflict(Conflict):
    """A rule of the database refused the change."""

    code: ClassVar[str] = "database.conflict"


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of ours for those of the driver.

    Raises:
        DatabaseBusy: It stayed locked.
        DatabaseFull: The disk is full.
        DatabaseDown: It cannot be reached, read or written.
        DatabaseConflict: A constraint does not hold.

    """
    try:
        yield
    except IntegrityError as error:
        raise DatabaseConflict(f"The change contradicts what is stored: {error.orig}") from error
    except OperationalError as error:
        text = str(error.orig)
        lower = text.lower()
        if "locked" in lower or "lock timeout" in lower or "deadlock" in lower:
            raise DatabaseBusy("The database is locked by another process; try again in a moment.") from error
        if "full" in lower or "no space left" in lower:
            raise DatabaseFull("The disk of the database is full; nothing was changed. Free some space.") from error
        raise DatabaseDown(f"The database cannot be used: {text}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseDown(f"The connection to the database is lost: {error.orig}") from error
        raise
