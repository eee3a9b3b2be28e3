"""A gateway in touch with its control plane: everything of this package, put together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

import msgspec

from mockops.core.ids import new_id
from mockops.gateway.gateway import LinkState
from mockops.gateway.link import saved
from mockops.gateway.link.blobs import Blobs
from mockops.gateway.link.control import Control, ControlAway, ControlRefused, Identity
from mockops.gateway.link.fleet import MAX_COMPILED_BYTES, Fleet
from mockops.gateway.link.flush import EVERY_S, Flusher
from mockops.gateway.link.follow import Follower
from mockops.gateway.link.patience import Contact, Patience
from mockops.gateway.link.samples import RATE, Sampler
from mockops.gateway.link.saved import SavedInvalid
from mockops.gateway.link.spool import MAX_BYTES, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from mockops.gateway.gateway import Gateway
    from mockops.gateway.link.folder import Folder
    from mockops.gateway.upstream.client import UpstreamClient

logger = logging.getLogger(__name__)

_LAST_WORDS_S = 3.0
"""How long the last counts may take to be sent."""


class LinkOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a link."""

    flush_s: float = EVERY_S
    sample_rate: float = RATE
    """Samples a second; 0: none."""
    spool_bytes: int = MAX_BYTES
    compiled_bytes: int = MAX_COMPILED_BYTES
    max_maps: int = 4096
    """Contracts mapped at once, each an open file."""


class Link:
    """Keeps a gateway's targets as control wants them, and tells control what was counted."""

    def __init__(
        self,
        gateway: Gateway,
        client: UpstreamClient,
        folder: Folder,
        *,
        token: str,
        name: str,
        version: str,
        say: Callable[[str], None],
        warn: Callable[[str], None],
        on_readdressed: Callable[[], None] = lambda: None,
        options: LinkOptions | None = None,
    ) -> None:
        """Get ready; nothing is read or sent yet.

        Args:
            gateway: What serves.
            client: Calls control.
            folder: Where blobs, batches and the last good snapshot lie.
            token: What control knows this gateway by.
            name: What people know it by.
            version: Of MockOps.
            say: Tells people good news.
            warn: Tells people of a problem.
            on_readdressed: Called when targets came, went, or want other ports.
            options: Bounds.

        """
        options = options or LinkOptions()
        boot = f"{int(gateway.clock.now().timestamp() * 1000):013x}-{new_id()[:8]}"
        identity = Identity(gateway=folder.gateway_id, boot=boot, name=name or folder.gateway_id[:8], version=version)
        self._gateway = gateway
        self._folder = folder
        self._warn = warn
        self._control = Control(client, token, identity)
        self._contact = Contact(self._control.url, clock=gateway.clock, say=say, warn=warn)
        self._blobs = Blobs(folder.blobs, max_maps=options.max_maps)
        self._fleet = Fleet(
            gateway,
            self._blobs,
            want=lambda _: self._follower.want(),
            max_compiled_bytes=options.compiled_bytes,
        )
        self._spool = Spool(folder.spool, warn=warn, max_bytes=options.spool_bytes)
        self._follower = Follower(
            gateway,
            self._control,
            self._fleet,
            self._blobs,
            folder,
            contact=self._contact,
            on_readdressed=on_readdressed,
            seed=boot,
        )
        self._flusher = Flusher(
            gateway,
            self._control,
            self._spool,
            identity,
            sampler=Sampler(gateway, rate=options.sample_rate),
            contact=self._contact,
            problems=self._problems,
            every_s=options.flush_s,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done with an error when there is nothing to serve, nor will be."""
        gateway.link = self
        if folder.reason:
            warn(
                f"nothing can be kept on disk ({folder.reason}): a restart while control is away would have no targets"
            )

    def load(self) -> bool:
        """Serve what was served last, from disk; return whether there is such. A bad file is told and moved aside."""
        try:
            found = saved.load(self._folder.snapshot)
        except SavedInvalid as error:
            self._warn(f"{self._folder.snapshot}: {error}; {self._move_aside()}; all targets are fetched anew")
            return False
        if found is None:
            return False
        self._fleet.load(found.rows, found.home)
        self._gateway.revision = found.cursor
        if found.url == self._control.url:
            self._follower.cursor = found.cursor
        else:
            self._warn(f"the targets on disk are from {found.url}: they are served until {self._control.url} answers")
        if self._blobs.lacks(self._fleet.digests):
            self._follower.want()
        return True

    def _move_aside(self) -> str:
        try:
            return f"moved to {saved.move_aside(self._folder.snapshot)}"
        except OSError as error:
            return f"it cannot be moved ({error.strerror or error})"

    def start(self) -> None:
        """Follow control and tell it what is counted, from now on."""
        works = (
            self._follower.follow,
            self._follower.mend,
            self._follower.keep_saved,
            self._flusher.keep_flushing,
            self._flusher.keep_sending,
        )
        self._tasks = [asyncio.create_task(self._watched(work)) for work in works]

    async def _watched(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run one of the works for ever: what goes wrong inside is logged, and must not end what is served."""
        patience = Patience(work.__qualname__)
        while True:
            try:
                await work()
            except ControlRefused as error:
                if not self.failed.done():
                    reason = f"control {self._control.url} does not let this gateway in: {error}"
                    self.failed.set_exception(ControlRefused(reason))
                return
            except Exception:
                logger.exception("MockOps failed in %s; trying again", work.__qualname__)
            await asyncio.sleep(patience.next_s())

    async def close(self) -> None:
        """Stop following, tell control the last counts for a few seconds, and keep on disk what it does not take."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.failed.cancel()
        if self._tasks:
            await self._say_last_words()
        self._control.close()
        self._folder.close()

    async def _say_last_words(self) -> None:
        await self._flusher.flush()
        with contextlib.suppress(ControlAway, ControlRefused, TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                while len(self._spool):
                    await self._flusher.send_oldest()
        await self._follower.save()
        if len(self._spool):
            self._warn(
                f"control has not taken {len(self._spool)} batches of counts; "
                + ("they are sent at the next start" if not self._spool.reason else "they are lost with this process")
            )

    @property
    def replaced(self) -> int:
        """How many compiled targets made way for others, or newer versions, since the start."""
        return self._fleet.replaced

    def state(self) -> LinkState:
        """Return how the link stands."""
        return LinkState(
            url=self._control.url,
            connected=self._contact.is_made,
            cursor=self._follower.cursor,
            last_contact=self._follower.last_contact,
            error=self._contact.reason,
            problems=list(self._problems()),
            spool_batches=len(self._spool),
            spool_bytes=self._spool.size_bytes,
            batches_dropped=self._spool.dropped,
            compiled=self._fleet.compiled,
        )

    def _problems(self) -> tuple[str, ...]:
        """Return all problems there are."""
        disk = (f"disk: counts cannot be written ({self._spool.reason})",) if self._spool.reason else ()
        folder = (f"disk: nothing can be kept ({self._folder.reason})",) if self._folder.reason else ()
        return (*self._fleet.problems.values(), *self._follower.problems, *disk, *folder)
