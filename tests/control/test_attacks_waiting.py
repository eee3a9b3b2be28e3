"""Who is let in no more: streams end soon, and so do requests that wait; and nobody waits in everybody's place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from live_control import EventSource, LiveControl

from mockops.control import streams
from mockops.control.gateway_protocol import applied
from mockops.core.actor import Role
from mockops.workspaces.service import tokens

if TYPE_CHECKING:
    from mockops.core.clock import FrozenClock

STREAMS = ["/api/v1/events/stream", "/api/v1/traffic/stream"]


@pytest.fixture(autouse=True)
def _asking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_ASK_S", 0.02)


def make(control: LiveControl, **more: Any) -> tuple[Any, dict[str, str]]:
    made, text = control.write(lambda tx: tokens.create_token(tx, name="ci", role=Role.VIEWER, **more))[0]
    return made, {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_ends_with_the_token(control: LiveControl, open_stream: Callable[..., EventSource], path: str) -> None:
    made, header = make(control)
    _, other = make(control)
    stream, kept = open_stream(path, headers=header), open_stream("/api/v1/events/stream", headers=other)
    control.write(lambda tx: tokens.revoke_token(tx, made))
    assert stream.rest() == []
    control.workspace("shop")
    assert kept.next()[1]["type"] == "workspace.created"


def test_a_stream_ends_when_the_token_expires(
    control: LiveControl, open_stream: Callable[..., EventSource], clock: FrozenClock
) -> None:
    _, header = make(control)
    stream = open_stream(STREAMS[0], headers=header)
    clock.advance(91 * 24 * 3600)
    assert stream.rest() == []


@pytest.fixture
def gateway_behind(control: LiveControl) -> int:
    """Give a revision that a live gateway has not applied."""
    query = {"gateway": "slow", "boot": "1"}
    reply = httpx.get(f"{control.url}/gateway/v1/snapshots", params=query, headers=control.root_token())
    assert reply.status_code == 200
    workspace = control.workspace("shop")
    _, revision = control.set_contract(workspace, "Pets")
    found: int = revision
    return found


def test_waiting_for_gateways_ends_with_the_token(control: LiveControl, gateway_behind: int) -> None:
    made, header = make(control)
    replies: list[httpx.Response] = []

    def wait() -> None:
        path = f"{control.url}/api/v1/gateways/applied?revision={gateway_behind}&wait=50"
        replies.append(httpx.get(path, headers=header, timeout=60))

    thread = threading.Thread(target=wait)
    thread.start()
    while not control.live.leases.waiting:
        assert thread.is_alive()
    control.write(lambda tx: tokens.revoke_token(tx, made))
    thread.join(10)
    assert [reply.status_code for reply in replies] == [401]
    assert control.live.leases.waiting == 0


def test_too_many_who_wait_are_answered_as_things_are(
    control: LiveControl, gateway_behind: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applied, "_MAX_WAITING", 0)
    reply = httpx.get(f"{control.url}/api/v1/gateways/applied?revision={gateway_behind}&wait=50", timeout=10)
    assert reply.json()["is_complete"] is False
    assert reply.json()["waiting"] == ["slow"]


def until(control: LiveControl, watchers: int) -> None:
    while control.live.events._watchers != watchers:
        assert httpx.get(control.url + "/health").status_code == 200


def test_an_organization_cannot_have_all_streams(
    control: LiveControl, open_stream: Callable[..., EventSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_MAX_OF_ONE", 2)
    first = open_stream(STREAMS[0])
    kept = [open_stream(STREAMS[0])]
    until(control, 2)
    refused = httpx.get(control.url + STREAMS[0])
    assert (refused.status_code, refused.json()["code"]) == (503, "api.too_many_streams")
    kept.append(open_stream(STREAMS[0], headers=control.token("api", control.organization("other"))))
    until(control, 3)
    first.response.close()
    until(control, 2)
    open_stream(STREAMS[0])
