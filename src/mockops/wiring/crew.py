"""Several processes on one port: how the first starts the others."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mockops
from mockops.core.errors import Invalid
from mockops.gateway.workers.crew import Crew
from mockops.gateway.workers.desk import admit
from mockops.gateway.workers.memory import NeedsOneWorker, find_needs
from mockops.gateway.workers.wire import Begin

if TYPE_CHECKING:
    from mockops.gateway.gateway import Gateway
    from mockops.publishing.model import Snapshot
    from mockops.wiring.options import ServeOptions


class NeedsMemory(Invalid):
    """What was named remembers between requests, which several processes cannot."""

    code = NeedsOneWorker.code


def check_memory(snapshot: Snapshot, workers: int) -> None:
    """Make sure that several processes can serve a snapshot.

    Raises:
        NeedsMemory: They cannot; everything that stands in the way is named.

    """
    needs = find_needs(snapshot) if workers > 1 else []
    if needs:
        listed = "\n".join(f"  {need}" for need in needs)
        raise NeedsMemory(
            f"--workers {workers} cannot serve what remembers between requests:\n{listed}\n"
            "  hint: serve it with --workers 1, or leave these out"
        )


def make_crew(gateway: Gateway, options: ServeOptions) -> Crew:
    """Return the followers of a gateway, not started yet."""
    gateway.admit = admit
    begin = Begin(
        host=options.host,
        journal_bytes=options.journal_bytes,
        max_body_bytes=options.max_body_bytes,
        tls_cert=str(options.tls_cert or ""),
        tls_key=str(options.tls_key or ""),
        tls_client_ca=str(options.tls_client_ca or ""),
    )
    return Crew(gateway, begin, size=options.workers - 1, spawn=_spawn)


async def _spawn(line: int) -> asyncio.subprocess.Process:
    """Start a follower in a session of its own, so that Ctrl-C reaches the leader alone, which then tells it."""
    root = str(Path(mockops.__file__).parent.parent)
    path = os.pathsep.join(part for part in (os.environ.get("PYTHONPATH"), root) if part)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # files beside the contracts must not pass for modules
        "-m",
        "mockops.wiring.worker",
        str(line),
        stdin=asyncio.subprocess.DEVNULL,
        pass_fds=(line,),
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path},
    )
