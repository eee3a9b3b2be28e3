"""Server-sent events (HTML standard, section 9.2): read as they come, and taken up again where they broke off."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import msgspec

from mockops.client.errors import AnswerInvalid, ApiError, ServerUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from types import TracebackType

    from mockops.client.base import Api, Parameter

T = TypeVar("T")

SILENCE_S = 45.0
"""The server says something every 15 s; whoever is silent for three times as long is gone."""
PATIENCE_S = 120.0
_MAX_EVENT_BYTES = 64 << 20
_FIRST_WAIT_S = 0.25
_MAX_WAIT_S = 5.0


class Stream(Generic[T]):
    """What a server tells as it happens: iterate over it, and close it, best with `with`.

    It is open as soon as it is made: what happens from then on is in it. When the connection breaks it is made anew,
    and goes on behind what came last: nothing is left out, nothing comes twice.
    """

    def __init__(
        self,
        api: Api,
        path: str,
        read: Callable[[bytes], T],
        *,
        after: int,
        patience_s: float = PATIENCE_S,
        sleep: Callable[[float], None] = time.sleep,
        **params: Parameter,
    ) -> None:
        """Open a stream.

        Args:
            api: Who is asked.
            path: Below the API's root.
            read: Makes an item of an event's data.
            after: Position behind which it begins.
            patience_s: How long the server may be away before the stream ends with an error.
            sleep: Waits between attempts.
            params: The filters.

        Raises:
            ApiError: The server refused.
            ServerUnreachable: Nobody answered.

        """
        self._api = api
        self._path = path
        self._read = read
        self._patience_s = patience_s
        self._sleep = sleep
        self._params: Mapping[str, Parameter] = params
        self.position = after
        """Id of what came last."""
        self._is_closed = False
        self._events = self._open()

    def __enter__(self) -> Self:
        """Return itself; leaving closes it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Hang up; no more comes."""
        self._is_closed = True
        self._events.close()

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> T:
        """Wait for the next item and return it.

        Raises:
            ServerUnreachable: The server was away for too long.
            ApiError: It refuses to go on.
            AnswerInvalid: It tells what cannot be understood.

        """
        while True:
            try:
                identity, data = next(self._events)
            except StopIteration:  # the server is being stopped, or somebody between cut it off
                if self._is_closed:
                    raise
                self._reopen(ServerUnreachable(f"{self._api.server} has ended the stream"))
                continue
            except ServerUnreachable as error:
                self._reopen(error)
                continue
            try:
                item = self._read(data)
            except msgspec.DecodeError as error:
                raise AnswerInvalid(f"{self._path} tells what cannot be understood: {error}") from error
            self.position = max(self.position, identity)
            return item

    def _open(self) -> Generator[tuple[int, bytes]]:
        chunks = self._api.open_stream(
            self._path,
            params=self._params,
            headers={"Last-Event-ID": str(self.position)},
            silence_s=SILENCE_S,
        )
        return read_events(chunks)

    def _reopen(self, error: ServerUnreachable) -> None:
        wait_s, waited_s = _FIRST_WAIT_S, 0.0
        while True:
            self._events.close()
            if waited_s >= self._patience_s:
                raise error
            self._sleep(wait_s)
            waited_s += wait_s
            wait_s = min(wait_s * 2, _MAX_WAIT_S)
            try:
                self._events = self._open()
            except ServerUnreachable as next_error:
                error = next_error
            except ApiError as refused:
                if refused.status < 500:
                    raise
                error = ServerUnreachable(str(refused))
            else:
                return


def read_events(chunks: Iterator[bytes]) -> Generator[tuple[int, bytes]]:
    """Give id and data of each event that a body of `text/event-stream` tells; comments are passed over.

    Raises:
        AnswerInvalid: An event has no number as its id, or no end.

    """
    identity, data, size = "", list[bytes](), 0
    try:
        for line in _lines(chunks):
            if line:
                name, _, value = line.partition(b":")
                value = value.removeprefix(b" ")
                if name == b"data":
                    data.append(value)
                    size += len(value)
                elif name == b"id":
                    identity = value.decode("ascii", "replace")
                if size > _MAX_EVENT_BYTES:
                    raise AnswerInvalid(f"an event of the stream has more than {_MAX_EVENT_BYTES:,} bytes")
            elif data:
                if not (identity.isdecimal() and identity.isascii()):
                    raise AnswerInvalid(f"an event of the stream has the id {identity[:40]!r}, which is no number")
                yield int(identity), b"\n".join(data)
                data, size = [], 0
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give lines without their ends; what stands after the last end is not whole, and left out."""
    held = b""
    for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r")
        if len(held) > _MAX_EVENT_BYTES:
            raise AnswerInvalid(f"a line of the stream has more than {_MAX_EVENT_BYTES:,} bytes")
