"""Thousands of workspaces in one control plane and one gateway."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from control_world import TOKEN, ask, world
from load import wrk
from plan import Call
from servers import SERVER_CORE, free_port

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from control_world import World

LISTS = 20
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def measure_thousands(
    documents: Sequence[Path], arguments: argparse.Namespace, say: Callable[[str], None]
) -> list[tuple[str, str, str]]:
    """Apply a project of so many workspaces, and measure what lives with it."""
    with world() as here:
        project = here.folder / "project"
        operations = write_project(project, documents, arguments.workspaces)
        say(f"   {arguments.workspaces} workspaces, {operations:,} operations")
        here.control(core=None)  # as its users run it
        began = time.perf_counter()
        apply(here)
        apply_s = time.perf_counter() - began
        say(f"   applied in {apply_s:.0f} s")
        lists_ms = []
        for _ in range(LISTS):
            began = time.perf_counter()
            assert len(ask(here.port, "GET", "/api/v1/workspaces?limit=50")[1]["items"]) == 50
            lists_ms.append((time.perf_counter() - began) * 1e3)
        here.gateway("first")
        here.processes["first"].terminate()
        here.processes["first"].wait(30)
        cold_s, port = start_again(here)
        with world() as alone:
            alone.control()
            write_project(alone.folder / "project", (), 1)
            apply(alone)
            single = alone.gateway("single", core=SERVER_CORE)
            rates: dict[int, list[float]] = {port: [], single: []}
            for _ in range(max(3, arguments.rounds)):
                for which in rates:
                    rates[which].append(wrk(which, [Call(path="/@probe/word")], seconds=arguments.seconds).per_s)
        many, one = median(rates[port]), median(rates[single])
        rss = here.rss_mb("first")
        compiled_mb = touch_all(here, port, arguments.workspaces)
    label = f"{arguments.workspaces:,} workspaces, {operations:,} operations"
    return [
        (f"`apply` of {label}", f"{apply_s:.0f} s", "≤ 300 s"),
        ("first page of the list", f"{median(lists_ms):.0f} ms", "≤ 50 ms"),
        ("gateway, cold start from its snapshot to the first answer", f"{cold_s:.1f} s", "≤ 5 s"),
        ("gateway, resident memory, few workspaces used", f"{rss:,.0f} MB", ""),
        ("gateway, resident memory, every workspace used", f"{compiled_mb:,.0f} MB", "≤ 1,500 MB"),
        ("requests/s beside a single workspace", f"{many:,.0f} / {one:,.0f} ({many / one:.2f})", "≥ 0.90"),
    ]


def apply(here: World) -> None:
    """Apply the world's project as its users do."""
    command = (sys.executable, "-m", "mockops", "apply", str(here.folder / "project"), "--yes")
    done = subprocess.run(
        [*command, "--server", f"http://127.0.0.1:{here.port}"],
        env={**os.environ, "MOCKOPS_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"apply failed: {done.stdout[-500:]} {done.stderr[-2000:]}"
        raise SystemExit(message)


def touch_all(here: World, port: int, count: int) -> float:
    """Ask every workspace once, so that each is compiled; return the gateway's resident memory then, in MB."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(count - 1):
        connection.request("GET", f"/@w{number:04d}/there-is-no-such-path")
        connection.getresponse().read()
    connection.close()
    return here.rss_mb("first")


def start_again(here: World) -> tuple[float, int]:
    """Start the gateway from its own disk while control is away; return seconds to the first answer, and its port."""
    control = here.processes["control"]
    control.terminate()
    control.wait(30)
    port, admin = free_port(), free_port()
    began = time.perf_counter()
    here.mockops(
        "first",
        "gateway",
        "--control-url",
        f"http://127.0.0.1:{here.port}",
        "--token-file",
        str(here.folder / "first.token"),
        "--port",
        str(port),
        "--admin-port",
        str(admin),
        "--data",
        str(here.folder / "first"),
        core=SERVER_CORE,
    )
    here.wait("first", lambda: ask(port, "GET", "/@probe/word")[0] == 200)
    return time.perf_counter() - began, port


def write_project(folder: Path, documents: Sequence[Path], count: int) -> int:
    """Write a project of `count` workspaces, one of them `probe`; documents are repeated, each time a little different.

    Returns:
        How many operations the documents declare.

    """
    probe = folder / "workspaces" / "probe"
    probe.mkdir(parents=True)
    (folder / "mockops.yaml").write_text("name: thousands\n")
    (probe / "contract.json").write_bytes(msgspec.json.encode(PROBE))
    operations = 1
    for number in range(count - 1):
        source = documents[number % len(documents)]
        target = folder / "workspaces" / f"w{number:04d}"
        target.mkdir()
        content = source.read_bytes()
        if source.suffix == ".json":
            data = msgspec.json.decode(content)
            operations += sum(
                len(METHODS & set(item)) for item in data.get("paths", {}).values() if isinstance(item, dict)
            )
            if number >= len(documents):
                data.setdefault("info", {})["x-copy"] = number
                content = msgspec.json.encode(data)
        (target / f"contract{source.suffix}").write_bytes(content)
    return operations


PROBE = {
    "openapi": "3.1.0",
    "info": {"title": "Probe", "version": "1"},
    "paths": {
        "/word": {
            "get": {
                "responses": {
                    "200": {
                        "description": "A word.",
                        "content": {"application/json": {"schema": {"type": "string"}, "example": "word"}},
                    }
                }
            }
        }
    },
}
