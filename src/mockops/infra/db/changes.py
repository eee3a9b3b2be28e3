"""Waking those who wait for a commit."""

from __future__ import annotations

import asyncio
import threading


class Changes:
    """The newest position this process knows of; any thread may move it, any event loop may wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._position = 0
        self._waiting: dict[asyncio.Future[None], asyncio.AbstractEventLoop] = {}

    @property
    def position(self) -> int:
        """The highest position that is known to be committed."""
        return self._position

    def signal(self, position: int) -> None:
        """Wake everyone who waits for a position up to this one."""
        with self._lock:
            if position <= self._position:
                return
            self._position = position
            waiting, self._waiting = self._waiting, {}
        for future, loop in waiting.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, future)

    async def wait(self, after: int, timeout_s: float) -> bool:
        """Wait for a position beyond `after`; return whether it has come."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._position > after:
                return True
            self._waiting[future] = loop
        try:
            await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            return self._position > after
        finally:
            with self._lock:
                self._waiting.pop(future, None)
        return True


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
