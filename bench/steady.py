"""A loader of constant rate, in a process of its own: latency counts from when a request was due.

wrk waits for an answer before it asks again, so a stalled server is asked less and its stall is counted once
("coordinated omission"). Here request n is due at start + n / rate whatever the server does.

    python bench/steady.py PORT RATE SECONDS < call.json      prints one JSON object
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECTIONS = 64
DRAIN_S = 10.0
MAX_RATE = 20_000.0
"""What the loader itself keeps up with on one core; a higher rate would measure the loader."""


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._due = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the idle ones."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is registered nowhere
        self._load.idle.append(self)

    def ask(self, due: float) -> None:
        """Send the request that was due at `due`, on the monotonic clock."""
        assert self._transport is not None
        self._due = due
        self._transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        """Note the latency when the answer is complete."""
        self._buffer += data
        length = complete_length(self._buffer)
        if length is None or len(self._buffer) < length:
            return
        is_right = self._buffer.startswith(self._load.right)
        self._buffer = b""
        self._load.answered(time.perf_counter() - self._due, is_right=is_right)
        self._load.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it: servers must not close."""
        self._load.lost += 1


class Load:
    """The schedule and what came back."""

    def __init__(self, request: bytes, status: int, rate: float) -> None:
        self.request = request
        self.right = f"HTTP/1.1 {status} ".encode()
        self.rate = rate
        self.idle: deque[Connection] = deque()
        self.waiting: deque[float] = deque()
        self.latencies: list[float] = []
        self.wrong = 0
        self.lost = 0

    def answered(self, latency_s: float, *, is_right: bool) -> None:
        """Note one answer."""
        self.latencies.append(latency_s)
        self.wrong += not is_right

    def free(self, connection: Connection) -> None:
        """Use the connection for the request that is due longest, or let it rest."""
        if self.waiting:
            connection.ask(self.waiting.popleft())
        else:
            self.idle.append(connection)

    async def run(self, seconds: float) -> int:
        """Send on schedule, then wait for what is under way; return how many were due."""
        start = time.perf_counter()
        sent, total = 0, int(self.rate * seconds)
        while sent < total:
            due = min(total, int((time.perf_counter() - start) * self.rate) + 1)  # request 0 is due at once
            for number in range(sent, due):
                self._send(start + number / self.rate)
            sent = due
            await asyncio.sleep(0)  # no rest: timers tick in milliseconds, and this process has a core of its own
        deadline = time.perf_counter() + DRAIN_S
        while len(self.latencies) < total and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        return total

    def _send(self, due: float) -> None:
        if self.idle:
            self.idle.popleft().ask(due)
        else:
            self.waiting.append(due)


def complete_length(data: bytes) -> int | None:
    """Return how long the HTTP/1.1 answer that starts here is, or None when that cannot be said yet.

    Understands Content-Length, the chunked coding (by its last chunk) and answers without a body.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower()
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        return end + 4 + int(head[at + 17 :].split(b"\r\n", 1)[0])
    if b"\r\ntransfer-encoding: chunked" in head:
        last = data.find(b"0\r\n\r\n", end + 2)
        return None if last < 0 else last + 5
    return end + 4


def request_bytes(call: dict[str, Any], port: int) -> bytes:
    """Return the request as it goes over the wire."""
    body = str(call.get("body", "")).encode()
    headers = {"Host": f"127.0.0.1:{port}", **call.get("headers", {})}
    if body:
        headers["Content-Length"] = str(len(body))
    lines = [f"{call['method']} {call['path']} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the sorted values do not exceed."""
    return values[min(len(values) - 1, int(len(values) * share))]


async def main(port: int, rate: float, seconds: float, call: dict[str, Any]) -> dict[str, float]:
    """Open the connections, warm them for a moment, run; return the figures."""
    loop = asyncio.get_running_loop()
    load = Load(request_bytes(call, port), int(call["status"]), rate)
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    await load.run(min(1.0, seconds))
    load.latencies.clear()
    total = await load.run(seconds)
    latencies = sorted(load.latencies) or [float("inf")]
    return {
        "due": total,
        "answered": len(load.latencies),
        "wrong": load.wrong,
        "lost": load.lost,
        "rate": rate,
        "p50_ms": percentile(latencies, 0.50) * 1e3,
        "p99_ms": percentile(latencies, 0.99) * 1e3,
        "p999_ms": percentile(latencies, 0.999) * 1e3,
        "max_ms": latencies[-1] * 1e3,
    }


if __name__ == "__main__":
    import uvloop

    arguments = (int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
    print(json.dumps(uvloop.run(main(*arguments, json.load(sys.stdin)))))
