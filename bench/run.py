"""Measures the gateway beside its peers: same machine, same load, same minute.

python bench/run.py [--rounds 3] [--seconds 5] [--only NAME …] [--output DIR] [--write-docs]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import special
from peers import Absent, find_program
from report import chart, markdown, refresh
from results import document
from scenarios import throughput_scenarios, unpack_github
from servers import SERVER_CORE
from throughput import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plan import GitHub, Scenario
    from results import Result

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"

Job = tuple[str, "Callable[[], list[Result]]"]


def say(text: str) -> None:
    """Tell the person who waits what happens."""
    print(text, file=sys.stderr, flush=True)


def jobs(github: GitHub | None, arguments: argparse.Namespace) -> list[Job]:
    """Return everything that can be measured, by name."""
    rounds, seconds = arguments.rounds, arguments.seconds

    def throughput(scenario: Scenario) -> list[Result]:
        return [measure(scenario, rounds=rounds, seconds=seconds, warm_up_s=arguments.warm_up, say=say)]

    found: list[Job] = [(one.name, partial(throughput, one)) for one in throughput_scenarios(github)]
    found += [
        ("start", lambda: special.start_up(github, rounds=rounds, say=say)),
        ("memory", lambda: special.memory(github, seconds=seconds, say=say)),
        ("half-load", lambda: [special.latency(seconds=seconds, say=say)]),
        ("delays", lambda: [special.delays(say=say, count=arguments.crowd)]),
        ("idle", lambda: [special.idle(say=say)]),
    ]
    return found


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="rounds per scenario; the median counts")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a run")
    parser.add_argument("--warm-up", type=float, default=None, help="seconds; default: what each server needs")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this; may be repeated")
    parser.add_argument("--crowd", type=int, default=special.CROWD, help="connections of the delays scenario")
    parser.add_argument("--output", type=Path, default=ROOT / "bench" / "results", help="folder for the results")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    return parser.parse_args(words)


def chosen(found: list[Job], only: Sequence[str]) -> list[Job]:
    """Return the jobs named, in order (`stubs-path` means all that start so); exit when a name is none."""

    def is_meant(job: str, name: str) -> bool:
        return job == name or job.startswith(f"{name}-")

    names = [job for job, _ in found]
    if unknown := [name for name in only if not any(is_meant(job, name) for job in names)]:
        message = f"no scenario is called {', '.join(unknown)}: choose from {', '.join(names)}"
        raise SystemExit(message)
    return [job for job in found if not only or any(is_meant(job[0], name) for name in only)]


def find_github(folder: Path) -> GitHub | None:
    """Unpack GitHub's contract, or say why its scenarios are left out."""
    try:
        return unpack_github(folder)
    except FileNotFoundError as error:
        say(f"left out all of GitHub's contract: {error}")
        return None


def leave_core(core: int) -> None:
    """Keep this process, which polls while servers start, off the servers' core (on Linux)."""
    if sys.platform == "linux" and (others := os.sched_getaffinity(0) - {core}):
        os.sched_setaffinity(0, others)


def main() -> int:
    """Measure what was asked for, write JSON, Markdown and chart; return 1 when a needed tool is absent."""
    arguments = read_arguments()
    try:
        find_program("wrk")
    except Absent as error:
        say(str(error))
        return 1
    leave_core(SERVER_CORE)
    with tempfile.TemporaryDirectory(prefix="mockops-corpus-") as folder:
        found = chosen(jobs(find_github(Path(folder)), arguments), arguments.only)
        if arguments.list:
            print("\n".join(name for name, _ in found))
            return 0
        results: list[Result] = []
        for name, run in found:
            say(f"── {name}")
            results += run()
            write(results, arguments)
    say(f"results are in {arguments.output}")
    return 0


def write(results: list[Result], arguments: argparse.Namespace) -> None:
    """Write what is there so far: a run that is broken off leaves its results."""
    arguments.output.mkdir(parents=True, exist_ok=True)
    whole = document(results, rounds=arguments.rounds, seconds=arguments.seconds)
    (arguments.output / "results.json").write_text(json.dumps(whole, indent=2) + "\n", "utf-8")
    tables = markdown(whole, results)
    (arguments.output / "results.md").write_text(tables, "utf-8")
    chart(results, arguments.output / "results.png")
    if arguments.write_docs:
        refresh(PAGE, tables)


if __name__ == "__main__":
    raise SystemExit(main())
