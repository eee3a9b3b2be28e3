"""When files change: events of the system, and a look of our own where events do not come or came too early."""

from __future__ import annotations

import asyncio
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import awatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_QUIET_MS = 50
"""Changes closer together than this are one: editors and checkouts write several files."""
_LOOK_MS = 500
_LOOKS = 4
"""Files are looked at without an event as well, because network file systems send none: after 0.5 s so many times, then
at every so manieth of them."""
_MAX_FOLDERS = 2_000
"""Folders looked at below those watched, where there are no events."""
_CLOCK_SLACK_NS = 20_000_000
"""File systems stamp files by a clock that ticks this slowly."""


class Changes:
    """Waits for files and folders to change."""

    def __init__(self, places: Iterable[Path], *, read_at: datetime) -> None:
        """Look at places whose content was read at some moment; a change since then is one to be waited for."""
        self._is_due = asyncio.Event()
        self._failed: BaseException | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._exact: frozenset[str] = frozenset()
        self._folders: tuple[frozenset[Path], frozenset[Path]] = (frozenset(), frozenset())
        self._places: frozenset[Path] = frozenset()
        self._seen: dict[Path, tuple[int, int]] = {}
        self._looks = 0
        self.watch(places, read_at=read_at)

    def watch(self, places: Iterable[Path], *, read_at: datetime) -> None:
        """Look at these places from now on; folders with everything below."""
        self._places = places = frozenset(places)
        self._exact = frozenset(str(each) for place in places for each in (place.absolute(), place.resolve()))
        self._seen = _look(places)
        since_ns = int(read_at.timestamp() * 1e9) - _CLOCK_SLACK_NS
        if any(changed_ns > since_ns for changed_ns, _ in self._seen.values()):
            self._is_due.set()
        folders = _folders(places)
        if folders != self._folders:
            self._folders = folders
            self.close()
            deep, flat = folders
            self._tasks = [
                asyncio.create_task(self._follow(some, is_deep=is_deep))
                for some, is_deep in ((deep, True), (flat, False))
                if some
            ]
            for task in self._tasks:
                task.add_done_callback(self._end)

    async def wait(self) -> None:
        """Wait for a change since the last one waited for.

        Raises:
            OSError: Files cannot be watched.

        """
        await self._is_due.wait()
        self._is_due.clear()
        if self._failed is not None:
            raise self._failed

    def close(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()

    async def _follow(self, folders: frozenset[Path], *, is_deep: bool) -> None:
        async for changes in awatch(
            *folders, debounce=400, step=_QUIET_MS, recursive=is_deep, rust_timeout=_LOOK_MS, yield_on_timeout=True
        ):
            if any(self._concerns(path) for _, path in changes) or (not changes and await self._has_changed()):
                self._is_due.set()

    async def _has_changed(self) -> bool:
        """Look for what no event told."""
        self._looks += 1
        if self._looks > _LOOKS and self._looks % _LOOKS:
            return False
        seen = self._seen
        found = await asyncio.to_thread(_look, self._places)
        if found == seen or seen is not self._seen:
            return False
        self._seen = found
        return True

    def _end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed = error
            self._is_due.set()

    def _concerns(self, changed: str) -> bool:
        if changed in self._exact:
            return True
        return any(str(parent) in self._exact for parent in Path(changed).parents)


def _look(places: frozenset[Path]) -> dict[Path, tuple[int, int]]:
    """Return when places, and folders below them, last changed (in nanoseconds) and their size; 0 for what is gone."""
    found: dict[Path, tuple[int, int]] = {}
    for place in itertools.chain(places, itertools.islice(_below(places), _MAX_FOLDERS)):
        try:
            status = place.stat()
        except OSError:
            found[place] = (0, 0)
        else:
            # not the time of the content: that one is copied along with files
            found[place] = (status.st_ctime_ns, status.st_size)
    return found


def _below(places: frozenset[Path]) -> Iterator[Path]:
    for place in places:
        for folder, names, _ in os.walk(place):
            names[:] = [name for name in names if not name.startswith(".") and name != "node_modules"]
            yield from (Path(folder, name) for name in names)


def _folders(places: frozenset[Path]) -> tuple[frozenset[Path], frozenset[Path]]:
    """Return folders to watch with all below, and folders to watch for their own files.

    Folders rather than files: editors replace a file by renaming another over it. Both where a link stands and where
    it leads to: mounted configuration changes by a new link.
    """
    deep, flat = set(), set()
    for place in places:
        if place.is_dir():
            deep.add(place.resolve())
        else:
            flat |= {folder for folder in (place.absolute().parent, place.resolve().parent) if folder.is_dir()}
    deep = {folder for folder in deep if not any(folder.is_relative_to(other) for other in deep - {folder})}
    flat = {folder for folder in flat if not any(folder.is_relative_to(other) for other in deep)}
    return frozenset(deep), frozenset(flat)
