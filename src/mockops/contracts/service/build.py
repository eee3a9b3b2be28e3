"""Compiling contracts that came from outside, in processes of their own: a hostile one cannot stall the caller's."""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from mockops.contracts.model import BuildTooCostly, Built, Bundle, ContractInvalid, Reimported
from mockops.contracts.rules.bundles import check_bundle
from mockops.contracts.service.builder_wire import Done, Job, Limits, Refused, Source
from mockops.contracts.service.builder_worker import Worker, WorkerDied, WorkerTimedOut
from mockops.core.diagnostics import Diagnostic
from mockops.core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


logger = logging.getLogger(__name__)

_COSTLY_HINT = "split the API into several contracts, or simplify its schemas"


class BuildFailed(Invalid):
    """The compiler itself failed on a contract; the log of the server says how."""

    code: ClassVar[str] = "contract.build_failed"


class BuilderBusy(Unavailable):
    """Too many contracts are waiting to be compiled."""

    code: ClassVar[str] = "contract.builder_busy"


class Builder:
    """Compiles contracts in a few worker processes, which are started when needed and used again.

    Safe to use from many threads; never call it inside a transaction.
    """

    def __init__(
        self,
        *,
        processes: int | None = None,
        timeout_s: float = 60,
        memory_bytes: int = 2 << 30,
        artefact_bytes: int = 256 << 20,
        max_waiting: int = 8,
        wait_s: float = 120,
    ) -> None:
        """Prepare a builder; no process is started yet.

        Args:
            processes: How many contracts are compiled at the same time; by default one for each processor, at most 4.
            timeout_s: A contract that takes longer is refused, by the clock or by processor time.
            memory_bytes: Address space of a worker process.
            artefact_bytes: The largest compiled contract.
            max_waiting: When so many callers wait, another one is refused: each keeps one of the threads (40 by
                default) that answer all other requests.
            wait_s: How long a caller waits for its turn.

        """
        self._most = processes or min(os.cpu_count() or 1, 4)
        self._timeout_s = timeout_s
        self._wait_s = wait_s
        self._max_waiting = max_waiting
        self._limits = Limits(cpu_s=int(timeout_s) + 1, memory_bytes=memory_bytes, artefact_bytes=artefact_bytes)
        self._turn = threading.Condition()
        self._idle: list[Worker] = []
        self._working: set[Worker] = set()
        self._starting = 0
        self._waiting = 0
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def waiting(self) -> int:
        """How many callers wait for their turn."""
        return self._waiting

    @property
    def working(self) -> int:
        """How many contracts are being compiled."""
        return len(self._working)

    @property
    def pids(self) -> frozenset[int]:
        """The ids of the running processes."""
        with self._turn:
            return frozenset(worker.pid for worker in (*self._idle, *self._working))

    def build(self, bundle: Bundle) -> Built:
        """Compile a bundle; blocks until it is done.

        Raises:
            BundleInvalid: It breaks the rules of bundles.
            ContractInvalid: Nothing of it can be served; diagnostics say why, with file, line and column.
            BuildTooCostly: It reached a limit, which the message names.
            BuildFailed: The compiler broke on it.
            BuilderBusy: Too many others are waiting.

        """
        return self._built(self._ask(bundle, Job(bundle=_source(bundle))))

    def reimport(
        self, base: Bundle, ours: Bundle, theirs: Bundle, *, prefer: Literal["ours", "theirs"] = "ours"
    ) -> Reimported:
        """Merge an imported contract with hand edits (`rules.reimport.merge_bundles`) and compile the outcome.

        Args:
            base: What was imported last.
            ours: What there is now.
            theirs: What is imported.
            prefer: Whose value is taken where both changed the same.

        Raises:
            ContractInvalid: Nothing of the merged contract can be served, or it cannot be merged.
            BundleInvalid: It breaks the rules of bundles.
            BuildTooCostly: It reached a limit, which the message names.
            BuildFailed: The compiler broke on it.
            BuilderBusy: Too many others are waiting.

        """
        answer = self._ask(theirs, Job(bundle=_source(theirs), merge=(_source(base), _source(ours)), prefer=prefer))
        merged = answer.merged or _source(theirs)
        return Reimported(
            bundle=Bundle(root=merged.root, files=merged.files),
            built=self._built(answer),
            conflicts=answer.conflicts,
            conflict_count=answer.conflict_count,
        )

    def _ask(self, bundle: Bundle, job: Job) -> Done:
        with self._worker() as worker:
            try:
                answer = worker.ask(job, self._timeout_s)
            except WorkerTimedOut:
                raise self._too_costly(bundle, self._time_limit()) from None
            except WorkerDied as death:
                raise self._failure(bundle, death) from death
            if answer.is_worn:
                self._retire(worker)
        if isinstance(answer, Refused):
            raise self._refusal(bundle, answer)
        return answer

    def close(self) -> None:
        """End all processes; whoever waits, or is being served, gets an error."""
        with self._turn:
            self._is_closed = True
            idle, self._idle = self._idle, []
            for worker in self._working:
                worker.kill()
            self._turn.notify_all()
        for worker in idle:
            worker.close()

    @contextmanager
    def _worker(self) -> Iterator[Worker]:
        """Give a worker to the one thread; after an error it is replaced."""
        worker = self._take()
        try:
            yield worker
        except BaseException:
            self._discard(worker)
            raise
        with self._turn:
            is_kept = worker in self._working and not self._is_closed
            if is_kept:
                self._working.discard(worker)
                self._idle.append(worker)
                self._turn.notify()
        if not is_kept:
            self._discard(worker)

    def _take(self) -> Worker:
        with self._turn:
            self._wait_for_turn()
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    self._working.add(worker)
                    return worker
                # whatever ended it, it was not the contract that comes next
                worker.close()
            self._starting += 1
        try:
            worker = Worker(self._limits)
        except OSError as error:
            self._has_started(None)
            raise BuilderBusy(f"no process to compile contracts could be started: {error}") from error
        self._has_started(worker)
        return worker

    def _has_started(self, worker: Worker | None) -> None:
        with self._turn:
            self._starting -= 1
            if worker is None:
                self._turn.notify()
            else:
                self._working.add(worker)

    def _wait_for_turn(self) -> None:
        deadline = time.monotonic() + self._wait_s
        if not self._has_room() and self._waiting >= self._max_waiting:
            raise BuilderBusy(f"{self._waiting:,} contracts are waiting to be compiled; try again in a minute")
        self._waiting += 1
        try:
            while not self._has_room():
                if not self._turn.wait(deadline - time.monotonic()):
                    raise BuilderBusy("no turn to compile the contract came up in time; try again in a minute")
        finally:
            self._waiting -= 1
        if self._is_closed:
            raise BuilderBusy("the server is shutting down")

    def _has_room(self) -> bool:
        return self._is_closed or bool(self._idle) or len(self._working) + self._starting < self._most

    def _retire(self, worker: Worker) -> None:
        """Have it not used again."""
        with self._turn:
            self._working.discard(worker)

    def _discard(self, worker: Worker) -> None:
        worker.close()
        with self._turn:
            self._working.discard(worker)
            self._turn.notify()

    def _refusal(self, bundle: Bundle, answer: Refused) -> Invalid:
        if answer.reason == "memory":
            return self._too_costly(bundle, self._memory_limit())
        if answer.reason == "artefact":
            return self._too_costly(bundle, f"came out larger than {self._limits.artefact_bytes:,} bytes")
        return ContractInvalid(answer.message, answer.diagnostics)

    @staticmethod
    def _built(answer: Done) -> Built:
        return Built(
            artefact=answer.artefact,
            artefact_digest=sha256(answer.artefact).hexdigest(),
            diagnostics=answer.diagnostics,
            title=answer.title,
            version=answer.version,
            dialect=answer.dialect,
            operations=answer.operations,
        )

    def _failure(self, bundle: Bundle, death: WorkerDied) -> Invalid | Unavailable:
        if self._is_closed:
            return BuilderBusy("the server is shutting down")
        if death.was_out_of_time:
            return self._too_costly(bundle, self._time_limit())
        if death.was_out_of_memory:
            return self._too_costly(bundle, self._memory_limit())
        logger.error("the compiler failed on %s: it ended with %s\n%s", bundle.root, death.ending, death.said)
        message = f"the compiler failed on this contract (it ended with {death.ending}); this is a bug of MockOps"
        hint = "the server's log has the details; report them, and leave out the part that it names"
        return BuildFailed(message, [Diagnostic(code=BuildFailed.code, message=message, source=bundle.root, hint=hint)])

    def _time_limit(self) -> str:
        return f"took longer than {self._timeout_s:g} s"

    def _memory_limit(self) -> str:
        return f"took more memory than {self._limits.memory_bytes >> 20:,} MiB"

    @staticmethod
    def _too_costly(bundle: Bundle, limit: str) -> BuildTooCostly:
        message = f"compiling the contract {limit}"
        found = Diagnostic(code=BuildTooCostly.code, message=message, source=bundle.root, hint=_COSTLY_HINT)
        return BuildTooCostly(message, [found])


def _source(bundle: Bundle) -> Source:
    """Return a bundle as a builder process gets it; raises BundleInvalid."""
    check_bundle(bundle.root, {name: len(content) for name, content in bundle.files.items()})
    return Source(root=bundle.root, files=dict(bundle.files))
