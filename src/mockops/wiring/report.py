"""What the process says on its terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.diagnostics import Diagnostic
    from mockops.gateway.gateway import Gateway

_SHOWN = 10


def say(text: str) -> None:
    """Print a line for people."""
    print(text, flush=True)  # noqa: T201 (a command speaks to its terminal)


def warn(text: str) -> None:
    """Print a line about a problem."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def complain(diagnostics: Sequence[Diagnostic]) -> None:
    """Show the first errors and count the rest."""
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity is Severity.ERROR]
    for diagnostic in errors[:_SHOWN]:
        warn(str(diagnostic))
    if len(errors) > _SHOWN:
        warn(f"… and {len(errors) - _SHOWN} more errors")
    warnings = len(diagnostics) - len(errors)
    if errors or warnings:
        counted = [f"{len(errors)} errors"] * bool(errors) + [f"{warnings} warnings"] * bool(warnings)
        warn(f"{' and '.join(counted)}; `mockops validate` shows all of them. What is usable is served.")


def banner(gateway: Gateway, address: tuple[str, int], admin: tuple[str, int], *, is_secure: bool) -> None:
    """Say where to go and what to try."""
    scheme = "https" if is_secure else "http"
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    base = f"{scheme}://{host}:{address[1]}"
    targets = list(gateway.table)
    is_single = len(targets) == 1
    for target in targets:
        where = base if is_single else f"{base}/@{target.name}"
        count = len(target.mock.operations.entries)
        own = f"  also on port {target.settings.listen}" if target.settings.listen else ""
        say(f"{target.name:<24} {count:>5} operations  {where}{own}")
    example = next((path for target in targets if (path := _example_path(target))), "/")
    say(f"try: curl -i '{base}{'' if is_single else '/@' + targets[0].name}{example}'")
    say(f"admin: http://{admin[0]}:{admin[1]}/state")


def _example_path(target: object) -> str:
    entries = target.mock.operations.entries  # type: ignore[attr-defined]
    simple = [entry.path for entry in entries if entry.method == "GET" and "{" not in entry.path and entry.is_open]
    return simple[0] if simple else ""
