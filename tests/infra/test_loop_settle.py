"""What a process asks of its surroundings: a collector that looks away, as many files as there may be."""

from __future__ import annotations

import gc
import resource
import weakref
from typing import TYPE_CHECKING

import pytest

from mockops.infra.loop import allow_files, settle

if TYPE_CHECKING:
    from collections.abc import Iterator


class Knot:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _unsettled() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_looks_at_nothing_that_has_settled() -> None:
    knot = Knot()
    settle()
    assert gc.get_freeze_count() > 1000
    assert not any(each is knot for each in gc.get_objects())


def test_what_was_replaced_goes() -> None:
    knot = Knot()
    gone = weakref.ref(knot)
    settle()
    del knot
    gc.collect()
    assert gone() is not None
    settle(is_replaced=True)
    assert gone() is None


def test_files_are_allowed_up_to_what_the_user_may() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allow_files(512)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 512
        allow_files(300)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 512
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
