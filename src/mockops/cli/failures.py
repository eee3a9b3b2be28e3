"""How a command says why it failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from mockops.core.errors import MockOpsError


def explain(error: MockOpsError) -> int:
    """Say what went wrong, problem by problem; return the exit code."""
    if isinstance(error, Invalid):
        for diagnostic in error.diagnostics:
            print(diagnostic, file=sys.stderr)  # noqa: T201 (a command speaks to its terminal)
    print(f"mockops: {error}", file=sys.stderr, flush=True)  # noqa: T201
    return int(getattr(error, "exit_code", 1))
