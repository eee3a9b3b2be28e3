"""So many gateways that only wait for changes: `python bench/waiting_polls.py PORT TOKEN COUNT`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


async def poll(port: int, token: str, number: int, waiting: set[int]) -> None:
    """Poll for ever, as a gateway does: each answer's cursor is the next question's."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    cursor, asked = 0, 0
    while True:
        path = f"/gateway/v1/snapshots?cursor={cursor}&wait=30&gateway=idle-{number}&boot=b{number}&workers=1"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(head.encode())
        asked += 1
        if asked > 1:  # the first is answered at once
            waiting.add(number)
        cursor = await read_cursor(reader, cursor)


async def read_cursor(reader: asyncio.StreamReader, cursor: int) -> int:
    """Read one answer; return the cursor that it gives."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise SystemExit(head.decode())
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    content = await reader.readexactly(length)
    page = decode(content, b"zstd" in head.lower())
    return int(page.get("cursor", cursor))


def decode(content: bytes, is_packed: bool) -> dict[str, Any]:
    """Return a page."""
    import msgspec  # noqa: PLC0415 (as the gateway has it)
    import zstandard  # noqa: PLC0415 (as above)

    found: dict[str, Any] = msgspec.json.decode(
        zstandard.ZstdDecompressor().decompressobj().decompress(content) if is_packed else content
    )
    return found


async def main() -> None:
    """Start all and say when they wait."""
    port, token, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    waiting: set[int] = set()
    tasks = [asyncio.create_task(poll(port, token, number, waiting)) for number in range(count)]
    while len(waiting) < count:
        await asyncio.sleep(0.05)
    print("waiting", flush=True)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(main())
