"""The other end of a builder process: start it, give it a contract, wait no longer than agreed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.service.builder_wire import Answer, Limits, frame, peak_bytes, receive

if TYPE_CHECKING:
    from mockops.contracts.service.builder_wire import Job

_MODULE = "mockops.contracts.service.builder_process"
_TAIL_BYTES = 4_096


class WorkerTimedOut(Exception):
    """A builder process took longer than it may."""


class WorkerDied(Exception):
    """A builder process ended in the midst of its work."""

    def __init__(self, status: int, said: str, *, is_full: bool) -> None:
        super().__init__(f"ended with {_ending(status)}: {said}")
        self.status = status
        """Exit code, or the negative number of a signal."""
        self.said = said
        """The end of what it wrote to standard error."""
        self.is_full = is_full
        """Whether it had most of the memory that it may have."""

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        return _ending(self.status)

    @property
    def was_out_of_memory(self) -> bool:
        """Whether it was the bound of memory: libraries in C and Rust abort or crash, and the system kills."""
        if self.status < 0 and self.is_full:
            return True
        return self.status == -signal.SIGKILL or "memory allocation of" in self.said or "MemoryError" in self.said

    @property
    def was_out_of_time(self) -> bool:
        """Whether it was the bound of processor time."""
        return self.status == -signal.SIGXCPU


class Worker:
    """A running builder process; used by one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        self._connection, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (this interpreter, a module of this package)
                [sys.executable, "-P", "-m", _MODULE],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env={name: value for name, value in os.environ.items() if not name.startswith("MOCKOPS_")},
                start_new_session=True,
            )
            self._connection.sendall(frame(limits))
        except BaseException:
            self._connection.close()
            self._errors.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """The process's id."""
        pid: int = self._process.pid
        return pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process, from any thread; whoever waits for its answer gets WorkerDied."""
        self._process.kill()

    def ask(self, job: Job, timeout_s: float) -> Answer:
        """Have a contract compiled.

        Raises:
            WorkerTimedOut: It took longer; the process is of no more use.
            WorkerDied: The process ended.

        """
        deadline = time.monotonic() + timeout_s

        def allow_the_rest() -> None:
            self._connection.settimeout(max(deadline - time.monotonic(), 0.001))

        try:
            allow_the_rest()
            self._connection.sendall(frame(job))
            content = receive(self._connection, before=allow_the_rest)
        except TimeoutError as error:
            raise WorkerTimedOut from error
        except OSError:
            # it is gone, and so is its end of the connection
            content = b""
        if not content:
            raise self._death()
        answer: Answer = msgspec.msgpack.decode(content, type=Answer)
        return answer

    def _death(self) -> WorkerDied:
        self._connection.close()  # if it only stopped to talk, it ends now
        _, code, usage = os.wait4(self._process.pid, 0)
        status = self._process.returncode = os.waitstatus_to_exitcode(code)
        is_full = peak_bytes(usage) > self._limits.memory_bytes // 2
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(size - _TAIL_BYTES, 0))
        said = self._errors.read(_TAIL_BYTES).decode("utf-8", "replace").strip()
        return WorkerDied(status, said, is_full=is_full)

    def close(self) -> None:
        """End the process at once, whatever it does."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
        self._errors.close()


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit code {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
