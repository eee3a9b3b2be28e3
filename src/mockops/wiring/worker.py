"""The process behind a further worker of `mockops serve`: `python -m mockops.wiring.worker FD`, with a socket at FD."""

from __future__ import annotations

import socket
import sys

from mockops.core.clock import SystemClock
from mockops.gateway.workers.follower import follow
from mockops.infra.loop import run


def main() -> int:
    """Serve what comes over the inherited socket until it closes; return the exit code."""
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        print("mockops: a worker is started by `mockops serve --workers N`", file=sys.stderr)  # noqa: T201
        return 2
    return run(follow(socket.socket(fileno=int(sys.argv[1])), clock=SystemClock()))


if __name__ == "__main__":
    sys.exit(main())
