"""A target as the gateway serves it: its mock compiled, its sessions, the stubs added while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from mockops.contracts.rules.artefact import Contract
from mockops.core.errors import Unavailable
from mockops.gateway.sessions import Sessions
from mockops.mocking.rules.mock import Mock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockops.core.clock import Clock
    from mockops.mocking.model import Stub
    from mockops.mocking.rules.operations import OperationCache
    from mockops.publishing.model import TargetSnapshot
    from mockops.workspaces.model.settings import Settings


class Body(NamedTuple):
    """What a target serves, compiled."""

    snapshot: TargetSnapshot
    mock: Mock


class TargetBroken(Unavailable):
    """A target cannot be compiled as it was published, and there is no former version of it to serve."""

    code: ClassVar[str] = "gateway.target_broken"


class Target:
    """One workspace in one environment, ready to answer; what it serves may be compiled when first asked for."""

    __slots__ = (
        "_body",
        "_compile",
        "_listed",
        "_written",
        "added",
        "admit",
        "environment",
        "head",
        "is_used",
        "name",
        "sessions",
        "settings",
        "stub_count",
    )

    def __init__(
        self,
        head: TargetSnapshot,
        *,
        sessions: Sessions,
        body: Body | None = None,
        compile_body: Callable[[], Body] | None = None,
        added: dict[str, Stub] | None = None,
    ) -> None:
        """Take what is known of a target.

        Args:
            head: Its names and settings; what else is in it does not count.
            sessions: Their memory.
            body: What it serves; None: `compile_body` makes it.
            compile_body: Makes the body when it is needed; raises TargetBroken where it cannot be made.
            added: Stubs added through the API, by id, oldest first.

        """
        self.sessions = sessions
        self.added = added or {}
        """Stubs added through the API, by id, oldest first; they outlive a reload of the files. Changed here only."""
        self.admit: Callable[[Stub], None] | None = None
        """Raises for a stub that must not be added here; None: all may be."""
        self.is_used = False
        """Whether its body was asked for since somebody set this to False."""
        self._compile = compile_body
        self._listed: tuple[Stub, ...] | None = None
        self.stub_count = len(body.snapshot.stubs) if body is not None else 0
        """How many stubs it has, without those added."""
        self.describe(head)
        self.replace(body)

    def describe(self, head: TargetSnapshot) -> None:
        """Be called and set so from now on."""
        self.head = head
        self.name = f"{head.org}:{head.name}" if head.org else head.name
        """What it is addressed by, beside its environment: `name`, or `org:name`."""
        self.environment = head.environment
        self.settings: Settings = head.settings
        """How it answers."""

    def replace(self, body: Body | None) -> None:
        """Serve this from now on; None: what is compiled when it is next asked for."""
        self._body = body
        self._written: dict[str, Stub] | None = None

    @property
    def is_compiled(self) -> bool:
        """Whether its body is there."""
        return self._body is not None

    @property
    def body(self) -> Body:
        """What it serves.

        Raises:
            TargetBroken: It cannot be compiled.

        """
        self.is_used = True
        if self._body is None:
            assert self._compile is not None  # noqa: S101 (a target without it has its body from the start)
            self._body = self._compile()
        return self._body

    @property
    def snapshot(self) -> TargetSnapshot:
        """What it was compiled from."""
        return self.body.snapshot

    @property
    def mock(self) -> Mock:
        """What decides its answers."""
        return self.body.mock

    @property
    def added_stubs(self) -> tuple[Stub, ...]:
        """Stubs added through the API, oldest first; the same object for as long as nothing changes."""
        if self._listed is None:
            self._listed = tuple(self.added.values())
        return self._listed

    def find_written(self, stub_id: str) -> Stub | None:
        """Return the stub of that id that comes from a file, or None."""
        if self._written is None:
            self._written = {stub.id: stub for stub in self.snapshot.stubs}
        return self._written.get(stub_id)

    @property
    def stubs(self) -> tuple[Stub, ...]:
        """All stubs, oldest first."""
        return self.snapshot.stubs + self.added_stubs

    def add_stub(self, stub: Stub) -> None:
        """Serve with one more stub, the newest; an added one with the same id is replaced.

        Raises:
            StubInvalid: It cannot be used.
            MockOpsError: `admit` refuses it.

        """
        if self.admit is not None:
            self.admit(stub)
        from mockops.mocking.rules.check import require_stub  # noqa: PLC0415 (only when stubs come while it runs)

        require_stub(stub, self.mock.stubs.operations)
        self.mock.stubs.add(stub)
        self.added.pop(stub.id, None)
        self.added[stub.id] = stub
        self._listed = None

    def remove_stub(self, stub_id: str) -> bool:
        """Serve without an added stub; return whether there was one."""
        if self.added.pop(stub_id, None) is None:
            return False
        self.mock.stubs.remove(stub_id)
        self._listed = None
        return True


def compile_target(
    snapshot: TargetSnapshot, *, clock: Clock, operations: OperationCache, former: Target | None = None
) -> Target:
    """Compile a target; sessions and added stubs of the one it replaces are kept.

    Raises:
        StubInvalid: A stub, scenario or persona cannot be used.
        ContractInvalid: The compiled contract is not one.

    """
    added = dict(former.added) if former is not None else {}
    sessions = keep_sessions(snapshot.settings, clock=clock, former=former)
    contract = Contract.from_bytes(snapshot.contract) if snapshot.contract else None
    body = compile_body(snapshot, contract, operations=operations, added=added)
    return Target(snapshot, sessions=sessions, body=body, added=added)


def keep_sessions(settings: Settings, *, clock: Clock, former: Target | None) -> Sessions:
    """Return the sessions of the target that is replaced; new ones where its settings differ."""
    if former is not None and former.settings == settings:
        return former.sessions
    return Sessions(clock=clock, ttl_s=settings.session_ttl_s, max_bytes=settings.max_session_bytes)


def compile_body(
    snapshot: TargetSnapshot, contract: Contract | None, *, operations: OperationCache, added: Mapping[str, Stub]
) -> Body:
    """Compile what a target serves; `contract` counts, not the snapshot's.

    Raises:
        StubInvalid: A stub, scenario or persona cannot be used.

    """
    settings = snapshot.settings
    mock = Mock(
        contract,
        stubs=snapshot.stubs + tuple(added.values()),
        scenarios=snapshot.scenarios,
        personas=snapshot.personas,
        seed=settings.seed,
        validation=settings.validation,
        is_stateful=settings.stateful,
        default_persona=settings.persona,
        default_scenario=settings.scenario,
        cache=operations,
    )
    return Body(snapshot, mock)
