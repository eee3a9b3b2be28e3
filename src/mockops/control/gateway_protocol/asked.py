"""What a poll for snapshots asks: its query parameters, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WAIT_S = 60
_MAX_WORKERS = 1_000

Text = Annotated[str, msgspec.Meta(max_length=255)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class PollInvalid(Invalid):
    """A poll's query parameters are not what the protocol says."""

    code: ClassVar[str] = "publishing.poll_invalid"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A poll; parameters that are not known are passed over, for either side may be newer."""

    gateway: Name
    boot: Name
    cursor: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    wait: Annotated[float, msgspec.Meta(ge=0, le=MAX_WAIT_S)] = 0.0
    """Seconds."""
    workers: Annotated[int, msgspec.Meta(ge=1, le=_MAX_WORKERS)] = 1
    name: Text = ""
    version: Text = ""


def read_asked(query: Mapping[str, str]) -> Asked:
    """Return what a poll asks.

    Raises:
        PollInvalid: A parameter is missing or out of bounds.

    """
    try:
        # PostgreSQL takes no NUL in texts
        return msgspec.convert({key: value.replace("\0", "") for key, value in query.items()}, Asked, strict=False)
    except msgspec.ValidationError as error:
        raise PollInvalid(f"The poll cannot be understood: {error}") from error
