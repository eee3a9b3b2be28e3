"""`python -m mockops.cli.leash …`: the `mockops` command as a child that does not outlive who started it.

Its standard input is a pipe whose other end the parent holds: when the parent is gone, however it went, the pipe ends,
and the child stops as at SIGTERM, with all it does then. A pid file would name another process one day.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from mockops.cli import main


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_watch, name="leash", daemon=True).start()
    sys.argv[0] = "mockops"
    main()
