"""Load by wrk: one thread, 32 connections, keep-alive; numbers come from wrk's own `done` hook, not from its prose."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from peers import find_program
from servers import LOAD_CORE, Failed, pinned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plan import Call

CONNECTIONS = 32
_MARK = "BENCH"
_DONE = f"""
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("{_MARK} %d %d %d %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    e.connect + e.read + e.write, e.timeout, e.status,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of wrk measured."""

    per_s: float
    p50_ms: float
    p99_ms: float
    requests: int


def lua_text(value: str) -> str:
    """Return a Lua string literal; every byte outside printable ASCII is escaped."""
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\{byte:03d}" for byte in value.encode()
    )
    return f'"{escaped}"'


def script(calls: Sequence[Call]) -> str:
    """Return the Lua script that sends the calls in turn; a lone call costs wrk no Lua per request."""
    if len(calls) == 1:
        return "\n".join([_assign(calls[0]), _DONE])
    made = ",\n".join(
        f"wrk.format({lua_text(call.method)}, {lua_text(call.path)}, {_headers(call)}, {_body(call)})" for call in calls
    )
    return (
        f"local made = nil\nlocal at = 0\ninit = function(args)\nmade = {{{made}}}\nend\n"
        "request = function()\nat = at % #made + 1\nreturn made[at]\nend\n" + _DONE
    )


def fresh_script(call: Call) -> str:
    """Return the Lua script that asks for a new number below the call's path each time, also in later runs."""
    return (
        f"local at = os.time() % 1000000 * 1000000\nlocal path = {lua_text(call.path.rpartition('/')[0] + '/')}\n"
        f"request = function()\nat = at + 1\nreturn wrk.format({lua_text(call.method)}, "
        'path .. string.format("%d", at))\nend\n' + _DONE
    )


def _assign(call: Call) -> str:
    lines = [f"wrk.method = {lua_text(call.method)}", f"wrk.path = {lua_text(call.path)}", f"wrk.body = {_body(call)}"]
    lines += [f"wrk.headers[{lua_text(name)}] = {lua_text(value)}" for name, value in call.headers.items()]
    return "\n".join(lines)


def _headers(call: Call) -> str:
    return "{" + ", ".join(f"[{lua_text(name)}] = {lua_text(value)}" for name, value in call.headers.items()) + "}"


def _body(call: Call) -> str:
    return lua_text(call.body.decode()) if call.body else "nil"


def read_result(output: str) -> Run:
    """Read what the script's `done` hook wrote; raise Failed when anything went wrong on the way."""
    marked = [line.split()[1:] for line in output.splitlines() if line.startswith(_MARK)]
    if not marked:
        message = f"wrk gave no result: {output.strip()[-300:]}"
        raise Failed(message)
    requests, duration_us, broken, timeouts, refused, p50_us, p99_us, *_ = (int(text) for text in marked[0])
    if broken or timeouts or refused or not requests:
        message = f"{requests} requests: {refused} answers of 400 and above, {broken} broken, {timeouts} timed out"
        raise Failed(message)
    return Run(per_s=requests / (duration_us / 1e6), p50_ms=p50_us / 1e3, p99_ms=p99_us / 1e3, requests=requests)


def wrk(port: int, calls: Sequence[Call], *, seconds: float, is_fresh: bool = False) -> Run:
    """Load a server for some seconds; raise Failed if a single answer was wrong or missing.

    With `is_fresh` the first call's last path segment is replaced by a number never used before.
    """
    program = find_program("wrk")
    with tempfile.TemporaryDirectory(prefix="mockops-wrk-") as folder:
        path = Path(folder) / "load.lua"
        path.write_text(fresh_script(calls[0]) if is_fresh else script(calls), "utf-8")
        whole = max(1, round(seconds))
        command = (program, "-t1", f"-c{CONNECTIONS}", f"-d{whole}s", "--timeout", "10s", "-s", str(path))
        done = subprocess.run(
            pinned((*command, f"http://127.0.0.1:{port}/"), LOAD_CORE),
            capture_output=True,
            text=True,
            timeout=whole + 60,
            check=False,
        )
    return read_result(done.stdout + done.stderr)
