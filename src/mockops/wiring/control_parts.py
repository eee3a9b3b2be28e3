"""What control's endpoints ask for, opened and closed with the process."""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockops.contracts.service.build import Builder
from mockops.contracts.service.reimport import ContractReview
from mockops.control.gateway_protocol import endpoints
from mockops.control.live import Live
from mockops.core.errors import Unavailable
from mockops.infra.secrets import open_vault
from mockops.mocking.service.configs import cut_config_version
from mockops.mocking.service.review import review_contract
from mockops.workspaces.service.changes import ConfigHook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from fastapi import APIRouter

    from mockops.control.auth.people import People
    from mockops.infra.web.services import Services

log = logging.getLogger("mockops.control")

_FLUSH_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an application is given beside its services."""

    routers: Sequence[APIRouter]
    """At the root."""
    end: Callable[[], None]
    """Answers everybody who waits: called when the process is told to stop, before open requests are waited for."""


@asynccontextmanager
async def open_parts(services: Services, people: People, data: Path | None) -> AsyncIterator[Parts]:
    """Provide what endpoints ask for, and run what works while requests wait, until the end.

    Raises:
        SecretKeyInvalid: The key that seals secrets cannot be used.
        SecretKeyUnavailable: It cannot be read or made.

    """
    live = Live(services)
    services.provide(open_vault(data, os.environ))
    services.provide(people.uses)
    services.provide(ConfigHook(cut_config_version))
    services.provide(ContractReview(review=review_contract))
    builder = Builder()
    services.provide(builder)
    flushing = asyncio.create_task(_flush_uses(services, people))
    try:
        async with live.running():
            yield Parts(routers=(endpoints.api,), end=live.end)
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
