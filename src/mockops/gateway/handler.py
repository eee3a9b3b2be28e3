"""Answers requests to mocks: address, ask the mock, apply its changes, put the answer on the wire."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from mockops.core.exchange import Request
from mockops.core.problems import PROBLEM_JSON, problem
from mockops.gateway import cors, encoding
from mockops.gateway.answers import Answers, HeaderKinds
from mockops.gateway.callers import CALLER_HEADERS, read_caller
from mockops.gateway.counters import Dimensions
from mockops.gateway.http.message import Answer, RawRequest, refusal
from mockops.gateway.render import render
from mockops.gateway.target import TargetBroken
from mockops.mocking.model import Reply

if TYPE_CHECKING:
    from mockops.gateway.gateway import Gateway
    from mockops.gateway.target import Target

logger = logging.getLogger(__name__)

_RELEVANT = (
    "mockops-target",
    *CALLER_HEADERS,
    "accept",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "content-encoding",
    "content-type",
    "mockops-reality",
    "origin",
    "prefer",
)
"""Headers that any answer may depend on; mocks add those their contracts and stubs look at."""


_MAX_NAMES = 100
"""Targets named to who asks for one that is not there."""


class MockHandler:
    """Answers what comes in on one listener."""

    def __init__(self, gateway: Gateway, *, bound: str | None = None, max_answer_bytes: int = 64 << 20) -> None:
        """Serve a gateway's targets.

        Args:
            gateway: Where targets, counters and journal live.
            bound: Name of the only target of this listener; None: requests name theirs.
            max_answer_bytes: Bound on remembered answers.

        """
        self._gateway = gateway
        self._bound = bound
        self.answers = Answers(max_bytes=max_answer_bytes)
        self.kinds = HeaderKinds(_RELEVANT)
        self.wants_requests = gateway.journal is not None

    def refresh(self) -> None:
        """Forget what was made from the former targets."""
        self.answers.forget()
        for target in self._gateway.table:
            if target.is_compiled:  # the others' are learnt with their first answer
                self.kinds.learn(target.body.mock.relevant_headers)
        if self._bound is None and len(self._gateway.table) > 1:
            self.kinds.learn(("host",))

    def note(self, request_id: bytes, seconds: float, request: RawRequest | None, answer: Answer) -> None:
        """Write an exchange into the journal."""
        journal = self._gateway.journal
        if journal is not None and request is not None:
            journal.add(request_id, seconds, request, answer)

    def handle(self, request: RawRequest) -> Answer:
        """Answer a request; what goes wrong inside is logged and answered with 500."""
        try:
            answer = self._handle(request)
        except TargetBroken as error:
            answer = refusal(503, error.code, str(error))
        except Exception as error:
            logger.exception("while answering %s", request.line)
            detail = f"MockOps failed to answer: {type(error).__name__}: {error}"
            answer = refusal(500, "gateway.failed", detail)
        if request.method == b"HEAD":
            answer.tail = b"\r\n"  # whatever answers it: a HEAD has no body (RFC 9110 section 9.3.2)
        if answer.cell is None:
            answer.cell = self._gateway.counters.cell(Dimensions(target="", status=answer.status, source="error"))
        return answer

    def _handle(self, raw: RawRequest) -> Answer:
        path, query = _split(raw.url)
        headers = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in raw.headers
        )
        request = Request(method=raw.method.decode("latin-1"), path=path, query_string=query, headers=headers)
        found = self._find_target(path, request)
        if found is None:
            return self._unknown_target(request)
        target, rest = found
        body = raw.body
        if body and request.header("content-encoding"):
            try:
                body = encoding.decode(
                    body, request.header_map["content-encoding"], max_bytes=self._gateway.max_body_bytes
                )
            except encoding.CodingUnsupported as error:
                return refusal(415, error.code, str(error))
            except encoding.DecodedTooLarge as error:
                return refusal(413, error.code, str(error))
            except encoding.CodingBroken as error:
                return refusal(400, error.code, str(error))
            headers = tuple(field for field in headers if field[0] != "content-encoding")
        request = Request(method=request.method, path=rest, query_string=query, headers=headers, body=body)
        prefix = path[: len(path) - len(rest)] if path.endswith(rest) else ""
        return self._answer(raw, request, target, prefix)

    def _answer(self, raw: RawRequest, request: Request, target: Target, prefix: str) -> Answer:
        """Let the target's mock decide and render what it says; `prefix` is what named the target in the path."""
        caller = read_caller(request.header_map)
        if cors.is_preflight(request) and target.settings.cors.enabled:
            reply = _preflight(target, request)
        else:
            clock = self._gateway.clock
            view = target.sessions.view(caller.session)
            reply = target.mock.decide(request, caller, view, now=clock.now(), now_s=clock.monotonic_s())
        if reply.changes:
            target.sessions.apply(caller.session, reply.changes)
        news = self.kinds.learn(target.mock.relevant_headers)
        if news:
            self.answers.forget()
        if prefix:
            reply = _behind(prefix, reply)
        answer = render(reply, request, target, caller, self._gateway.counters)
        # the key was built without the headers that turned out to matter just now
        is_key_whole = not any(name in request.header_map for name in news)
        if reply.is_repeatable and answer.is_immediate and is_key_whole:
            self.answers.keep(raw.key, answer)
        return answer

    def _find_target(self, path: str, request: Request) -> tuple[Target, str] | None:
        table = self._gateway.table
        if self._bound is not None:
            target = table.get(self._bound)
            return (target, path) if target is not None else None
        header, host = request.header("mockops-target"), request.header("host")
        found = table.find(path, header=header, host=host)
        if found is not None:
            return found.target, found.path
        # a contract's own path may begin as a target's prefix does (`/@connections/{id}`)
        meant = table.find("/", header=header, host=host) if path.startswith("/@") else None
        return (meant.target, path) if meant is not None and meant.target.mock.operations.methods(path) else None

    def _unknown_target(self, request: Request) -> Answer:
        """Say which targets there are and how to name one."""
        if self._gateway.revision < 0:
            return refusal(503, "gateway.not_ready", "This gateway has not got its targets from control yet.")
        known = self._gateway.table.names
        names = known[:_MAX_NAMES]
        asked = request.header("mockops-target")
        what = f"There is no target {asked!r}" if asked else f"{request.path} names no target"
        hint = (
            f"Name one by path (/@{names[0]}/…), host ({names[0]}.localhost) or header (MockOps-Target)."
            if names
            else ""
        )
        listed = ", ".join(names) + (f" and {len(known) - len(names)} more" if len(known) > len(names) else "")
        detail = f"{what}. Known targets: {listed or 'none'}. {hint}".strip()
        body = problem(404, "gateway.unknown_target", detail, targets=names)
        headers = (("Content-Type", PROBLEM_JSON), ("MockOps-Source", "error"))
        return Answer(status=404, headers=headers, body=body, with_body=request.method != "HEAD")


def _behind(prefix: str, reply: Reply) -> Reply:
    """Return the reply with its Location behind the path prefix that named the target, as a reverse proxy does."""
    fields = tuple(
        (name, prefix + value if name.lower() == "location" and value.startswith("/") and value[1:2] != "/" else value)
        for name, value in reply.headers
    )
    return reply if fields == reply.headers else msgspec.structs.replace(reply, headers=fields)


def _preflight(target: Target, request: Request) -> Reply:
    fields = tuple(
        field
        for field in cors.preflight(target.settings.cors, request)
        if field not in cors.allow(target.settings.cors, request)
    )
    return Reply(status=204, headers=fields, is_repeatable=True)


def _split(url: bytes) -> tuple[str, str]:
    """Split a request target into path and query; absolute form (as sent to a proxy) loses its authority."""
    text = url.decode("latin-1")
    if not text.startswith("/") and "://" in text:
        _, _, text = text.partition("://")
        _, slash, rest = text.partition("/")
        text = slash + rest
    path, _, query = text.partition("?")
    return path or "/", query.partition("#")[0]
