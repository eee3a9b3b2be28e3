"""Loads the API until it is stopped: `python bench/api_load.py PORT TOKEN`."""

from __future__ import annotations

import asyncio
import sys

CONNECTIONS = 16


async def ask(port: int, token: str) -> None:
    """Ask for a page of workspaces over and over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /api/v1/workspaces?limit=20 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    while True:
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)


async def main() -> None:
    """Ask on many connections."""
    await asyncio.gather(*(ask(int(sys.argv[1]), sys.argv[2]) for _ in range(CONNECTIONS)))


if __name__ == "__main__":
    asyncio.run(main())
