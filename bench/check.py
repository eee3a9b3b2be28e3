"""Looks at every server's answers before it is measured: a benchmark of 404s is worthless."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from servers import Failed, send

if TYPE_CHECKING:
    from plan import Call, Scenario
    from servers import Server

SAMPLES = 25


def holds(expected: Any, got: Any) -> bool:
    """Say whether `got` is `expected`; objects may hold more."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(key in got and holds(value, got[key]) for key, value in expected.items())
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(got) == len(expected)
            and all(holds(*pair) for pair in zip(expected, got, strict=True))
        )
    return bool(type(got) is type(expected) and got == expected)


def check(server: Server, scenario: Scenario) -> None:
    """Send a sample of the load, first and last included; raise Failed at the first wrong answer."""
    is_lenient = server.line.kind in scenario.status_only
    step = max(1, len(scenario.calls) // SAMPLES)
    for call in (*scenario.calls[::step], scenario.calls[-1]):
        _check_call(server, call, is_lenient=is_lenient)
    if scenario.refused is not None and server.line.kind != "nginx":
        _check_refused(server, scenario.refused)


def _check_call(server: Server, call: Call, *, is_lenient: bool) -> None:
    status, body = _answer(server, call)
    if status != call.status:
        message = f"{call.method} {call.path}: {status} instead of {call.status}: {body[:300]!r}"
        raise Failed(message)
    try:
        value = json.loads(body)
    except ValueError as error:
        message = f"{call.method} {call.path}: the answer is not JSON: {body[:300]!r}"
        raise Failed(message) from error
    if not is_lenient and not holds(call.expect, value):
        message = f"{call.method} {call.path}: {body[:300]!r} does not hold {call.expect!r}"
        raise Failed(message)


def _check_refused(server: Server, call: Call) -> None:
    status, body = _answer(server, call)
    if not 400 <= status < 500:
        message = f"{call.method} {call.path} with an invalid body was answered {status}: {body[:200]!r}"
        raise Failed(message)


def _answer(server: Server, call: Call) -> tuple[int, bytes]:
    try:
        return send(server.port, call)
    except (OSError, HTTPException) as error:
        message = f"{call.method} {call.path}: {error!r}"
        raise Failed(message) from error
