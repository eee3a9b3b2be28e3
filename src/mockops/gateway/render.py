"""From a decided reply to an answer for the wire: framing, provenance headers, CORS, content coding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.gateway import cors, encoding
from mockops.gateway.counters import Counters, Dimensions
from mockops.gateway.http.message import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.exchange import Request
    from mockops.gateway.target import Target
    from mockops.mocking.model import Caller, Reply, Violation

_MAX_VIOLATIONS_SHOWN = 5
_MAX_HEADER_CHARACTERS = 1000
_MAX_MEDIA_TYPE = 100
"""Characters of a request's media type that count apart; longest registered: 84."""


def render(reply: Reply, request: Request, target: Target, caller: Caller, counters: Counters) -> Answer:
    """Return the bytes of a reply and how it leaves."""
    settings = target.settings
    fields = list(reply.headers)
    body = reply.body
    media_type = _media_type(fields)
    if encoding.is_compressible(media_type, body) and not _has(fields, "content-encoding"):
        fields.append(("Vary", "Accept-Encoding"))
        if encoding.wants_gzip(request.header("accept-encoding") or ""):
            body = encoding.compress(body)
            fields.append(("Content-Encoding", "gzip"))
    fields.extend(cors.allow(settings.cors, request))
    if settings.response_headers:
        fields.extend(_provenance(reply, target))
    answer = Answer(
        status=reply.status,
        headers=_clean(fields),
        body=body,
        cell=counters.cell(_dimensions(reply, request, target, caller)),
        with_body=request.method != "HEAD",
        with_id=settings.response_headers,
    )
    answer.delay_s = reply.delay_ms / 1000
    answer.dribble_s = reply.dribble_ms / 1000
    answer.fault = reply.fault
    answer.guard = reply.body_check
    answer.label = {
        "target": target.name,
        "operation": reply.operation,
        "source": reply.source,
        "stub": reply.stub,
        "scenario": reply.scenario,
        "persona": reply.persona,
        "session": caller.session,
        "ci_run": caller.ci_run,
        "violations": [violation.message for violation in reply.violations],
    }
    return answer


def _provenance(reply: Reply, target: Target) -> Iterator[tuple[str, str]]:
    """Say where an answer came from (SEMANTICS 2)."""
    yield "MockOps-Source", reply.source
    yield "MockOps-Workspace", target.name
    if reply.operation:
        yield "MockOps-Operation", reply.operation
    if reply.stub:
        yield "MockOps-Stub", reply.stub
    if reply.scenario:
        yield "MockOps-Scenario", reply.scenario
    if reply.persona:
        yield "MockOps-Persona", reply.persona
    if reply.violations and reply.source == "mock":
        yield "MockOps-Violations", _summary(reply.violations)


def _summary(violations: tuple[Violation, ...]) -> str:
    """Return violations on one line, the first few in words."""
    words = [f"{item.location}{item.pointer}: {item.message}" for item in violations[:_MAX_VIOLATIONS_SHOWN]]
    more = len(violations) - len(words)
    return "; ".join([*words, *([f"and {more} more"] if more else [])])[:_MAX_HEADER_CHARACTERS]


def _dimensions(reply: Reply, request: Request, target: Target, caller: Caller) -> Dimensions:
    return Dimensions(
        target=target.name,
        environment=target.environment,
        key=target.head.key,
        operation=reply.operation,
        media_type=request.media_type[:_MAX_MEDIA_TYPE] if reply.operation else "",
        status=reply.status,
        source=reply.source,
        stub=reply.stub,
        scenario=reply.scenario,
        persona=reply.persona,
        ci_run=caller.ci_run,
        caller=caller.service,
    )


def _clean(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Keep templates and examples from splitting the head (RFC 9110 section 5.5): no CR, LF or NUL in a field."""
    return [
        (name.translate(_FORBIDDEN), value.translate(_FORBIDDEN))
        for name, value in fields
        if name.lower() not in ("content-length", "transfer-encoding", "connection")
    ]


_FORBIDDEN = {ord("\r"): " ", ord("\n"): " ", 0: " "}


def _media_type(fields: list[tuple[str, str]]) -> str:
    return next((value.lower() for name, value in fields if name.lower() == "content-type"), "")


def _has(fields: list[tuple[str, str]], wanted: str) -> bool:
    return any(name.lower() == wanted for name, _ in fields)
