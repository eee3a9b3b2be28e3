"""Requests as the wire delivers them and answers as it sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.problems import PROBLEM_JSON, phrase, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockops.core.json import Json
    from mockops.gateway.counters import Cell
    from mockops.mocking.model import FaultKind


class RawRequest(msgspec.Struct, kw_only=True):
    """One parsed request; names and values as sent."""

    method: bytes
    url: bytes
    """The request target: origin form, or absolute form as proxies send it."""
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    key: tuple[object, ...] = ()
    """What the gateway's repeatable answers are found by: target, method and the values of headers that matter."""
    keep_alive: bool = True
    wants_keep_alive: bool = False
    """The answer has to say that the connection stays open: the client speaks HTTP/1.0 and asked for it."""
    received_s: float = 0.0
    """When its last byte came, on the performance counter."""
    read_bytes: int = 0
    """Size of the reads it came in, pipelined neighbours included: no less than its own size. 0: not known."""

    @property
    def line(self) -> str:
        """Method and path, for logs: without the query, which may hold secrets."""
        return (self.method + b" " + self.url.partition(b"?")[0][:200]).decode("latin-1")


LARGE_BYTES = 256 << 10
"""Past this size a body leaves in pieces, each once the client has taken the former."""


class Answer:
    """An answer ready for the wire, its request id and date still to be put between `head` and `tail`."""

    __slots__ = (
        "body",
        "cell",
        "delay_s",
        "dribble_s",
        "fault",
        "guard",
        "head",
        "headers",
        "is_large",
        "is_shared",
        "keep_alive",
        "label",
        "status",
        "tail",
        "with_id",
    )

    def __init__(
        self,
        *,
        status: int,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        cell: Cell | None = None,
        with_body: bool = True,
        with_id: bool = True,
        keep_alive: bool = True,
    ) -> None:
        """Serialise the answer once.

        Args:
            status: The status code.
            headers: Fields without framing: Content-Length, Date and Connection are added here.
            body: The whole body.
            cell: Where answers like this are counted.
            with_body: False for the answer to a HEAD request: fields as for GET, no body (RFC 9110 section 9.3.2).
            with_id: Whether it carries `MockOps-Request-Id`.
            keep_alive: False closes the connection after it.

        """
        self.status = status
        self.headers = tuple(headers)
        self.body = body
        self.cell = cell
        self.guard: Callable[[bytes], bool] | None = None
        """Whether a request body gets this very answer; None: all do."""
        self.delay_s = 0.0
        self.dribble_s = 0.0
        self.fault: FaultKind | None = None
        self.keep_alive = keep_alive
        self.is_shared = False
        """Whether later requests get it again: it stands among the repeatable answers."""
        self.label: Json = None
        """What the journal says of it: operation, stub, scenario, persona, violations."""
        has_body = status >= 200 and status not in (204, 304)  # the others never have one (RFC 9110 section 6.4.1)
        lines = [f"HTTP/1.1 {status} {phrase(status)}"]
        lines.extend(f"{name}: {value}" for name, value in self.headers)
        if has_body:
            lines.append(f"Content-Length: {len(body)}")
        if with_id:
            lines.append("MockOps-Request-Id: ")
        self.with_id = with_id
        self.head = "\r\n".join(lines).encode("latin-1", "replace")
        self.tail = b"\r\n" + body if has_body and with_body else b"\r\n"
        self.is_large = len(self.tail) > LARGE_BYTES

    @property
    def is_immediate(self) -> bool:
        """Whether it leaves at once and whole."""
        return not (self.delay_s or self.dribble_s or self.fault)

    @property
    def size_bytes(self) -> int:
        """About how much memory it takes."""
        return len(self.head) + len(self.tail) + len(self.body) + 600


def refusal(status: int, code: str, detail: str, *, keep_alive: bool = True, **members: Json) -> Answer:
    """Return a problem+json answer of the gateway itself."""
    headers = (("Content-Type", PROBLEM_JSON), ("MockOps-Source", "error"))
    return Answer(status=status, headers=headers, body=problem(status, code, detail, **members), keep_alive=keep_alive)
