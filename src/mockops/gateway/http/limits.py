"""How much a client may ask of the gateway."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on what comes from outside; past each the client is told and the connection closed."""

    max_head_bytes: int = 64 << 10
    """Request line and header fields of one request (431 past it, 414 where the URL alone is longer)."""
    max_body_bytes: int = 10 << 20
    """One request body after chunk decoding (413 past it)."""
    head_timeout_s: float = 15.0
    """From the first byte of a request to the end of its header fields (408 past it); also for a TLS handshake."""
    body_timeout_s: float = 30.0
    """Without any progress of a body (408 past it)."""
    idle_timeout_s: float = 75.0
    """Between requests of one connection."""
    write_timeout_s: float = 60.0
    """How long a client may take no byte of an answer."""
    linger_timeout_s: float = 2.0
    """After a refusal: how long a client may be silent before the connection is closed (RFC 9112 section 9.6)."""
    max_linger_s: float = 30.0
    """After a refusal: how long what a client still sends is taken and dropped."""
    max_hold_s: float = 300.0
    """How long the fault `timeout` holds a connection."""
    max_connections: int = 50_000
    """Open at once; one more is closed at once."""
    drain_timeout_s: float = 10.0
    """How long answers under way may take after SIGTERM."""

    @property
    def sweep_s(self) -> float:
        """How often connections are looked at: each second, more often where a timeout is short."""
        shortest = min(
            self.head_timeout_s,
            self.body_timeout_s,
            self.idle_timeout_s,
            self.write_timeout_s,
            self.linger_timeout_s,
            self.max_linger_s,
        )
        return max(0.01, min(1.0, shortest / 4))
