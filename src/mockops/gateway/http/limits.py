"""How much a client may ask of the gateway."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on what comes from outside; past each the client is told and the connection closed."""

    max_head_bytes: int = 64 << 10
    """Request line and header fields of one request (431 past it)."""
    max_body_bytes: int = 10 << 20
    """One request body after chunk decoding (413 past it)."""
    head_timeout_s: float = 15.0
    """From the first byte of a request to the end of its header fields (408 past it)."""
    body_timeout_s: float = 30.0
    """Without any progress of a body (408 past it)."""
    idle_timeout_s: float = 75.0
    """Between requests of one connection."""
    write_timeout_s: float = 60.0
    """How long a client may refuse to read an answer."""
    max_pipelined: int = 64
    """Requests waiting behind one that is not answered yet, before reading pauses."""
    max_connections: int = 50_000
    """Open at once; one more is closed at once."""
    drain_timeout_s: float = 10.0
    """How long answers under way may take after SIGTERM."""
