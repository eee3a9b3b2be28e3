"""Batches on their way to control: on disk before they are sent, there until they are taken; bounded by bytes."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import OrderedDict
from typing import TYPE_CHECKING

from mockops.gateway.link.folder import files_in, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 64 << 20
_FILE_BYTES = 512
"""What a file costs beside its content."""
_NAME = re.compile(r"[0-9a-f]{13}-[0-9a-f]{8}-\d{12}")


class Spool:
    """A queue of batches, in order of their making, those of former boots first."""

    def __init__(self, folder: Path, *, warn: Callable[[str], None], max_bytes: int = MAX_BYTES) -> None:
        """Take up what former boots left.

        Args:
            folder: Where the files lie.
            warn: Tells people.
            max_bytes: Bound on all batches; the oldest are dropped beyond it.

        """
        self._folder = folder
        self._warn = warn
        self._max_bytes = max_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._held: dict[str, bytes] = {}
        """Those that the disk does not hold."""
        self._taken: set[str] = set()
        """Those that were sent at least once: they may have arrived, and must not change any more."""
        self.size_bytes = 0
        self.dropped = 0
        """How many were lost to the bound, or refused by control."""
        self._told_at = 1
        self.reason = ""
        """Why the disk did not take the last one; empty: it did."""
        self.filled = asyncio.Event()
        """Set while there is something to send."""
        for path in files_in(folder):
            if _NAME.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    self._enter(path.name, path.stat().st_size)
        self._taken.update(self._sizes)

    def __len__(self) -> int:
        return len(self._sizes)

    def put(self, boot: str, number: int, content: bytes) -> None:
        """Add a batch, or write one anew that was never sent."""
        name = f"{boot}-{number:012d}"
        try:
            write_whole(self._folder / name, content)
        except OSError as error:
            if not self.reason:
                self._warn(
                    f"counts cannot be written to {self._folder} ({error.strerror or error}): they are kept in memory, "
                    "and lost if this process is killed"
                )
            self.reason = error.strerror or str(error)
            self._held[name] = content
        else:
            self.reason = ""
            self._held.pop(name, None)
        self._enter(name, len(content))
        self._bound()

    def may_change(self, boot: str, number: int) -> bool:
        """Say whether a batch is here and was never sent."""
        name = f"{boot}-{number:012d}"
        return name in self._sizes and name not in self._taken

    def take(self) -> tuple[str, bytes] | None:
        """Return the oldest batch, by its name, to be sent; None: there is none."""
        while self._sizes:
            name = next(iter(self._sizes))
            self._taken.add(name)
            try:
                content = self._held.get(name) or (self._folder / name).read_bytes()
            except OSError as error:
                self.drop(name, f"it cannot be read ({error.strerror or error})")
                continue
            return name, content
        return None

    def remove(self, name: str) -> None:
        """Forget a batch: control has it."""
        self.size_bytes -= self._sizes.pop(name, 0)
        self._taken.discard(name)
        if self._held.pop(name, None) is None:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)
        if not self._sizes:
            self.filled.clear()

    def drop(self, name: str, reason: str) -> None:
        """Forget a batch that cannot be sent."""
        self.dropped += 1
        self._warn(f"a batch of counts is lost: {reason} ({self.dropped} so far)")
        self.remove(name)

    def _enter(self, name: str, size: int) -> None:
        size += _FILE_BYTES
        self.size_bytes += size - self._sizes.get(name, 0)
        self._sizes[name] = size
        self.filled.set()

    def _bound(self) -> None:
        """Drop the oldest batches past the bound; the newest stays, whatever its size."""
        gone = 0
        while self.size_bytes > self._max_bytes and len(self._sizes) > 1:
            self.remove(next(iter(self._sizes)))
            gone += 1
        self.dropped += gone
        if gone and self.dropped >= self._told_at:
            self._told_at = 2 * self.dropped  # a full spool loses a batch a second
            self._warn(
                f"the spool of counts is full ({self._max_bytes:,} bytes): the oldest {gone} "
                f"{'batch is' if gone == 1 else 'batches are'} lost ({self.dropped} so far)"
            )
