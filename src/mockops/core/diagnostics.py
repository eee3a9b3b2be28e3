"""What is wrong in a document a person wrote: where, what, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a diagnostic matters."""

    ERROR = "error"
    """The part it points at is not used."""
    WARNING = "warning"
    """The part is used, but probably not as meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem in one place of one document."""

    code: str
    """Stable identifier, `slice.what_is_wrong`."""
    severity: Severity = Severity.ERROR
    message: str
    """What is wrong, naming the offending value."""
    source: str
    """The file or URL, as the user named it."""
    pointer: str = ""
    """JSON Pointer (RFC 6901) to the offending value; empty for the whole document."""
    line: int | None = None
    """1-based."""
    column: int | None = None
    """1-based, in characters."""
    hint: str = ""
    """What to do about it."""

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and terminals link it."""
        parts = [self.source, *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)

    def __str__(self) -> str:
        pointer = f" (at {self.pointer})" if self.pointer else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{self.place}: {self.severity}: {self.message}{pointer} [{self.code}]{hint}"


def pointer(*tokens: str | int) -> str:
    """Join reference tokens into a JSON Pointer (RFC 6901 section 3)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)
