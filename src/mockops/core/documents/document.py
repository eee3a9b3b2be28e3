"""A parsed document that knows where each of its values stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockops.core.json import Json

MAX_BYTES = 64 << 20
"""The largest document that is read unless the caller says otherwise."""

MAX_WARNINGS = 100
"""Oddities of one kind that are named, of one document."""


class DocumentInvalid(Invalid):
    """A text is not a JSON or YAML document that can be read."""

    code: ClassVar[str] = "document.invalid"


class Positions(Protocol):
    """Finds values in a document's text."""

    def find(self, tokens: Sequence[str]) -> tuple[int, int] | None:
        """Return line and column (1-based) of the value that reference tokens lead to, or None."""
        ...


class Document:
    """A JSON or YAML document: its data, and on request where in the text a value stands.

    Positions are computed on the first `locate`: most documents are fine and never need them.
    """

    __slots__ = ("_find_positions", "_positions", "data", "source", "warnings")

    def __init__(
        self, data: Json, source: str, find_positions: Callable[[], Positions], warnings: Sequence[Diagnostic] = ()
    ) -> None:
        self.data = data
        self.source = source
        self.warnings = tuple(warnings)
        self._find_positions = find_positions
        self._positions: Positions | None = None

    def locate(self, pointer: str) -> tuple[int, int] | None:
        """Return line and column (1-based, in characters) of what a JSON Pointer points at, or None.

        A member of an object is located at its key, an item of an array at its value.
        """
        if self._positions is None:
            self._positions = self._find_positions()
        return self._positions.find(tokens_of(pointer))


def tokens_of(pointer: str) -> list[str]:
    """Split a JSON Pointer into its reference tokens (RFC 6901 section 4)."""
    if not pointer:
        return []
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.removeprefix("/").split("/")]


def refusal(
    message: str, source: str, *, line: int | None = None, column: int | None = None, hint: str = ""
) -> DocumentInvalid:
    """Return the error for a document that cannot be read, with its one diagnostic."""
    found = Diagnostic(code=DocumentInvalid.code, message=message, source=source, line=line, column=column, hint=hint)
    return DocumentInvalid(f"{found.place}: {message}", [found])


def warning(
    code: str, message: str, source: str, *, pointer: str = "", line: int | None, column: int | None, hint: str
) -> Diagnostic:
    """Return a warning about one value of a document."""
    return Diagnostic(
        code=code,
        severity=Severity.WARNING,
        message=message,
        source=source,
        pointer=pointer,
        line=line,
        column=column,
        hint=hint,
    )


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return the 1-based line and column, in characters, of an offset into a text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
