"""A control plane on a real socket, for each test; `live_control` is importable beside the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockops.core.clock import FrozenClock
from mockops.infra.db.database import Database

sys.path.insert(0, str(Path(__file__).parent))

from live_control import EventSource, LiveControl, control_over


@pytest.fixture
def control(database: Database, clock: FrozenClock) -> Iterator[LiveControl]:
    """Give a control plane that listens."""
    with control_over(database, clock) as found:
        yield found


@pytest.fixture
def second_control(database: Database, clock: FrozenClock, control: LiveControl) -> Iterator[LiveControl]:
    """Give another process's worth of control over the same database."""
    from mockops.infra.db.database import open_database

    url = database.engine.url.render_as_string(hide_password=False)
    other = open_database(url, clock=clock)
    with control_over(other, clock) as found:
        yield found
    other.close()


@pytest.fixture
def client(control: LiveControl) -> Iterator[httpx.Client]:
    """Give a client of this machine's user."""
    with httpx.Client(base_url=control.url, timeout=20) as found:
        yield found


@pytest.fixture
def open_stream(control: LiveControl) -> Iterator[Callable[..., EventSource]]:
    """Return an opener of streams."""
    with ExitStack() as stack:

        def open_one(path: str, *, url: str = "", **options: Any) -> EventSource:
            client = stack.enter_context(httpx.Client(base_url=url or control.url, timeout=20))
            return EventSource(stack.enter_context(client.stream("GET", path, **options)))

        yield open_one
