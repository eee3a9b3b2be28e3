"""Measures the control plane: changes on their way, the API, many waiting gateways, thousands of workspaces.

python bench/control.py [--rounds 3] [--seconds 5] [--only NAME …] [--directory FOLDER] [--write-docs]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import psutil

from contracts import documents_in, named_corpus, unpacked
from control_thousands import measure_thousands
from control_world import TOKEN, World, ask, world
from load import wrk
from plan import Call
from servers import LOAD_CORE, SERVER_CORE, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
START, END = "<!-- control:start -->", "<!-- control:end -->"
Rows = list[tuple[str, str, str]]
"""What was measured, the figure, what it should be."""

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def say(text: str) -> None:
    """Tell the person who waits what happens."""
    print(text, file=sys.stderr, flush=True)


def stub(number: int) -> dict[str, object]:
    """Return a stub that answers a number."""
    document = {"id": "probe", "match": {"method": "GET", "path": "/probe"}, "respond": {"json": {"n": number}}}
    return {"document": document}


def fill(here: World, workspaces: int = 20, stubs: int = 20) -> None:
    """Make workspaces as a small team has them."""
    for number in range(workspaces):
        name = f"service-{number:02d}"
        here.api("POST", "/workspaces", {"name": name})
        items = [
            {"action": "create", "document": {"id": f"s{at}", "match": f"GET /things/{at}", "respond": {"json": at}}}
            for at in range(stubs)
        ]
        done = here.api("POST", f"/workspaces/{name}/stubs/bulk", {"items": items})
        assert done["failed"] == 0, done


def measure_change(arguments: argparse.Namespace) -> Rows:
    """Edit a stub through the API; how long until the gateway answers with it."""
    with world() as here:
        here.control()
        fill(here)
        here.api("POST", "/workspaces/service-00/stubs", stub(-1))
        port = here.gateway()
        times_ms = []
        for number in range(arguments.changes):
            began = time.perf_counter()
            here.api("PUT", "/workspaces/service-00/stubs/probe", stub(number))
            while ask(port, "GET", "/@service-00/probe")[1] != {"n": number}:
                pass  # asking is the wait
            times_ms.append((time.perf_counter() - began) * 1e3)
    p99 = quantiles(times_ms, n=100)[98]
    return [
        ("change → visible at the gateway, p50", f"{median(times_ms):.0f} ms", ""),
        ("change → visible at the gateway, p99", f"{p99:.0f} ms", "≤ 1,000, wanted 100"),
    ]


READ = Call(path="/api/v1/workspaces/service-03", headers=HEADERS)
LIST = Call(path="/api/v1/workspaces?limit=20", headers=HEADERS)
WRITE = Call(
    method="PUT",
    path="/api/v1/workspaces/service-05/stubs/s3",
    headers=HEADERS,
    body=json.dumps({"document": {"id": "s3", "match": "GET /things/3", "respond": {"json": {"at": 33}}}}).encode(),
)


def writes() -> list[Call]:
    """Return edits that each change something."""
    return [
        Call(
            method="PUT",
            path=f"/api/v1/workspaces/service-{at % 20:02d}/stubs/s{at % 19}",
            headers=HEADERS,
            body=json.dumps(
                {"document": {"id": f"s{at % 19}", "match": "GET /x", "respond": {"json": {"at": at}}}}
            ).encode(),
        )
        for at in range(997)
    ]


def measure_api(arguments: argparse.Namespace) -> Rows:
    """Measure reads and writes per second with a token, beside bare FastAPI, and again while 200 gateways wait."""
    with world() as here:
        here.control()
        fill(here)
        bare = free_port()
        command = (sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT / "bench"), "--log-level", "warning")
        here.start(
            "bare", *command, "--port", str(bare), "bare_fastapi:app", BARE_DATABASE=str(here.folder / "bare.db")
        )
        here.wait("bare", lambda: ask(bare, "GET", "/things/1")[0] == 200)
        jobs: dict[str, Callable[[], float]] = {
            "bare FastAPI, read": lambda: rate(bare, [Call(path="/things/1")], arguments),
            "bare FastAPI, write": lambda: rate(bare, [bare_write()], arguments),
            "read one": lambda: rate(here.port, [READ], arguments),
            "list 20": lambda: rate(here.port, [LIST], arguments),
            "write": lambda: rate(here.port, writes(), arguments),
        }
        alone = interleaved(jobs, arguments.rounds)
        token = here.api("POST", "/tokens", {"name": "idle", "kind": "gateway", "role": "viewer"})["token"]
        polls = (sys.executable, str(ROOT / "bench" / "waiting_polls.py"), str(here.port), token, str(arguments.polls))
        here.start("polls", *polls, core=LOAD_CORE)
        here.wait("polls", lambda: "waiting" in (here.folder / "polls.log").read_text())
        # reads first: after a write, gateways do not wait but fetch for a while
        crowded = interleaved({name: jobs[name] for name in ("read one", "list 20")}, arguments.rounds)
        crowded |= interleaved({"write": jobs["write"]}, arguments.rounds)
    wanted = {"read one": "≥ 500/s", "list 20": "≥ 500/s", "write": "≥ 200/s"}
    rows = [(name, f"{value:,.0f}/s", wanted.get(name, "")) for name, value in alone.items()]
    rows += [
        (f"{name}, {arguments.polls} gateways waiting", f"{value:,.0f}/s ({value / alone[name]:.2f})", "≥ 0.90")
        for name, value in crowded.items()
    ]
    return rows


def bare_write() -> Call:
    """Return the yardstick's write."""
    return Call(method="PUT", path="/things/1", headers={"Content-Type": "application/json"}, body=b'{"name": "two"}')


def rate(port: int, calls: Sequence[Call], arguments: argparse.Namespace) -> float:
    """Return requests per second."""
    return wrk(port, calls, seconds=arguments.seconds).per_s


def interleaved(jobs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Return the medians of figures taken in turn, after a round that does not count."""
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    for _ in range(rounds):
        for name, job in jobs.items():
            found[name].append(job())
            say(f"   {name}: {found[name][-1]:,.0f}/s")
    return {name: median(values) for name, values in found.items()}


def measure_isolation(arguments: argparse.Namespace) -> Rows:
    """Load the gateway while the API is under full load; the gateway has a core, API and both loads the other."""
    with world() as here:
        here.control(core=LOAD_CORE)
        fill(here)
        port = here.gateway(core=SERVER_CORE)
        template = {
            "id": "busy",
            "match": "GET /busy/{n}",
            "respond": {"template": True, "json": {"n": "{{ uuid() }}"}},
        }
        here.api("POST", "/workspaces/service-01/stubs", {"document": template})
        call = Call(path="/@service-01/busy/4")
        here.wait("gateway", lambda: ask(port, "GET", call.path)[0] == 200)
        step_back(here, "control")
        quiet, busy = [], []
        for _ in range(arguments.rounds):
            quiet.append(rate(port, [call], arguments))
            load = subprocess.Popen(
                ["nice", "-n", "10", sys.executable, str(ROOT / "bench" / "api_load.py"), str(here.port), TOKEN],
                stdout=subprocess.DEVNULL,
            )
            try:
                busy.append(rate(port, [call], arguments))
            finally:
                load.terminate()
                load.wait()
            say(f"   quiet {quiet[-1]:,.0f}/s, API loaded {busy[-1]:,.0f}/s")
    share = median(busy) / median(quiet)
    return [
        ("gateway alone", f"{median(quiet):,.0f}/s", ""),
        ("gateway while the API is under full load", f"{median(busy):,.0f}/s ({share:.2f})", "≥ 0.95"),
    ]


def step_back(here: World, name: str) -> None:
    """Let the load go first where it shares a core with a process: it is not what is measured."""
    process = psutil.Process(here.processes[name].pid)
    for thread in process.threads():
        os.setpriority(os.PRIO_PROCESS, thread.id, 10)


def measure_many(arguments: argparse.Namespace) -> Rows:
    """Measure thousands of workspaces: apply, list, a gateway's cold start, its memory and speed."""
    if arguments.directory:
        return measure_thousands(documents_in(arguments.directory), arguments, say)
    corpus = named_corpus()
    if corpus is None:
        say("left out: name a folder of contracts by --directory or MOCKOPS_CORPUS")
        return []
    with unpacked(corpus) as documents:
        return measure_thousands(documents, arguments, say)


JOBS: dict[str, Callable[[argparse.Namespace], Rows]] = {
    "change": measure_change,
    "api": measure_api,
    "isolation": measure_isolation,
    "thousands": measure_many,
}


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--workspaces", type=int, default=2600)
    parser.add_argument("--directory", type=Path, default=None, help="a folder of contracts, one workspace each")
    parser.add_argument("--only", action="append", default=[], choices=[*JOBS])
    parser.add_argument("--write-docs", action="store_true")
    return parser.parse_args()


def main() -> int:
    """Measure what was asked for."""
    arguments = read_arguments()
    rows: Rows = []
    for name, job in JOBS.items():
        if not arguments.only or name in arguments.only:
            say(f"── {name}")
            rows += job(arguments)
    lines = ["| what | measured | wanted |", "| --- | ---: | --- |", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    table = "\n".join(lines) + "\n"
    print(table)
    if arguments.write_docs:
        text = PAGE.read_text("utf-8")
        before, after = text.split(START)[0], text.split(END)[1]
        PAGE.write_text(f"{before}{START}\n{table}{END}{after}", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
