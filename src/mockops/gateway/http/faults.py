"""Connection-level faults: what a broken server does to a real client."""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    import asyncio

    from mockops.mocking.model import FaultKind

_GARBAGE = bytes(range(256)).replace(b"\r\n", b"")


def perform(transport: asyncio.Transport, fault: FaultKind, opening: bytes, body: bytes) -> None:
    """Break the connection; the answer is lost or damaged.

    Args:
        transport: The connection; what was written to it before still arrives (but for a reset).
        fault: What to do; `timeout` does nothing here: the connection is held by whoever holds it.
        opening: Status line and fields of the answer, without the blank line that ends them.
        body: The answer's body.

    """
    match fault:
        case "timeout":
            return
        case "reset":
            reset(transport)
            return
        case "empty_reply":
            pass
        case "malformed_chunk":
            transport.write(_chunked(opening) + b"\r\nzz;not-a-size\r\n" + _GARBAGE)
        case "garbage_then_close":
            transport.write(_GARBAGE)
        case "truncate_body":  # without a body to cut, the head lacks its end
            transport.write(opening + b"\r\n" + body[: len(body) // 2] if body else opening)
        case unreachable:
            assert_never(unreachable)
    transport.close()


def _chunked(opening: bytes) -> bytes:
    """Return an answer's opening with chunked framing instead of a length."""
    lines = [line for line in opening.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join([*lines[:-1], b"Transfer-Encoding: chunked", b""])


def reset(transport: asyncio.Transport) -> None:
    """Close with a TCP RST: without SO_LINGER(on, 0) even `abort` sends an orderly FIN."""
    wire = transport.get_extra_info("socket")
    if wire is not None and wire.fileno() >= 0:
        # uvloop hands out a stand-in without setsockopt; a duplicate descriptor reaches the same socket
        with socket.socket(fileno=os.dup(wire.fileno())) as duplicate:
            if duplicate.family in (socket.AF_INET, socket.AF_INET6):
                duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
