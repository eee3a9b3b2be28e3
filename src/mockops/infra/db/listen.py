"""Hearing of other processes' commits: PostgreSQL's LISTEN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from mockops.infra.db.errors import DatabaseDown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from mockops.infra.db.database import Database


async def listen(database: Database, channels: Sequence[str]) -> AsyncIterator[tuple[str, str]]:
    """Give channel and payload of each notification, on a connection of its own; first an empty pair when it listens.

    Raises:
        DatabaseDown: The connection cannot be made, or is lost.

    """
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True, application_name="mockops-listen")
        async with connection:
            for channel in channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield "", ""
            async for heard in connection.notifies():
                yield heard.channel, heard.payload
    except psycopg.Error as error:
        raise DatabaseDown(f"The database cannot be listened to: {error}") from error
