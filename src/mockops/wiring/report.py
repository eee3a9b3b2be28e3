"""What the process says on its terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Severity

if TYPE_CHECKING:
    from mockops.gateway.gateway import Gateway
    from mockops.gateway.target import Target
    from mockops.publishing.service.assemble import Assembled

_SHOWN = 10


def say(text: str) -> None:
    """Print a line for people."""
    print(text, flush=True)  # noqa: T201 (a command speaks to its terminal)


def warn(text: str) -> None:
    """Print a line about a problem."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def complain(assembled: Assembled) -> None:
    """Show the first errors and count the rest; say what is left out."""
    errors = [each for each in assembled.diagnostics if each.severity is Severity.ERROR]
    for diagnostic in errors[:_SHOWN]:
        warn(str(diagnostic))
    if len(errors) > _SHOWN:
        warn(f"… and {_counted(len(errors) - _SHOWN, 'more error')}")
    warnings = len(assembled.diagnostics) - len(errors)
    if errors or warnings:
        counted = [_counted(len(errors), "error")] * bool(errors) + [_counted(warnings, "warning")] * bool(warnings)
        rest = " What is usable is served." if assembled.snapshot.targets else ""
        warn(f"{' and '.join(counted)}; `mockops validate` shows all of them.{rest}")
    left_out = (*assembled.failed, *assembled.lost)
    if left_out and assembled.snapshot.targets:
        warn(f"not served: {', '.join(left_out)}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


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
        say(f"{target.name:<24} {_counted(count, 'operation'):>16}  {where}{own}")
    examples = ((target.name, path) for target in targets if (path := _example_path(target)))
    name, example = next(examples, (targets[0].name, "/"))
    say(f"try: curl -i '{base}{'' if is_single else '/@' + name}{example}'")
    say(f"admin: http://{admin[0]}:{admin[1]}/state")


def _example_path(target: Target) -> str:
    entries = target.mock.operations.entries
    simple = [entry.path for entry in entries if entry.method == "GET" and "{" not in entry.path and entry.is_open]
    return simple[0] if simple else ""
