"""Many connections at once, in a process of its own: thousands that wait for a delayed answer, or do nothing.

python bench/crowd.py PORT COUNT PATH          each connection asks once; prints one JSON object
python bench/crowd.py PORT COUNT PATH --hold   ask, answer, print `open`, stay until standard input ends
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import cast

from steady import complete_length, percentile

SPARE_FILES = 200
BATCH = 50
"""Connections opened at a time: a full backlog would measure the kernel's retries."""
TIMEOUT_S = 120.0


def allow_files(count: int) -> None:
    """Raise the soft limit of open files to what `count` connections need; exit with what to do if it cannot be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_FILES
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        message = f"{count} connections need {wanted} open files, the limit is {hard}: raise it (ulimit -n)"
        raise SystemExit(message)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Guest(asyncio.Protocol):
    """A connection that asks once."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._buffer = b""
        self._asked_at = 0.0
        self.answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is registered nowhere

    def ask(self) -> None:
        """Send the request."""
        assert self.transport is not None
        self._asked_at = time.perf_counter()
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note how long a complete 200 took, in seconds; anything else is a failure."""
        self._buffer += data
        length = complete_length(self._buffer)
        if length is None or len(self._buffer) < length or self.answered.done():
            return
        if self._buffer.startswith(b"HTTP/1.1 200 "):
            self.answered.set_result(time.perf_counter() - self._asked_at)
        else:
            self.answered.set_exception(ConnectionError(self._buffer[:60].decode("latin-1")))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail if the answer is not there yet."""
        if not self.answered.done():
            self.answered.set_exception(exc or ConnectionError("closed before the answer"))


async def gather(port: int, count: int, request: bytes) -> list[Guest]:
    """Open the connections, some at a time."""
    loop = asyncio.get_running_loop()
    guests: list[Guest] = []
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        opening = (loop.create_connection(lambda: Guest(request), "127.0.0.1", port) for _ in range(size))
        guests += [guest for _, guest in await asyncio.gather(*opening)]
    return guests


async def main(port: int, count: int, path: str, *, is_held: bool) -> None:
    """Open, ask all, report, and with `is_held` stay."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    guests = await gather(port, count, request)
    start = time.perf_counter()
    for guest in guests:
        guest.ask()
    answers = await asyncio.wait_for(
        asyncio.gather(*(guest.answered for guest in guests), return_exceptions=True), TIMEOUT_S
    )
    whole_s = time.perf_counter() - start
    right = sorted(one for one in answers if isinstance(one, float))
    wrong = [repr(one) for one in answers if not isinstance(one, float)]
    figures = {
        "right": len(right),
        "wrong": len(wrong),
        "whole_s": whole_s,
        "p50_s": percentile(right, 0.5) if right else None,
        "p99_s": percentile(right, 0.99) if right else None,
        "max_s": right[-1] if right else None,
        "first_error": wrong[0] if wrong else "",
    }
    print(json.dumps(figures), flush=True)
    if is_held:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    import uvloop

    allow_files(int(sys.argv[2]))
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], is_held="--hold" in sys.argv))
