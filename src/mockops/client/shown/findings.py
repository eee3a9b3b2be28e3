"""What is wrong in something, or probably not meant."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong, or probably not meant."""

    code: str
    message: str
    pointer: str | None = None
    """JSON Pointer (RFC 6901) into the body."""
    parameter: str | None = None
    hint: str | None = None
    source: str | None = None
    line: int | None = None
    column: int | None = None
    severity: Literal["error", "warning"] = "error"
