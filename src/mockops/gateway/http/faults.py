"""Connection-level faults: what a broken server does to a real client."""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    import asyncio

    from mockops.gateway.http.message import Answer

_GARBAGE = bytes(range(256)).replace(b"\r\n", b"")


def perform(transport: asyncio.Transport, answer: Answer, date: bytes) -> None:
    """Break the connection as `answer.fault` says; the request's answer is lost or damaged."""
    fault = answer.fault
    match fault:
        case None | "timeout":
            return
        case "reset":
            reset(transport)
        case "empty_reply":
            transport.close()
        case "malformed_chunk":
            transport.write(_chunked_head(answer, date) + b"zz;not-a-size\r\n" + _GARBAGE)
            transport.close()
        case "garbage_then_close":
            transport.write(_GARBAGE)
            transport.close()
        case "truncate_body":
            body = answer.tail[2:]
            transport.write(answer.head + date + b"\r\n" + body[: len(body) // 2])
            transport.close()
        case unreachable:
            assert_never(unreachable)


def _chunked_head(answer: Answer, date: bytes) -> bytes:
    lines = answer.head.split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join([*kept, b"Transfer-Encoding: chunked"]) + date + b"\r\n"


def reset(transport: asyncio.Transport) -> None:
    """Close with a TCP RST: without SO_LINGER(on, 0) even `abort` sends an orderly FIN."""
    wire = transport.get_extra_info("socket")
    if wire is not None:
        # uvloop hands out a stand-in without setsockopt; a duplicate descriptor reaches the same socket
        with socket.socket(fileno=os.dup(wire.fileno())) as duplicate:
            if duplicate.family in (socket.AF_INET, socket.AF_INET6):
                duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
