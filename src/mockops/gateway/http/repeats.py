"""Requests that came before, byte for byte: what they meant needs no second parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mockops.gateway.http.message import Answer, RawRequest

_MAX_REQUEST_BYTES = 2048
_MAX_ANSWER_BYTES = 8192
_OVERHEAD_BYTES = 2000


class Repeat(NamedTuple):
    """One read that was exactly one plain request, and the repeatable answer that request gets."""

    request: RawRequest
    answer: Answer


class Repeats(dict[bytes, Repeat]):
    """Repeats by their bytes, bounded by bytes.

    A repeat holds while its answer still stands among the repeatable ones under the request's key; whoever finds one
    checks that.
    """

    def __init__(self, *, max_bytes: int = 16 << 20) -> None:
        super().__init__()
        self._max_bytes = max_bytes
        self._size_bytes = 0

    def learn(self, data: bytes, request: RawRequest, answer: Answer) -> None:
        """Remember a read, if the request is all there was in it; when there is no room, all are forgotten."""
        if len(data) > _MAX_REQUEST_BYTES or len(answer.tail) > _MAX_ANSWER_BYTES:
            return
        head_bytes = data.find(b"\r\n\r\n") + 4
        if head_bytes + len(request.body) != len(data):
            return
        self._size_bytes += _OVERHEAD_BYTES + 2 * len(data) + len(answer.tail)
        if self._size_bytes > self._max_bytes:
            self.clear()
            self._size_bytes = 0
        self[data] = Repeat(request, answer)
