"""Every error MockOps raises on purpose.

    MockOpsError
    ├── Invalid       the request cannot be right            422
    ├── Denied        the caller may not do this             403
    ├── NotFound      the thing named does not exist         404
    ├── Conflict      right request, wrong present state     409
    ├── Stale         the caller edited an old version       412
    └── Unavailable   something depended on did not answer   503

A subclass names one situation and carries a stable `code` (`slice.what_happened`); its text is for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.diagnostics import Diagnostic


class MockOpsError(Exception):
    """Something went wrong that a person can be told about."""

    code: ClassVar[str] = "mockops.error"


class Invalid(MockOpsError):
    """The request cannot be right; `diagnostics` says where, one entry a problem."""

    code: ClassVar[str] = "mockops.invalid"

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class Denied(MockOpsError):
    """The caller may not do this."""

    code: ClassVar[str] = "mockops.denied"


class NotFound(MockOpsError):
    """The thing named does not exist."""

    code: ClassVar[str] = "mockops.not_found"


class Conflict(MockOpsError):
    """Right request, wrong present state."""

    code: ClassVar[str] = "mockops.conflict"


class Stale(MockOpsError):
    """The caller edited an old version."""

    code: ClassVar[str] = "mockops.stale"


class Unavailable(MockOpsError):
    """Something depended on did not answer."""

    code: ClassVar[str] = "mockops.unavailable"
