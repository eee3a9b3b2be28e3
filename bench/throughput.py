"""Requests per second under wrk, the servers in turn, round after round."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from check import check
from configure import Unsupported
from load import wrk
from peers import Absent
from results import Result
from servers import LINES, Failed, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from plan import Scenario
    from servers import Server


def measure(
    scenario: Scenario, *, rounds: int, seconds: float, warm_up_s: float | None, say: Callable[[str], None]
) -> Result:
    """Start all servers, check and warm each, then measure A B C A B C … so that a slow minute hits all alike.

    `warm_up_s` replaces what each server is known to need. Servers idle while another is measured; one that is absent,
    unable or wrong is left out with the reason.
    """
    result = Result(name=scenario.name, shows=scenario.shows, kind="throughput")
    with ExitStack() as stack:
        servers = [found for name in scenario.servers if (found := _start(stack, scenario, name, result, say))]
        for server in servers:
            length = server.line.warm_up_s if warm_up_s is None else warm_up_s
            _guard(
                result, server, partial(wrk, server.port, scenario.calls, seconds=length, is_fresh=scenario.is_fresh)
            )
        for number in range(1, rounds + 1):
            for server in servers:
                _round(result, server, scenario, seconds, f"{scenario.name} {number}/{rounds}", say)
    return result


def _start(
    stack: ExitStack, scenario: Scenario, name: str, result: Result, say: Callable[[str], None]
) -> Server | None:
    row = result.row(name)
    try:
        server = stack.enter_context(running(LINES[name], scenario.plan, scenario.calls[0]))
        check(server, scenario)
    except (Absent, Unsupported, Failed) as error:
        row.skipped = str(error)
        say(f"{scenario.name}: {name} left out: {error}")
        return None
    return server


def _round(
    result: Result, server: Server, scenario: Scenario, seconds: float, label: str, say: Callable[[str], None]
) -> None:
    row = result.row(server.line.name)
    if row.skipped:
        return

    def run() -> None:
        found = wrk(server.port, scenario.calls, seconds=seconds, is_fresh=scenario.is_fresh)
        row.add(per_s=found.per_s, p50_ms=found.p50_ms, p99_ms=found.p99_ms, rss_mb=server.rss_mb())
        say(f"{label} {server.line.name}: {found.per_s:,.0f}/s, p99 {found.p99_ms:.2f} ms")

    _guard(result, server, run)


def _guard(result: Result, server: Server, act: Callable[[], object]) -> None:
    """Do it; a failure takes the server, with all its figures, out of the scenario."""
    row = result.row(server.line.name)
    if row.skipped:
        return
    try:
        act()
    except Failed as error:
        row.skipped = str(error)
        row.values.clear()
