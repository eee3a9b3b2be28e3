"""The leader's followers: started, kept alive, told what to serve, asked what has happened."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from itertools import count
from typing import TYPE_CHECKING, ClassVar, Protocol

from mockops.core.errors import Invalid
from mockops.gateway.workers.channel import Channel, open_channel
from mockops.gateway.workers.telling import Listener
from mockops.gateway.workers.wire import (
    Added,
    Begin,
    Counts,
    Failed,
    Listen,
    Passed,
    Ready,
    Serve,
    Stop,
    Sync,
    Synced,
    encode,
    pack_stubs,
    pack_target,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from mockops.gateway.gateway import Gateway
    from mockops.gateway.workers.wire import Message
    from mockops.mocking.model import Stub
    from mockops.publishing.model import TargetSnapshot

logger = logging.getLogger(__name__)

FLUSH_TIMEOUT_S = 2.0
"""How long an admin request waits for a follower that does not say what has happened."""
START_TIMEOUT_S = 60.0
_BACK_OFF_S = 0.05
_MAX_BACK_OFF_S = 5.0
_STEADY_S = 10.0
"""A follower that lived so long starts anew without delay."""
_KILL_AFTER_S = 3.0
"""Beyond the time to drain."""

Key = tuple[str, str]


class WorkersFailed(Invalid):
    """A further process cannot serve."""

    code: ClassVar[str] = "gateway.workers_failed"


class Process(Protocol):
    """A child process, as `asyncio.subprocess` has them."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it runs."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...

    async def wait(self) -> int:
        """Wait for its end."""
        ...


class _Follower:
    """One process and what it was told."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.channel: Channel | None = None
        self.is_ready = False
        self.reason = ""
        """Why it could not serve, in its own words."""
        self.ended = asyncio.Event()
        self.targets: dict[Key, TargetSnapshot] = {}
        self.order: tuple[Key, ...] | None = None
        self.added: dict[Key, tuple[Stub, ...]] = {}
        self.ports: tuple[tuple[int, str], ...] | None = None
        self.synced: dict[int, asyncio.Future[None]] = {}

    def end(self) -> None:
        """Nothing more will come: whoever waits for it need not."""
        self.ended.set()
        for waiting in self.synced.values():
            if not waiting.done():
                waiting.set_result(None)
        self.synced.clear()


class Crew:
    """The processes that share the leader's port."""

    def __init__(
        self, gateway: Gateway, begin: Begin, *, size: int, spawn: Callable[[int], Awaitable[Process]]
    ) -> None:
        """Prepare followers.

        Args:
            gateway: The leader's gateway: what it serves, the followers serve.
            begin: How to serve.
            size: How many followers.
            spawn: Starts a process that speaks over the file descriptor given, which it inherits.

        """
        self._gateway = gateway
        self._begin = begin
        self._size = size
        self._spawn = spawn
        self._listener = Listener(gateway)
        self._ports: tuple[tuple[int, str], ...] = ()
        self._followers: dict[int, _Follower] = {}
        self._numbers = count(1)
        self._keepers: list[asyncio.Task[None]] = []
        self._first: list[asyncio.Future[None]] = []
        self._is_stopping = False

    @property
    def pids(self) -> list[int]:
        """Process ids of the followers that serve now."""
        return [each.process.pid for each in self._followers.values() if each.is_ready]

    async def start(self, ports: Iterable[tuple[int, str]]) -> None:
        """Start all followers and wait until they serve.

        Args:
            ports: Where to listen, each with the only target it leads to (empty: any).

        Raises:
            WorkersFailed: One cannot.

        """
        self._ports = tuple(ports)
        loop = asyncio.get_running_loop()
        self._first = [loop.create_future() for _ in range(self._size)]
        self._keepers = [asyncio.create_task(self._keep(index)) for index in range(self._size)]
        _, late = await asyncio.wait(self._first, timeout=START_TIMEOUT_S, return_when=asyncio.FIRST_EXCEPTION)
        errors = [error for each in self._first if each.done() and (error := each.exception()) is not None]
        if errors:
            raise errors[0]
        if late:
            raise WorkersFailed(f"{len(late)} of {self._size} further processes did not start in {START_TIMEOUT_S:g} s")

    def publish(self, ports: Iterable[tuple[int, str]] | None = None) -> None:
        """Let all followers serve what the leader serves now; only what changed is sent."""
        if ports is not None:
            self._ports = tuple(ports)
        frames: dict[int, bytes] = {}
        for follower in self._followers.values():
            self._tell(follower, frames)

    async def sync(self) -> None:
        """Wait until every follower has done what it was told and has said what has happened; not for ever."""
        number = next(self._numbers)
        loop = asyncio.get_running_loop()
        waiting = []
        for follower in self._followers.values():
            if follower.channel is not None and follower.is_ready:
                follower.synced[number] = loop.create_future()
                waiting.append(follower.synced[number])
                follower.channel.send(Sync(number=number))
        if not waiting:
            return
        _, late = await asyncio.wait(waiting, timeout=FLUSH_TIMEOUT_S)
        if late:
            logger.warning("%d processes of this gateway did not answer within %g s", len(late), FLUSH_TIMEOUT_S)
            for follower in self._followers.values():
                follower.synced.pop(number, None)

    async def flush(self) -> None:
        """Bring together what has happened everywhere, so that journal and counters show it."""
        await self.sync()
        self._listener.merge()

    async def stop(self, drain_s: float) -> None:
        """Let every follower finish its answers and end; those that do not are killed."""
        self._is_stopping = True
        followers = list(self._followers.values())
        for follower in followers:
            if follower.channel is not None:
                follower.channel.send(Stop())
        ends = [asyncio.create_task(follower.process.wait()) for follower in followers]
        if ends:
            await asyncio.wait(ends, timeout=drain_s + _KILL_AFTER_S)
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for follower in self._followers.values():
            await _bury(follower.process)

    # -- inside

    async def _keep(self, index: int) -> None:
        """Keep one place filled: start a process, and another when it ends."""
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._is_stopping:
            started_s = loop.time()
            try:
                follower = await self._launch(index)
            except OSError as error:
                self._fail_first(index, f"a further process cannot be started: {error}")
            else:
                await follower.ended.wait()
                await _bury(follower.process)
                if self._is_stopping:
                    return
                code = follower.process.returncode
                logger.warning("worker %d ended (exit code %s); another one is started", index + 2, code)
                self._fail_first(index, follower.reason or f"a further process ended with exit code {code}")
            failures = 0 if loop.time() - started_s > _STEADY_S else failures + 1
            await asyncio.sleep(min(_BACK_OFF_S * 2 ** min(failures - 1, 10), _MAX_BACK_OFF_S) if failures else 0.0)

    def _fail_first(self, index: int, reason: str) -> None:
        first = self._first[index]
        if not first.done():
            first.set_exception(WorkersFailed(reason))

    async def _launch(self, index: int) -> _Follower:
        """Start a process and tell it everything."""
        ours, theirs = socket.socketpair()
        try:
            process = await self._spawn(theirs.fileno())
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        follower = _Follower(process)
        try:
            follower.channel = await open_channel(
                ours, lambda message: self._receive(index, follower, message), follower.end
            )
        except BaseException:
            ours.close()
            await _bury(process)
            raise
        self._followers[index] = follower
        follower.channel.send(self._begin)
        self._tell(follower, {})
        return follower

    def _tell(self, follower: _Follower, frames: dict[int, bytes]) -> None:
        """Send what a follower does not know yet; `frames` holds encoded targets by identity, made once for all."""
        channel = follower.channel
        if channel is None or not channel.is_open:
            return
        table = {(target.name, target.environment): target for target in self._gateway.table}
        for key, target in table.items():
            snapshot = target.snapshot
            if follower.targets.get(key) is not snapshot:
                if id(snapshot) not in frames:
                    frames[id(snapshot)] = encode(pack_target(snapshot))
                channel.send_encoded(frames[id(snapshot)])
        current = {key: target.snapshot for key, target in table.items()}
        if follower.order != tuple(current) or any(follower.targets.get(key) is not current[key] for key in current):
            follower.targets, follower.order = current, tuple(current)
            channel.send(Serve(revision=self._gateway.revision, targets=tuple(current)))
        # a target that left takes its added stubs along, here and there
        follower.added = {key: stubs for key, stubs in follower.added.items() if key in current}
        for key, target in table.items():
            if follower.added.get(key, ()) is not target.added_stubs:
                follower.added[key] = target.added_stubs
                channel.send(Added(target=key[0], environment=key[1], stubs=pack_stubs(target.added_stubs)))
        if follower.ports != self._ports:
            follower.ports = self._ports
            channel.send(Listen(ports=self._ports))

    def _receive(self, index: int, follower: _Follower, message: Message) -> None:
        match message:
            case Counts():
                self._listener.count(message)
            case Passed():
                self._listener.keep(message)
            case Synced(number=number):
                waiting = follower.synced.pop(number, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            case Ready():
                follower.is_ready = True
                if not self._first[index].done():
                    self._first[index].set_result(None)
            case Failed(message=reason):
                follower.reason = reason
                logger.error("worker %d: %s", index + 2, reason)
            case _:
                logger.error("a follower sent %s, which only leaders say", type(message).__name__)


async def _bury(process: Process) -> None:
    """Make sure that a process is gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
