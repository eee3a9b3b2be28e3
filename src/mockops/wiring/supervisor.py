"""Keeps a child process alive: started again whenever it ends, at once unless it never gets going."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockops.core.errors import Unavailable
from mockops.wiring.report import warn

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from mockops.core.clock import Clock

_SETTLED_S = 10.0
"""A process that lived so long had started well: the next one follows at once."""
_FREE_RESTARTS = 3
"""Quick deaths in a row after which restarts are delayed, longer each time."""
_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 30.0
_WORDS = 12
_MAX_WORD = 2000
_POLL_S = 0.02


class ChildFailed(Unavailable):
    """A process that MockOps needs does not start."""

    code = "process.failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """What is to be kept running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    is_ready: Callable[[], Awaitable[bool]]
    """Whether it does what it is for."""
    start_s: float = 30.0
    """How long to wait for it to get ready the first time."""
    stop_s: float = 15.0
    """How long it may take to end after SIGTERM; then it is killed."""


class Supervisor:
    """Runs one child."""

    def __init__(self, child: Child, *, clock: Clock, tell: Callable[[str], None] = warn) -> None:
        self._child = child
        self._clock = clock
        self._tell = tell
        self._process: Process | None = None
        self._words: deque[str] = deque(maxlen=_WORDS)
        self._reading: list[asyncio.Task[None]] = []
        self._keeping: asyncio.Task[None] | None = None
        self._quick_deaths = 0
        self._started_at = 0.0
        self.restarts = 0
        """How often it was started again."""

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the child and wait until it is ready; one that takes too long is told of, and kept all the same.

        Raises:
            ChildFailed: It ended before it was.

        """
        await self._spawn()
        deadline = self._clock.monotonic_s() + self._child.start_s
        while not await self._child.is_ready():
            process = self._process
            if process is None or process.returncode is not None:
                await self._heard_out()
                raise ChildFailed(f"the {self._child.name} does not start:\n{self._last_words()}")
            if self._clock.monotonic_s() > deadline:
                self._tell(f"the {self._child.name} runs, but is not ready after {self._child.start_s:g} s")
                break
            await asyncio.sleep(_POLL_S)
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End the child: SIGTERM, and SIGKILL when that takes too long."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
            self._keeping = None
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), self._child.stop_s)
            except TimeoutError:
                self._tell(f"the {self._child.name} did not stop within {self._child.stop_s:g} s; it is killed")
                self.kill()
                await process.wait()
        await self._heard_out()

    def kill(self) -> None:
        """End the child now."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _spawn(self) -> None:
        self._words.clear()
        self._started_at = self._clock.monotonic_s()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._child.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(self._child.environment),
                start_new_session=True,  # Ctrl-C is for the parent, which stops its children in order
            )
        except OSError as error:
            raise ChildFailed(f"the {self._child.name} cannot be started: {error}") from error
        self._process = process
        assert process.stdout is not None  # noqa: S101 (both are pipes)
        assert process.stderr is not None  # noqa: S101
        self._reading = [
            asyncio.create_task(self._read(process.stdout, is_error=False)),
            asyncio.create_task(self._read(process.stderr, is_error=True)),
        ]

    async def _read(self, stream: asyncio.StreamReader, *, is_error: bool) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the reader keeps; the rest follows
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip()[:_MAX_WORD]
            self._words.append(text)
            if is_error:
                self._tell(f"{self._child.name}: {text}")

    async def _heard_out(self) -> None:
        await asyncio.gather(*self._reading)

    def _last_words(self) -> str:
        return "\n".join(f"  {word}" for word in self._words) or "  (it said nothing)"

    async def _keep(self) -> None:
        while True:
            process = self._process
            if process is not None:
                code = await process.wait()
                await self._heard_out()
                delay_s = self._delay()
                soon = "now" if not delay_s else f"in {delay_s:g} s"
                how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with code {code}"
                words = f"; its last words:\n{self._last_words()}" if delay_s else ""
                self._tell(f"the {self._child.name} {how}; it is started again {soon}{words}")
                await asyncio.sleep(delay_s)
            self.restarts += 1
            try:
                await self._spawn()
            except ChildFailed as error:
                self._process = None
                self._tell(str(error))
                await asyncio.sleep(_MAX_DELAY_S)

    def _delay(self) -> float:
        """Return for how long to wait: nothing, unless it dies again and again before it gets going."""
        if self._clock.monotonic_s() - self._started_at >= _SETTLED_S:
            self._quick_deaths = 0
        self._quick_deaths += 1
        beyond = self._quick_deaths - _FREE_RESTARTS
        return 0.0 if beyond <= 0 else min(_MAX_DELAY_S, _FIRST_DELAY_S * 2 ** (beyond - 1))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
