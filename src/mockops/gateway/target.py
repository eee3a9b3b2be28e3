"""A target as the gateway serves it: its mock compiled, its sessions, the stubs added while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockops.contracts.rules.artefact import Contract
from mockops.gateway.sessions import Sessions
from mockops.mocking.rules.mock import Mock

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.clock import Clock
    from mockops.mocking.model import Stub
    from mockops.mocking.rules.operations import OperationCache
    from mockops.publishing.model import TargetSnapshot
    from mockops.workspaces.model.settings import Settings


@dataclass(slots=True)
class Target:
    """One workspace in one environment, ready to answer."""

    snapshot: TargetSnapshot
    mock: Mock
    sessions: Sessions
    added: dict[str, Stub] = field(default_factory=dict)
    """Stubs added through the API, by id, oldest first; they outlive a reload of the files. Changed here only."""
    admit: Callable[[Stub], None] | None = None
    """Raises for a stub that must not be added here; None: all may be."""
    _listed: tuple[Stub, ...] | None = field(default=None, init=False)
    _written: dict[str, Stub] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """The target's name."""
        return self.snapshot.name

    @property
    def environment(self) -> str:
        """The environment it serves."""
        return self.snapshot.environment

    @property
    def settings(self) -> Settings:
        """How it answers."""
        return self.snapshot.settings

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
    settings = snapshot.settings
    added = dict(former.added) if former is not None else {}
    if former is not None and former.snapshot.settings == settings:
        sessions = former.sessions
    else:
        sessions = Sessions(clock=clock, ttl_s=settings.session_ttl_s, max_bytes=settings.max_session_bytes)
    contract = Contract.from_bytes(snapshot.contract) if snapshot.contract else None
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
    return Target(snapshot=snapshot, mock=mock, sessions=sessions, added=added)
