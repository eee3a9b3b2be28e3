"""What lives on is out of the garbage collector's sight; what is replaced is not kept for it."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from mockops.infra.loop import settle

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
