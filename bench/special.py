"""What wrk cannot measure: start-up, memory, latency at half the load, thousands of delays, idle connections."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from check import check
from configure import Unsupported
from load import wrk
from peers import Absent
from results import Result
from scenarios import github_whole, static, static_plan
from servers import LINES, LOAD_CORE, Failed, free_port, launch, pinned, running, stop, wait_until_ready
from steady import MAX_RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plan import Call, GitHub, Scenario
    from servers import Server

    Say = Callable[[str], None]

HERE = Path(__file__).parent
CROWD = 10_000
CROWD_DELAY_MS = 5_000
IDLE_CONNECTIONS = 5_000
IDLE_S = 3.0
SKIPS = (Absent, Unsupported, Failed)


def start_up(github: GitHub | None, *, rounds: int, say: Say) -> list[Result]:
    """Measure from exec to the first right answer: one operation, and GitHub's contract cold and from the cache."""
    small = Result(name="start-small", shows="From exec to the first answer, one operation.", kind="start")
    _start_all(small, static(), ("nginx", "MockOps", "WireMock", "Prism", "Mockoon"), rounds, say)
    if github is None:
        return [small]
    scenario = github_whole(github)
    cold = Result(name="start-github-cold", shows="The same with GitHub's contract, nothing cached.", kind="start")
    _start_all(cold, scenario, ("MockOps", "Prism"), rounds, say)
    warm = Result(name="start-github-cached", shows="The same, the compiled contract in the cache.", kind="start")
    _start_all(warm, scenario, ("MockOps",), rounds, say, is_cached=True)
    return [small, cold, warm]


def _start_all(
    result: Result, scenario: Scenario, names: Iterable[str], rounds: int, say: Say, *, is_cached: bool = False
) -> None:
    for number in range(rounds):
        for name in names:
            row = result.row(name)
            if row.skipped:
                continue
            try:
                seconds, rss_mb = _start_once(scenario, name, is_cached=is_cached)
            except SKIPS as error:
                row.skipped = str(error)
                say(f"{result.name}: {name} left out: {error}")
                continue
            row.add(start_ms=seconds * 1e3, rss_mb=rss_mb)
            say(f"{result.name} {number + 1}/{rounds} {name}: {seconds * 1e3:,.0f} ms, {rss_mb:,.0f} MB")


def _start_once(scenario: Scenario, name: str, *, is_cached: bool) -> tuple[float, float]:
    line, call = LINES[name], scenario.calls[0]
    with tempfile.TemporaryDirectory(prefix="mockops-bench-") as folder:
        seconds = rss_mb = 0.0
        for _ in range(2 if is_cached else 1):
            seconds, rss_mb = _time_start(line.name, scenario, call, Path(folder))
        return seconds, rss_mb


def _time_start(name: str, scenario: Scenario, call: Call, folder: Path) -> tuple[float, float]:
    line, port = LINES[name], free_port()
    launched = line.adapter(scenario.plan, folder, port, line.options)
    begun = time.perf_counter()
    server = launch(line, launched, port, folder)
    try:
        wait_until_ready(server, call, pause_s=0.002)
        seconds = time.perf_counter() - begun
        check(server, scenario)
        return seconds, server.rss_mb()
    finally:
        stop(server)
        shutil.rmtree(folder / "mappings", ignore_errors=True)


def memory(github: GitHub | None, *, seconds: float, say: Say) -> list[Result]:
    """Measure resident memory after the first answer and after a run of wrk, the whole process tree."""
    wanted = [("memory-small", "one operation", static())]
    wanted += [("memory-github", "GitHub's contract", github_whole(github))] if github else []
    found = []
    for name, what, scenario in wanted:
        result = Result(name=name, shows=f"Resident memory with {what}, children included.", kind="memory")

        def act(server: Server, scenario: Scenario = scenario) -> dict[str, float]:
            loaded = server.rss_mb()
            wrk(server.port, scenario.calls, seconds=seconds)
            return {"loaded_mb": loaded, "after_run_mb": server.rss_mb()}

        _each(result, scenario, scenario.servers, act, say)
        found.append(result)
    return found


def latency(*, seconds: float, say: Say) -> Result:
    """Measure latency at half of what each server can do, at most what the loader can send."""
    result = Result(
        name="half-load",
        shows=f"Latency at half the server's saturation (at most {MAX_RATE:,.0f}/s), from when each request was due.",
        kind="latency",
    )
    scenario = static()

    def act(server: Server) -> dict[str, float]:
        saturation = max(wrk(server.port, scenario.calls, seconds=seconds).per_s for _ in range(2))
        figures = _steady(server, scenario.calls[0], min(MAX_RATE, saturation / 2), seconds)
        if figures["wrong"] or figures["lost"] or figures["answered"] < figures["due"]:
            message = f"at a constant rate not all answers were right: {figures}"
            raise Failed(message)
        return {key: figures[key] for key in ("rate", "p50_ms", "p99_ms", "p999_ms", "max_ms")}

    _each(result, scenario, scenario.servers, act, say)
    return result


def _steady(server: Server, call: Call, rate: float, seconds: float) -> dict[str, float]:
    wire = {"method": call.method, "path": call.path, "headers": dict(call.headers), "status": call.status}
    command = (sys.executable, str(HERE / "steady.py"), str(server.port), str(rate), str(seconds))
    return _tool(command, json.dumps(wire), seconds + 60)


def delays(*, say: Say, count: int = CROWD) -> Result:
    """Ask for a 5 s delay on many connections at once: the whole should take little more than 5 s."""
    result = Result(
        name="delays",
        shows=f"{count:,} requests at once, each answered after {CROWD_DELAY_MS / 1000:g} s, on one core.",
        kind="delays",
    )
    scenario = replace(static(), plan=static_plan(delay_ms=CROWD_DELAY_MS))

    def act(server: Server) -> dict[str, float]:
        before = server.cpu_s()
        command = (sys.executable, str(HERE / "crowd.py"), str(server.port), str(count), scenario.calls[0].path)
        found = _tool(command, "", 300)
        if found["wrong"]:
            message = f"{found['wrong']} of {count} failed: {found['first_error']}"
            raise Failed(message)
        keys = ("whole_s", "p50_s", "p99_s", "max_s")
        return {key: found[key] for key in keys} | {"cpu_s": server.cpu_s() - before, "rss_mb": server.rss_mb()}

    _each(result, scenario, ("MockOps", "WireMock", "Mockoon"), act, say, is_checked=False)
    return result


def idle(*, say: Say, count: int = IDLE_CONNECTIONS) -> Result:
    """Measure what open connections cost that asked once and then nothing."""
    result = Result(
        name="idle",
        shows=f"{count:,} idle keep-alive connections: memory of each, CPU while nothing happens.",
        kind="idle",
    )
    scenario = static()

    def act(server: Server) -> dict[str, float]:
        wrk(server.port, scenario.calls, seconds=1)
        before = server.rss_mb()
        command = (sys.executable, str(HERE / "crowd.py"), str(server.port), str(count), scenario.calls[0].path)
        with subprocess.Popen(
            pinned((*command, "--hold"), LOAD_CORE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as crowd:
            assert crowd.stdout is not None
            found = json.loads(crowd.stdout.readline() or '{"wrong": -1, "first_error": "the clients could not start"}')
            if found["wrong"]:
                crowd.kill()
                message = f"{found['wrong']} of {count} connections failed: {found['first_error']}"
                raise Failed(message)
            cpu_before = server.cpu_s()
            time.sleep(IDLE_S)
            figures = {
                "kb_per_connection": (server.rss_mb() - before) * 1e3 / count,
                "cpu_percent": (server.cpu_s() - cpu_before) / IDLE_S * 100,
            }
            crowd.communicate("")
        return figures

    _each(result, scenario, scenario.servers, act, say)
    return result


def _tool(command: tuple[str, ...], standard_input: str, timeout_s: float) -> dict[str, Any]:
    try:
        done = subprocess.run(
            pinned(command, LOAD_CORE),
            input=standard_input,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        message = f"the loader failed: {error} {str(error.stderr or '')[-300:]}"
        raise Failed(message) from error
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _each(
    result: Result,
    scenario: Scenario,
    names: Iterable[str],
    act: Callable[[Server], dict[str, float]],
    say: Say,
    *,
    is_checked: bool = True,
) -> None:
    """Start each server alone, check it, measure it; leave out, with the reason, what does not work."""
    for name in names:
        row = result.row(name)
        try:
            with running(LINES[name], scenario.plan, scenario.calls[0]) as server:
                if is_checked:
                    check(server, scenario)
                row.add(**act(server))
        except SKIPS as error:
            row.skipped = str(error)
            say(f"{result.name}: {name} left out: {error}")
        else:
            say(f"{result.name} {name}: " + ", ".join(f"{key} {row.figure(key):,.2f}" for key in row.values))
