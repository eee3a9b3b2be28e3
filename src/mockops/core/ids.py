"""Identifiers."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID, uuid4  # noqa: TID251 (the one place that may)

if TYPE_CHECKING:
    from collections.abc import Callable


def new_id() -> str:
    """Return a fresh random identifier (UUID version 4, RFC 9562) as text."""
    return str(uuid4())


def uuid_from(number: int) -> str:
    """Return the version-4-shaped UUID that `number` (its low 128 bits) stands for; equal numbers, equal ids."""
    return str(UUID(int=number & ((1 << 128) - 1), version=4))


def request_ids() -> Callable[[], bytes]:
    """Return a maker of request ids: 12 random hex digits of this boot, then a running number, as ASCII bytes."""
    prefix = os.urandom(6).hex().encode() + b"-"
    numbers = count(1)
    return lambda: b"%s%d" % (prefix, next(numbers))
