"""A mock server inside the test's process."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from itertools import count
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

from mockops.core.clock import SystemClock
from mockops.core.errors import Invalid
from mockops.gateway.exchanges import ExchangeFilter, find
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.server import Server
from mockops.infra.cache import cache_dir
from mockops.mocking.importers.stubs import stub_from_json
from mockops.publishing.model import Snapshot, TargetSnapshot
from mockops.publishing.service.assemble import Options, assemble
from mockops.testing.verify import check, match_of
from mockops.workspaces.rules.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from types import TracebackType

    from mockops.core.json import Json
    from mockops.gateway.exchanges import Exchange
    from mockops.gateway.target import Target
    from mockops.mocking.model import Stub

T = TypeVar("T")

_JOURNAL_BYTES = 64 << 20


class MockServer:
    """Serves contracts on a free port of 127.0.0.1, in a thread of this process.

    Works with `with` and `async with`; `server.url` is where to go. Without a contract it answers stubs alone.

    Example:
        >>> with MockServer("petstore.yaml") as server:
        ...     server.stub("GET", "/pets/{id}", json={"id": 1, "name": "Rex"})
        ...     assert httpx.get(f"{server.url}/pets/1").json()["name"] == "Rex"
        ...     server.verify("GET", "/pets/1", times=1)

    """

    def __init__(
        self,
        *specs: str | PathLike[str],
        validation: str | None = None,
        seed: int | None = None,
        stateful: bool | None = None,
        port: int = 0,
        strict: bool = True,
        **settings: Json,
    ) -> None:
        """Prepare a server; it starts when entered or with `start`.

        Args:
            specs: OpenAPI files, folders of the MockOps layout, or globs; none: stubs only.
            validation: `enforce` (default), `warn` or `off`: what happens to requests that break the contract.
            seed: Of generated data.
            stateful: Whether collections keep what is posted.
            port: 0 picks a free one.
            strict: Whether a stub, scenario, persona or setting in the files that cannot be used is an error; otherwise
                it is left out, as `mockops serve` does. What is broken within a contract is left out in any case.
            settings: Any other setting of a target, such as `persona="vip"`.

        Raises:
            Invalid: There is no such setting, or its value is wrong.

        """
        self._specs = tuple(str(spec) for spec in specs)
        given = {"validation": validation, "seed": seed, "stateful": stateful, **settings}
        self._overrides = {name: value for name, value in given.items() if value is not None}
        self._settings, wrong = read_settings({}, self._overrides)
        if wrong:
            raise Invalid("\n".join(f"{each.message}; {each.hint}" for each in wrong), wrong)
        self._is_strict = strict
        self._port = port
        self._numbers = count(1)
        self._clock = SystemClock()
        self._gateway = Gateway(clock=self._clock, journal_bytes=_JOURNAL_BYTES)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: Server | None = None
        self._address = ("127.0.0.1", 0)

    # -- life

    def start(self) -> Self:
        """Load the contracts and answer from now on.

        Raises:
            Invalid: A contract, stub, scenario or persona cannot be used; its diagnostics say where.

        """
        if self._thread is not None:
            raise RuntimeError("this MockServer runs already")
        self._gateway.apply(self._read())
        started: Future[tuple[str, int]] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="mockops", daemon=True)
        self._thread.start()
        try:
            self._address = started.result()
        except BaseException:
            self._thread.join()
            self._thread = None
            raise
        return self

    def stop(self) -> None:
        """Stop answering and free the port; stopping twice does nothing."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(self._stop.set)
        thread.join()
        self._loop = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    # -- where

    @property
    def url(self) -> str:
        """The server's base URL, without trailing slash."""
        return f"http://{self._address[0]}:{self._address[1]}"

    def url_of(self, target: str) -> str:
        """Return the base URL of one of several contracts, by its name."""
        known = self._target(target)
        return f"{self.url}/@{known.name}"

    # -- what it answers

    def stub(
        self,
        method: str,
        path: str,
        *,
        json: Json = msgspec.UNSET,
        text: str | None = None,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        delay: str | float | None = None,
        fault: str | None = None,
        times: int | None = None,
        priority: int | None = None,
        template: bool = False,
        match: dict[str, Json] | None = None,
        target: str | None = None,
    ) -> str:
        """Answer such requests like this from now on; return the stub's id.

        Args:
            method: `GET` and so on; `ANY` for any.
            path: A path template: `/pets/{id}`.
            json: The body, as JSON.
            text: The body, as text.
            status: The status code; 200 when there is a body.
            headers: Fields of the answer.
            delay: How long to wait: seconds, or text such as `200ms`.
            fault: How to break the connection: `reset`, `empty_reply`, `timeout` and so on.
            times: How often (per session) before it no longer matches.
            priority: 1 is tried first, 5 is usual.
            template: Whether body and headers are Jinja2 templates.
            match: Further conditions, in the words of stub files: `{"query": {"page": "2"}, "body": {...}}`.
            target: Which contract, when there are several.

        Raises:
            StubInvalid: It cannot be used; every problem is named.

        """
        respond: dict[str, Json] = {"template": template} if template else {}
        if json is not msgspec.UNSET:
            respond["json"] = json
        if text is not None:
            respond["text"] = text
        if status is not None or respond:
            respond["status"] = 200 if status is None else status
        if headers:
            respond["headers"] = headers
        delay_text = f"{delay}s" if isinstance(delay, int | float) else delay
        optional = {"delay": delay_text, "fault": fault, "times": times, "priority": priority}
        written: dict[str, Json] = {
            "id": f"test-{next(self._numbers)}",  # of the run: chance in templates is seeded by it
            "match": {"method": method.upper(), "path": path, **(match or {})},
            "respond": respond,
            **{name: value for name, value in optional.items() if value is not None},
        }
        stub = msgspec.structs.replace(stub_from_json(written), source="test")
        self._add(self._target(target), stub)
        return stub.id

    def remove_stub(self, stub_id: str) -> None:
        """Forget a stub; an unknown id does nothing."""

        def remove() -> None:
            for target in self._gateway.table:
                target.remove_stub(stub_id)
            self._gateway.refresh()

        self._call(remove)

    def reset(self) -> None:
        """Forget stubs added, session state and requests."""

        def forget() -> None:
            for target in self._gateway.table:
                for stub in target.added_stubs:
                    target.remove_stub(stub.id)
                target.sessions.reset()
            if self._gateway.journal is not None:
                self._gateway.journal.clear()
            self._gateway.refresh()

        self._call(forget)

    # -- what it was asked

    @property
    def requests(self) -> list[Exchange]:
        """What was asked and answered so far, oldest first."""
        return self._call(lambda: find(self._gateway.journal, self._gateway))[::-1]

    def verify(
        self, method: str, path: str, *, times: int | None = None, json: Json = msgspec.UNSET, **match: Json
    ) -> list[Exchange]:
        """Check that a request came in, and return all that did.

        Args:
            method: `GET` and so on; `ANY` for any.
            path: A path or path template.
            times: How often exactly; None: at least once.
            json: What the body must hold: objects may hold more.
            match: Further conditions, in the words of stub files: `query={"page": "2"}`, `headers=…`, `body=…`.

        Raises:
            NotVerified: It did not (an AssertionError); the message shows the nearest requests and what differed.

        """
        wanted = match_of(method, path, json, match)
        return self._call(lambda: check(self._gateway, wanted, times))

    def find(self, method: str, path: str, *, json: Json = msgspec.UNSET, **match: Json) -> list[Exchange]:
        """Return the requests that `verify` would count, oldest first."""
        wanted = ExchangeFilter(match=match_of(method, path, json, match))
        return self._call(lambda: find(self._gateway.journal, self._gateway, wanted))[::-1]

    # -- inside

    def _read(self) -> Snapshot:
        if not self._specs:
            return Snapshot(targets=(TargetSnapshot(name="stubs", settings=self._settings),))
        assembled = assemble(self._specs, Options(overrides=self._overrides, cache_dir=cache_dir()))
        is_broken = assembled.failed or not assembled.snapshot.targets
        if is_broken or (self._is_strict and (assembled.left_out or assembled.lost)):
            raise Invalid("\n".join(str(each) for each in assembled.diagnostics), assembled.diagnostics)
        return assembled.snapshot

    def _target(self, name: str | None) -> Target:
        targets = list(self._gateway.table)
        found = self._gateway.table.get(name) if name is not None else (targets[0] if len(targets) == 1 else None)
        if found is None:
            known = ", ".join(self._gateway.table.names)
            what = f"no target {name!r}" if name is not None else "several targets; say which with target=…"
            raise Invalid(f"{what}; known: {known}")
        return found

    def _add(self, target: Target, stub: Stub) -> None:
        def add() -> None:
            target.add_stub(stub)
            self._gateway.refresh()

        self._call(add)

    def _call(self, work: Callable[[], T]) -> T:
        """Run something on the server's thread, where all its state lives."""
        if self._loop is None:
            return work()  # not started or stopped: nobody else is using the state
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result()

    def _run(self, started: Future[tuple[str, int]]) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve(started))

    async def _serve(self, started: Future[tuple[str, int]]) -> None:
        self._stop = asyncio.Event()
        handler = MockHandler(self._gateway)
        server = Server(handler, clock=self._clock)
        try:
            address = await server.listen("127.0.0.1", self._port)
        except OSError as error:
            started.set_exception(error)
            return
        self._gateway.attach(handler)
        self._loop = asyncio.get_running_loop()
        started.set_result(address)
        await self._stop.wait()
        await server.close(drain_s=0.0)
