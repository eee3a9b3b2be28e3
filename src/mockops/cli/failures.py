"""How a command says why it failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockops.core.errors import Conflict, Invalid, Stale

if TYPE_CHECKING:
    from mockops.core.errors import MockOpsError


def explain(error: MockOpsError) -> int:
    """Say what went wrong, problem by problem; return the exit code."""
    if isinstance(error, Invalid):
        for diagnostic in error.diagnostics:
            print(diagnostic, file=sys.stderr)  # noqa: T201 (a command speaks to its terminal)
    print(f"mockops: {error}", file=sys.stderr, flush=True)  # noqa: T201
    return exit_code_of(error)


def exit_code_of(error: MockOpsError) -> int:
    """Return 3 for what conflicts with a present state, else 1, unless the error knows better."""
    return int(getattr(error, "exit_code", 3 if isinstance(error, Conflict | Stale) else 1))
