"""Respond blocks: what each part gives, without a mock around it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mockops.core.exchange import Request
from mockops.mocking.model import CountHit, Reply, StubResponse
from mockops.mocking.rules.respond import Responder
from mockops.mocking.rules.templates import Scope


def scope() -> Scope:
    return Scope(request=Request(method="GET", path="/x", query_string="a=1"), now=datetime(2026, 1, 2, tzinfo=UTC))


def reply(**respond: Any) -> Reply:
    return Responder().reply(StubResponse(**respond), scope=scope, declared=None, where="stub 's'", key="s")


@pytest.mark.parametrize(
    ("respond", "status", "headers", "body"),
    [
        ({}, 200, (), b""),
        ({"status": 204}, 204, (), b""),
        ({"json": None}, 200, (("Content-Type", "application/json"),), b"null"),
        ({"text": "ü"}, 200, (("Content-Type", "text/plain; charset=utf-8"),), "ü".encode()),
        ({"base64": "AAE="}, 200, (("Content-Type", "application/octet-stream"),), b"\x00\x01"),
        ({"text": "<a/>", "headers": {"content-type": "text/xml"}}, 200, (("content-type", "text/xml"),), b"<a/>"),
        ({"headers": {"Set-Cookie": ["a=1", "b=2"]}}, 200, (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")), b""),
        ({"text": "", "status": 202}, 202, (), b""),
    ],
)
def test_each_body_has_its_type_and_headers_win(
    respond: dict[str, Any], status: int, headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    found = reply(**respond)
    assert (found.status, found.headers, found.body) == (status, headers, body)
    assert found.is_repeatable
    assert found.changes == ()


@pytest.mark.parametrize(
    ("text", "is_repeatable", "changes"),
    [
        ("{{ request.query.a }}", True, ()),
        ("{{ request.headers.b | default('') }}", False, ()),
        ("{{ now() }}", False, ()),
        ("{{ uuid() }}", False, (CountHit("s"),)),
        ("{{ random.int() }}", False, (CountHit("s"),)),
        ("{{ fake.name }}", False, (CountHit("s"),)),
    ],
)
def test_what_a_template_reads_decides_whether_it_is_repeatable_and_counted(
    text: str, changes: tuple[CountHit, ...], *, is_repeatable: bool
) -> None:
    for respond in ({"text": text}, {"json": [text]}, {"text": "a", "headers": {"X": text}}):
        found = reply(template=True, **respond)
        assert (found.is_repeatable, found.changes) == (is_repeatable, changes)


def test_a_template_that_fails_is_a_500_that_names_the_stub() -> None:
    found = reply(template=True, json={"a": "{{ request.query.b }}"})
    assert (found.status, found.source) == (500, "error")
    assert json.loads(found.body)["detail"] == "stub 's': request.query.b is missing"


def test_an_example_needs_an_operation() -> None:
    found = reply(example="x")
    assert (found.status, json.loads(found.body)["code"]) == (500, "mocking.no_such_example")
