"""An organization's own gateway that says it is the one that serves everybody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from live_control import LiveControl

SHARED = {"gateway": "shared", "boot": "0001-aa", "name": "shared"}


def poll(control: LiveControl, token: dict[str, str], **query: Any) -> Any:
    reply = httpx.get(f"{control.url}/gateway/v1/snapshots", params={**SHARED, **query}, headers=token)
    assert reply.status_code == 200, reply.text
    return reply.json()


def send(control: LiveControl, token: dict[str, str], number: int, problem: str) -> bool:
    batch = {
        "gateway": SHARED["gateway"],
        "boot": SHARED["boot"],
        "number": number,
        "at": datetime(2026, 3, 2, tzinfo=UTC).isoformat(),
        "counts": [],
        "samples": [],
        "problems": [problem],
    }
    reply = httpx.post(f"{control.url}/gateway/v1/traffic", json=batch, headers=token)
    assert reply.status_code == 200, reply.text
    found: bool = reply.json()["is_new"]
    return found


@pytest.fixture
def tokens(control: LiveControl) -> tuple[dict[str, str], dict[str, str]]:
    """Give the token of the gateway that serves everybody, and a tenant's."""
    return control.root_token(), control.token(caller=control.organization("hostile"))


@pytest.mark.parametrize("is_tenant_first", [True, False])
def test_a_tenant_cannot_take_over_the_lease(control: LiveControl, tokens: Any, *, is_tenant_first: bool) -> None:
    root, hostile = tokens
    for token, version in [(hostile, "9"), (root, "1")] if is_tenant_first else [(root, "1"), (hostile, "9")]:
        poll(control, token, version=version)

        asyncio.run(control.live.leases.flush())
    found = httpx.get(f"{control.url}/api/v1/gateways").json()["items"]
    assert [(each["version"], each["is_root"]) for each in found] == [("1", True)]
    applied = httpx.get(f"{control.url}/api/v1/gateways/applied?revision=1").json()
    assert applied["live"] == 1


def test_a_tenant_cannot_use_up_the_numbers_of_batches(control: LiveControl, tokens: Any) -> None:
    root, hostile = tokens
    assert send(control, hostile, 1, "lies")
    assert send(control, root, 1, "truth")
    assert not send(control, root, 1, "truth")
    assert not send(control, hostile, 1, "lies")


def test_a_tenant_cannot_speak_for_it(control: LiveControl, tokens: Any) -> None:
    root, hostile = tokens
    insider = control.token()
    assert send(control, root, 1, "truth")
    assert send(control, hostile, 2, "lies")
    assert send(control, insider, 3, "lies")
    found = httpx.get(f"{control.url}/api/v1/gateways?state=all").json()["items"]
    assert [each["problems"] for each in found] == [["truth"]]
