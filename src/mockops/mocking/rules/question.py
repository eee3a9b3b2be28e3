"""One request with all that a decision looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from mockops.core.exchange import Request
    from mockops.mocking.model import Caller, Persona, SessionView
    from mockops.mocking.rules.operations import OperationHit, Ready
    from mockops.mocking.rules.scenarios import ScenarioPlay


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, by whom, of which operation, and when."""

    request: Request
    caller: Caller
    view: SessionView
    seen: SessionView
    """The same as stubs and templates see it: the active scenario in the state that time has brought it to."""
    persona: Persona | None
    play: ScenarioPlay | None
    hit: OperationHit | None
    ready: Ready | None
    """The operation of `hit`, decoded."""
    now: datetime
    now_s: float

    @property
    def operation(self) -> str:
        """Key of the operation meant; empty: none."""
        return self.hit.entry.key if self.hit is not None else ""

    @property
    def params(self) -> dict[str, str]:
        """Path parameters of the operation meant."""
        return self.hit.params if self.hit is not None else {}
