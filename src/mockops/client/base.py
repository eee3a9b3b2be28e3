"""Speaking HTTP with a MockOps server: who is asked and as whom, what is tried again, and what errors become."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from mockops.client.addresses import DEFAULT_SERVER, header, is_loopback, server_url
from mockops.client.errors import AnswerInvalid, NameMissing, ServerUnreachable, refusal
from mockops.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from mockops.core.json import Json, JsonObject

T = TypeVar("T")

Parameter = str | int | float | bool | Sequence[str] | None
"""A query parameter; None and an empty text or list are left out."""

SERVER_VARIABLE = "MOCKOPS_SERVER"
TOKEN_VARIABLE = "MOCKOPS_TOKEN"  # noqa: S105 (a variable's name)
ORG_VARIABLE = "MOCKOPS_ORG"

_API = "/api/v1"
_CONNECT_S = 5.0
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})
_PASSING = frozenset({429, 502, 503, 504})
"""Answers that may be others in a moment."""
_FIRST_WAIT_S = 0.2
_MAX_WAIT_S = 10.0
_CHUNK_BYTES = 1 << 16
_MAX_SHOWN = 200
_REVISION = "mockops-revision"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, with a status below 300."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    what: str
    """The request, for people."""

    def read(self, kind: type[T]) -> T:
        """Return the JSON body as a value of a type; raises AnswerInvalid when it is none."""
        try:
            return msgspec.json.decode(self.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"the answer to {self.what} cannot be understood ({error}); is the server of the same version?"
            raise AnswerInvalid(message) from error

    @property
    def revision(self) -> int:
        """The revision from which on gateways serve what was changed; 0: nothing that they serve was."""
        text = self.headers.get(_REVISION, "")
        return int(text) if text.isdecimal() and text.isascii() else 0

    @property
    def version(self) -> int | None:
        """What the `ETag` says, to be sent as `if_match` with a change; None: there is none."""
        text = self.headers.get("etag", "").removeprefix("W/").strip('"')
        return int(text) if text.isdecimal() and text.isascii() else None


class Api:
    """A connection to a server's API. Threads may share it.

    Safe requests are tried again when the connection fails or the server is busy. So is every POST: it carries an
    `Idempotency-Key`, so that a server which did it already answers what it answered then.
    """

    def __init__(
        self,
        server: str = "",
        token: str = "",
        org: str = "",
        *,
        timeout_s: float = 60.0,
        attempts: int = 4,
        max_answer_bytes: int = 1 << 30,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            server: URL; empty: the environment's `MOCKOPS_SERVER`, else this machine's.
            token: API token; empty: `MOCKOPS_TOKEN`, else none.
            org: The organization meant, for callers of several; empty: `MOCKOPS_ORG`, else the caller's first.
            timeout_s: Without a byte for so long, a request has failed.
            attempts: How often a request is sent at most.
            max_answer_bytes: Longer answers are refused.
            transport: What sends; None: the network.
            sleep: Waits some seconds between attempts.

        Raises:
            ServerInvalid: The server is no URL.

        """
        self.server = server_url(server or os.environ.get(SERVER_VARIABLE, "") or DEFAULT_SERVER)
        token = token or os.environ.get(TOKEN_VARIABLE, "")
        org = org or os.environ.get(ORG_VARIABLE, "")
        headers = {"User-Agent": f"mockops/{version('mockops')}", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {header('token', token)}"
        if org:
            headers["MockOps-Org"] = header("organization", org)
        self._attempts = attempts
        self._max_answer_bytes = max_answer_bytes
        self._sleep = sleep
        self._timeout_s = timeout_s
        self._revision = 0
        self._revising = threading.Lock()
        self._http = httpx2.Client(
            headers=headers,
            transport=transport,
            # a proxy of the environment cannot know this machine's ports
            trust_env=not is_loopback(self.server),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        """Return itself; leaving closes the connections."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def revision(self) -> int:
        """The newest revision that a change made over this connection got; 0: none changed what gateways serve."""
        return self._revision

    def get(self, path: str, **params: Parameter) -> Answer:
        """Return the answer to a GET of a path below the API's root; parameters that are None are left out."""
        return self.request("GET", path, params=params)

    def post(
        self, path: str, body: Json = None, *, if_match: int | None = None, timeout_s: float | None = None
    ) -> Answer:
        """Return the answer to a POST of a JSON body."""
        return self.request("POST", path, body=body, if_match=if_match, timeout_s=timeout_s)

    def put(self, path: str, body: Json, *, if_match: int | None = None) -> Answer:
        """Return the answer to a PUT; with `if_match` only if the thing still has that version."""
        return self.request("PUT", path, body=body, if_match=if_match)

    def patch(self, path: str, body: Json, *, if_match: int | None = None) -> Answer:
        """Return the answer to a PATCH; with `if_match` only if the thing still has that version."""
        return self.request("PATCH", path, body=body, if_match=if_match)

    def delete(self, path: str, *, if_match: int | None = None, **params: Parameter) -> Answer:
        """Return the answer to a DELETE; with `if_match` only if the thing still has that version."""
        return self.request("DELETE", path, if_match=if_match, params=params)

    def items(self, path: str, kind: type[T], *, limit: int = 500, **params: Parameter) -> Iterator[T]:
        """Give every item of a paged list; pages are fetched when their items are wanted."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=limit, cursor=cursor, **params).read(dict)
            for item in page.get("items", ()):
                yield msgspec.convert(item, kind)
            cursor = page.get("next")
            if not cursor:
                return

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json = None,
        content: bytes | None = None,
        content_type: str = "application/json",
        params: Mapping[str, Parameter] | None = None,
        if_match: int | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Send a request and return its answer.

        Args:
            method: In upper case.
            path: Below the API's root, without leading slash; variable segments go through `segment`.
            body: Sent as JSON unless None.
            content: Sent as it is, instead of a body.
            content_type: Of the content.
            params: Query parameters.
            if_match: The version that the thing must still have.
            timeout_s: Instead of the connection's.

        Raises:
            ApiError: The server refused.
            ServerUnreachable: Nobody answered, or not in time.
            AnswerInvalid: The answer is none of a MockOps server.

        """
        headers = {}
        if body is not None:
            content = msgspec.json.encode(body)
        if content is not None:
            headers["Content-Type"] = content_type
        if method == "POST":
            headers["Idempotency-Key"] = new_id()
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        request = self._http.build_request(
            method,
            f"{self.server}{_API}/{path}",
            params=given(params or {}),
            content=content,
            headers=headers,
            timeout=httpx2.Timeout(timeout_s or self._timeout_s, connect=_CONNECT_S),
        )
        return self._send(request, f"{method} {_API}/{path}")

    def open_stream(
        self, path: str, *, params: Mapping[str, Parameter], headers: Mapping[str, str], silence_s: float
    ) -> Iterator[bytes]:
        """Return the body of a GET that never ends, as it comes; closing the iterator hangs up. Nothing is repeated.

        Args:
            path: Below the API's root.
            params: Query parameters.
            headers: Beside the connection's.
            silence_s: Without a byte for so long, the stream has broken.

        Raises:
            ApiError: The server refused.
            ServerUnreachable: Nobody answered; while it is read, too: the connection has broken.
            AnswerInvalid: The answer is none of a MockOps server.

        """
        request = self._http.build_request(
            "GET",
            f"{self.server}{_API}/{path}",
            params=given(params),
            headers={"Accept": "text/event-stream", **headers},
            timeout=httpx2.Timeout(silence_s, connect=_CONNECT_S),
        )
        what = f"GET {_API}/{path}"
        try:
            response = self._http.send(request, stream=True)
            if response.status_code != 200:
                self._judged(response, self._read(response, what), what)
        except httpx2.TransportError as error:
            raise self._unreachable(error, what) from error
        return self._chunks(response, what)

    def _chunks(self, response: httpx2.Response, what: str) -> Iterator[bytes]:
        try:
            yield from response.iter_bytes()
        except httpx2.TransportError as error:
            raise self._unreachable(error, what) from error
        finally:
            response.close()

    def _send(self, request: httpx2.Request, what: str) -> Answer:
        is_repeatable = request.method in _REPEATABLE or "Idempotency-Key" in request.headers
        attempt = 1
        while True:
            is_last = attempt >= self._attempts
            wait_s = min(_FIRST_WAIT_S * 2 ** (attempt - 1), _MAX_WAIT_S)
            try:
                response = self._http.send(request, stream=True)
                content = self._read(response, what)
            except httpx2.TransportError as error:
                # a connection that was refused never carried the request
                if is_last or not (is_repeatable or isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)):
                    raise self._unreachable(error, what) from error
            except httpx2.HTTPError as error:
                raise AnswerInvalid(f"the answer to {what} cannot be read: {error}") from error
            else:
                if is_last or not is_repeatable or response.status_code not in _PASSING:
                    return self._judged(response, content, what)
                wait_s = _retry_after(response, wait_s)
            self._sleep(wait_s)
            attempt += 1

    def _read(self, response: httpx2.Response, what: str) -> bytes:
        chunks = []
        size = 0
        try:
            for chunk in response.iter_bytes(_CHUNK_BYTES):
                size += len(chunk)
                if size > self._max_answer_bytes:
                    raise AnswerInvalid(f"the answer to {what} has more than {self._max_answer_bytes:,} bytes")
                chunks.append(chunk)
        finally:
            response.close()
        return b"".join(chunks)

    def _judged(self, response: httpx2.Response, content: bytes, what: str) -> Answer:
        """Return an answer that is one; raise what the others stand for."""
        status = response.status_code
        if 200 <= status < 300:
            headers = {name.lower(): value for name, value in response.headers.items()}
            answer = Answer(status=status, headers=headers, content=content, what=what)
            with self._revising:
                self._revision = max(self._revision, answer.revision)
            return answer
        if 300 <= status < 400:
            there = response.headers.get("location", "elsewhere")[:_MAX_SHOWN]
            raise AnswerInvalid(f"{self.server} redirects to {there}: name that server if you trust it")
        problem = _problem(content)
        if status in (502, 503, 504) and "code" not in problem:
            raise ServerUnreachable(f"{self.server} answers {status} to {what}: what is behind it is not running")
        if status == 404 and "code" not in problem:
            raise AnswerInvalid(f"{self.server} knows no {what}: is it a MockOps server, and of this version?")
        raise refusal(status, problem, what)

    def _unreachable(self, error: httpx2.TransportError, what: str) -> ServerUnreachable:
        if isinstance(error, httpx2.TimeoutException) and not isinstance(error, httpx2.ConnectTimeout):
            return ServerUnreachable(f"{self.server} did not answer {what} in time")
        hint = "start one with `mockops up`, or name another with --server or MOCKOPS_SERVER"
        return ServerUnreachable(f"no server answers at {self.server} ({error or type(error).__name__}); {hint}")


def segment(text: str) -> str:
    """Return a text as one segment of a path, percent-encoded (RFC 3986 section 3.3); raises NameMissing for ``.

    A segment of dots alone would be resolved away, so that another thing would be meant.
    """
    if not text or text in (".", ".."):
        raise NameMissing(f"{text!r} names nothing")
    return quote(text, safe="")


def given(params: Mapping[str, Parameter]) -> dict[str, str | int | float | list[str]]:
    """Return those parameters that say something, as a query has them."""
    found: dict[str, str | int | float | list[str]] = {}
    for name, value in params.items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, int | float):
            found[name] = value
        elif value:
            found[name] = value if isinstance(value, str) else list(value)
    return found


def _problem(content: bytes) -> JsonObject:
    """Return a problem document; empty when the content is none."""
    try:
        problem = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def _retry_after(response: httpx2.Response, otherwise_s: float) -> float:
    """Return the seconds that `Retry-After` asks for (RFC 9110 section 10.2.3), within reason."""
    text = response.headers.get("retry-after", "")
    return min(float(text), _MAX_WAIT_S) if text.isdecimal() and text.isascii() else otherwise_s
