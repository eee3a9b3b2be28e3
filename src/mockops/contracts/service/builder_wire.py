"""What a process and its builder processes say to each other: frames of a length and msgpack."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from mockops.contracts.model import ContractConflict, OperationEntry
from mockops.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    import resource
    import socket
    from collections.abc import Callable

LENGTH_BYTES = 8
MAX_FRAME_BYTES = 1 << 30


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The first message to a builder process: what it may take."""

    cpu_s: int
    """Of processor time, for each contract."""
    memory_bytes: int
    """Of address space, for the process."""
    artefact_bytes: int


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle; it keeps the rules of bundles."""

    root: str
    files: dict[str, bytes]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle to compile."""

    bundle: Source
    merge: tuple[Source, Source] | None = None
    """What was imported last and what there is now: the bundle is merged with them before it is compiled."""
    prefer: Literal["ours", "theirs"] = "ours"


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A contract was compiled."""

    artefact: bytes
    diagnostics: tuple[Diagnostic, ...]
    title: str
    version: str
    dialect: str
    operations: tuple[OperationEntry, ...]
    merged: Source | None = None
    """The bundle that was compiled, if it was merged."""
    conflicts: tuple[ContractConflict, ...] = ()
    conflict_count: int = 0
    is_worn: bool = False
    """Whether the process has grown so much that it should not be used again."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A contract was not compiled."""

    reason: Literal["invalid", "memory", "artefact"]
    """`memory` and `artefact`: the limit that was reached."""
    message: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    is_worn: bool = False


Answer: TypeAlias = Done | Refused


def frame(message: msgspec.Struct) -> bytes:
    """Return a message as it is sent."""
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def receive(connection: socket.socket, *, before: Callable[[], None] = lambda: None) -> bytes:
    """Return the next message's content, or nothing when the other side has gone.

    Args:
        connection: A stream socket.
        before: Called before each wait; it may set the socket's timeout, or raise.

    """
    head = _exactly(connection, LENGTH_BYTES, before)
    length = int.from_bytes(head, "big")
    return _exactly(connection, length, before) if 0 < length <= MAX_FRAME_BYTES else b""


def _exactly(connection: socket.socket, length: int, before: Callable[[], None]) -> bytes:
    content = bytearray()
    while len(content) < length:
        before()
        part = connection.recv(min(length - len(content), 1 << 20))
        if not part:
            return b""
        content += part
    return bytes(content)


def peak_bytes(usage: resource.struct_rusage) -> int:
    """Return the most memory that a process had resident."""
    return usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
