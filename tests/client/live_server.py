"""The real control process, for tests of the client and the command line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_URL = re.compile(r"control: (http://[\w.:]+)")
_PATIENCE_S = 60.0


@dataclass
class Process:
    """`mockops control`, and where it answers."""

    process: subprocess.Popen[str]
    url: str

    def stop(self) -> None:
        """Stop it as a service manager does; it must end well."""
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=_PATIENCE_S)
        assert self.process.returncode == 0, output


def start(folder: Path, *options: str, port: int = 0) -> Process:
    """Start a control process on SQLite."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCKOPS_")}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mockops", "control", "--port", str(port)),
            *("--database-url", f"sqlite:///{folder / 'mockops.db'}", "--data", str(folder), *options),
        ],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(_PATIENCE_S, process.kill)
    watchdog.start()
    printed = []
    try:
        for line in process.stdout:
            printed.append(line)
            if found := _URL.search(line):
                return Process(process, found[1])
    finally:
        watchdog.cancel()
    process.wait()
    raise AssertionError("".join(printed))


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Process]:
    """Give a control process until the end."""
    found = start(folder, *options)
    try:
        yield found
    finally:
        found.stop()
