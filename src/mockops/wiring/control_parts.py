"""What control's endpoints ask for, opened and closed with the process."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from mockops.contracts.service.build import Builder
from mockops.core.errors import Unavailable
from mockops.infra.secrets import open_vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from fastapi import APIRouter

    from mockops.control.auth.people import People
    from mockops.infra.web.services import Services

log = logging.getLogger("mockops.control")

_FLUSH_S = 15.0


@asynccontextmanager
async def open_parts(services: Services, people: People, data: Path | None) -> AsyncIterator[Sequence[APIRouter]]:
    """Provide what endpoints ask for; give the routers at the root, and end what runs in the background at the end.

    Raises:
        SecretKeyInvalid: The key that seals secrets cannot be used.
        SecretKeyUnavailable: It cannot be read or made.

    """
    services.provide(open_vault(data, os.environ))
    services.provide(people.uses)
    builder = Builder()
    services.provide(builder)
    flushing = asyncio.create_task(_flush_uses(services, people))
    try:
        yield ()
    finally:
        flushing.cancel()
        with suppress(asyncio.CancelledError):
            await flushing
        await asyncio.to_thread(_flush, services, people)
        await asyncio.to_thread(builder.close)


async def _flush_uses(services: Services, people: People) -> None:
    """Write down now and then when tokens were used: this process is the only one that knows."""
    while True:
        await asyncio.sleep(_FLUSH_S)
        await asyncio.to_thread(_flush, services, people)


def _flush(services: Services, people: People) -> None:
    if not people.uses.has_news:
        return
    try:
        with services.database.write(scope="token uses") as tx:
            people.uses.flush(tx)
    except Unavailable as error:
        log.warning("when tokens were last used cannot be written: %s", error)
