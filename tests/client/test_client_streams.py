"""Server-sent events, however the network cuts them, and what a stream does when it breaks."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.client.base import Api
from mockops.client.errors import AnswerInvalid, ApiDenied, ServerUnreachable
from mockops.client.streams import Stream, read_events

events = st.lists(
    st.tuples(st.integers(0, 2**63 - 1), st.binary(max_size=40).map(lambda b: b.hex().encode())), max_size=8
)


def framed(number: int, data: bytes, end: bytes = b"\n") -> bytes:
    return end.join([b"id: %d" % number, b"event: x", b"data: " + data, b"", b""])


@given(events, st.sampled_from([b"\n", b"\r\n"]), st.data())
def test_events_are_read_however_they_are_cut(sent: list[tuple[int, bytes]], end: bytes, data: st.DataObject) -> None:
    body = b": stream" + end + b"retry: 2000" + end + end
    body += b"".join(framed(number, each, end) + b":" + end + end for number, each in sent)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=12)))
    chunks = [body[at:to] for at, to in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert list(read_events(iter(chunks))) == sent


def test_what_has_no_end_is_not_an_event() -> None:
    assert list(read_events(iter([framed(1, b"whole"), b"id: 2\ndata: half"]))) == [(1, b"whole")]


def test_several_lines_of_data_are_one_text() -> None:
    assert list(read_events(iter([b"id: 1\ndata: a\ndata: b\n\n"]))) == [(1, b"a\nb")]


def test_an_id_that_is_no_number_is_refused() -> None:
    with pytest.raises(AnswerInvalid):
        list(read_events(iter([b"id: x\ndata: a\n\n"])))


class Server:
    """Answers in turn; a text is a stream that ends after it, an exception is raised."""

    def __init__(self, *answers: bytes | Exception | httpx2.Response) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.headers["last-event-id"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, content=body_of(answer))

    def stream(self, patience_s: float = 5) -> Stream[bytes]:
        api = Api("http://server.test", transport=httpx2.MockTransport(self))
        return Stream(api, "events/stream", lambda data: data, after=4, patience_s=patience_s, sleep=self.waits.append)


def body_of(content: bytes) -> Iterator[bytes]:
    yield content


def test_a_stream_goes_on_behind_what_came_last() -> None:
    busy = httpx2.Response(503, json={"code": "api.too_many_streams", "detail": "full"})
    server = Server(framed(7, b"a"), httpx2.ConnectError("no"), busy, framed(9, b"b"))
    stream = server.stream()
    assert (next(stream), next(stream)) == (b"a", b"b")
    assert server.asked == ["4", "7", "7", "7"]
    assert server.waits == [0.25, 0.5, 1.0]


def test_a_stream_that_finds_nobody_ends_with_an_error() -> None:
    server = Server(b"", *[httpx2.ConnectError("no")] * 9)
    with pytest.raises(ServerUnreachable):
        next(server.stream(patience_s=1))
    assert sum(server.waits) >= 1


def test_a_stream_that_is_refused_does_not_try_again() -> None:
    server = Server(b"", httpx2.Response(401, json={"code": "access.not_authenticated"}))
    with pytest.raises(ApiDenied):
        next(server.stream())
    assert len(server.waits) == 1


def test_a_closed_stream_is_over() -> None:
    stream = Server(framed(7, b"a") + framed(8, b"b")).stream()
    assert next(stream) == b"a"
    stream.close()
    assert list(stream) == []
