"""Following control: the long poll, the blobs it calls for, and the copy on disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockops.gateway.link import saved
from mockops.gateway.link.blobs import BlobMissing
from mockops.gateway.link.control import ControlAway, ControlRefused
from mockops.gateway.link.patience import Patience
from mockops.gateway.link.saved import Saved
from mockops.publishing.model import MAX_BLOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from mockops.gateway.gateway import Gateway
    from mockops.gateway.link.blobs import Blobs
    from mockops.gateway.link.control import Control
    from mockops.gateway.link.fleet import Fleet
    from mockops.gateway.link.folder import Folder
    from mockops.gateway.link.patience import Contact
    from mockops.publishing.model import Blob

_WAIT_S = 30
_SAVE_EVERY_S = 2.0
_HASTY_S = 0.2
"""A server that answers a long poll sooner than this with nothing is not asked again at once."""


class Follower:
    """Keeps a gateway's targets as control wants them."""

    def __init__(
        self,
        gateway: Gateway,
        control: Control,
        fleet: Fleet,
        blobs: Blobs,
        folder: Folder,
        *,
        contact: Contact,
        on_readdressed: Callable[[], None],
        seed: str,
    ) -> None:
        self._gateway = gateway
        self._control = control
        self._fleet = fleet
        self._blobs = blobs
        self._folder = folder
        self._contact = contact
        self._on_readdressed = on_readdressed
        self._seed = seed
        self._lock = asyncio.Lock()
        """Held while blobs come for targets that are not served yet, so that nobody prunes them."""
        self._changed = asyncio.Event()
        self._wants_blobs = asyncio.Event()
        self._is_whole = True
        self._writing: asyncio.Future[None] | None = None
        """The snapshot on its way to disk."""
        self.cursor = 0
        """Of the last page applied."""
        self.last_contact: datetime | None = None
        self.problems: tuple[str, ...] = ()
        """Rows that do not even say which target they are, disks that are full."""

    def want(self) -> None:
        """Know that blobs of what is served turned out not to be here."""
        self._wants_blobs.set()

    async def follow(self) -> None:
        """Ask for changes and apply them, for ever.

        Raises:
            ControlRefused: Control does not let this gateway in, and there is nothing else to serve.

        """
        patience = Patience(self._seed, "follow")
        while True:
            try:
                await self._turn(patience)
            except ControlRefused as error:
                if self._gateway.revision < 0:
                    raise
                self._contact.lose(str(error), outlook="check the token; what is served stays")
            except ControlAway as error:
                is_serving = self._gateway.revision >= 0
                outlook = "serving on" if is_serving else "there is nothing to serve until it does"
                self._contact.lose(str(error), outlook=f"{outlook}; trying again")
            else:
                continue
            await asyncio.sleep(patience.next_s())

    async def _turn(self, patience: Patience) -> None:
        """Ask once; at once when there was no contact, so that it is soon known that there is."""
        loop = asyncio.get_running_loop()
        began_s, asked = loop.time(), self.cursor
        wait_s = _WAIT_S if self._contact.is_made else 0
        page = await self._control.page(asked, wait_s=wait_s)
        self.last_contact = self._gateway.clock.now()
        if page.more and page.cursor <= asked and not page.reset:
            raise ControlAway("its pages do not come to an end")
        is_news = bool(page.changed or page.removed or page.unread or page.reset)
        if is_news or page.cursor != asked or self._gateway.revision < 0:
            async with self._lock:
                await self._fetch({digest for row in page.changed for digest in row.digests})
                is_readdressed = self._fleet.apply(page, is_first=asked == 0)
            self.cursor = page.cursor
            self._is_whole = not page.more
            if not page.more:
                self._gateway.revision = page.cursor
                self._changed.set()
            if page.unread or is_news:
                self._note("row", *page.unread)
            if is_readdressed:
                self._on_readdressed()
        self._contact.make()
        patience.reset()
        if not is_news and wait_s and loop.time() - began_s < _HASTY_S:
            await asyncio.sleep(_HASTY_S)

    def _note(self, about: str, *problems: str) -> None:
        """Remember what is wrong of one kind, in place of what was."""
        prefix = f"{about}: "
        others = tuple(each for each in self.problems if not each.startswith(prefix))
        self.problems = (*others, *(prefix + each for each in problems))

    # -- blobs

    async def _fetch(self, digests: Collection[str]) -> set[str]:
        """Get the blobs that are not here; return those that came."""
        lacking = self._blobs.lacks(digests)
        came: set[str] = set()
        while lacking:
            asked = lacking[:MAX_BLOBS]
            found = await self._control.blobs(asked)
            try:
                came |= await asyncio.to_thread(self._keep, found, frozenset(asked))
            except BlobMissing as error:
                raise ControlAway(str(error)) from error
            answered = {blob.digest for blob in found}
            lacking = [digest for digest in lacking if digest not in answered]
        self._note_blobs()
        return came

    def _note_blobs(self) -> None:
        reason = self._blobs.reason
        self._note("disk", *([f"blobs cannot be written ({reason}); they are kept in memory"] if reason else ()))

    def _keep(self, found: list[Blob], asked: frozenset[str]) -> set[str]:
        came = [blob for blob in found if blob.content is not None and blob.digest in asked]
        for blob in came:
            self._blobs.put(blob.digest, blob.content or b"")
        return {blob.digest for blob in came}

    async def mend(self) -> None:
        """Fetch blobs of targets that are served already, whenever some turn out not to be here."""
        patience = Patience(self._seed, "mend")
        while True:
            await self._wants_blobs.wait()
            self._wants_blobs.clear()
            try:
                async with self._lock:
                    came = await self._fetch(self._fleet.digests)
                    self._fleet.retry(came)
            except (ControlAway, ControlRefused):
                self._wants_blobs.set()  # the long poll tells people
                await asyncio.sleep(patience.next_s())
            else:
                patience.reset()

    # -- disk

    async def keep_saved(self) -> None:
        """Write what is served to disk, soon after it changes."""
        while True:
            await self._changed.wait()
            await self.save()
            await asyncio.sleep(_SAVE_EVERY_S)

    async def save(self) -> None:
        """Write what is served to disk if it has changed, and remove the blobs that nothing needs any more."""
        if self._writing is not None:  # whoever began it was cancelled
            await asyncio.wait((self._writing,))
            if self._writing.exception() is not None:
                self._changed.set()
            self._writing = None
        if not self._changed.is_set() or not self._is_whole or self._folder.reason:
            return
        self._changed.clear()
        try:
            await self._write_blobs()
            now = Saved(url=self._control.url, cursor=self.cursor, home=self._fleet.home, rows=self._fleet.rows)
            self._writing = asyncio.ensure_future(asyncio.to_thread(saved.save, self._folder.snapshot, now))
            await asyncio.shield(self._writing)
        except OSError as error:
            self._writing = None
            was_known = any(each.startswith("snapshot: ") for each in self.problems)
            self._note("snapshot", f"it cannot be written to {self._folder.snapshot}: {error.strerror or error}")
            if not was_known:
                self._warn_of_disk(error)
            self._changed.set()
            return
        self._writing = None
        self._note("snapshot")
        async with self._lock:
            self._blobs.prune(self._fleet.digests)

    async def _write_blobs(self) -> None:
        """Write what a full disk did not take: a snapshot is of use with its blobs only.

        Raises:
            OSError: It is still full.

        """
        if self._blobs.is_whole:
            return
        async with self._lock:
            await asyncio.to_thread(self._blobs.write_held)
            self._note_blobs()

    def _warn_of_disk(self, error: OSError) -> None:
        self._contact.warn(
            f"the snapshot cannot be written to {self._folder.snapshot} ({error.strerror or error}): what is served "
            "stays, but a restart while control is away would know an older one, or none"
        )
