"""Where the importer stands in a document, and what it has to say about that place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

from mockops.core.diagnostics import Diagnostic, Severity, pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.documents import Document
    from mockops.core.json import Json

Path: TypeAlias = "tuple[()] | tuple[Path, str | int]"
"""The way from a document's root, as a linked list: cheap to extend, spelled out only for a diagnostic."""

_MAX_PER_CODE = 100
"""A document with the same mistake everywhere is told so once more and no longer."""


def tokens_of_path(path: Path) -> list[str | int]:
    """Return the reference tokens of a path, from the root on."""
    tokens: list[str | int] = []
    while path:
        path, token = path
        tokens.append(token)
    tokens.reverse()
    return tokens


class Node:
    """A value and its place in its document."""

    __slots__ = ("document", "path", "value")

    def __init__(self, value: Json, document: Document, path: Path = ()) -> None:
        self.value = value
        self.document = document
        self.path = path

    @property
    def pointer(self) -> str:
        """The place as a JSON Pointer."""
        return pointer(*tokens_of_path(self.path))

    @property
    def key(self) -> tuple[str, str]:
        """Document and pointer: equal for equal places."""
        return self.document.source, self.pointer

    def get(self, key: str) -> Json:
        """Return a member's value; None when it is missing or this is no object."""
        return self.value.get(key) if type(self.value) is dict else None

    def child(self, token: str | int) -> Node:
        """Return a member of an object or an item of an array; its value is None when it is missing."""
        if type(token) is int:
            return Node(self.value[token], self.document, (self.path, token))
        return Node(self.get(str(token)), self.document, (self.path, token))

    def members(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of an object but for extensions (`x-…`); nothing if this is no object."""
        if type(self.value) is dict:
            for key, value in self.value.items():
                if not key.startswith("x-"):
                    yield key, Node(value, self.document, (self.path, key))

    def items(self) -> Iterator[Node]:
        """Yield the items of an array; nothing if this is none."""
        if type(self.value) is list:
            for index, value in enumerate(self.value):
                yield Node(value, self.document, (self.path, index))


class Report:
    """Collects diagnostics, of each code a bounded number."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._seen: set[tuple[str, str, str]] = set()
        self._counts: Counter[tuple[str, Severity]] = Counter()
        self._first: dict[tuple[str, Severity], Diagnostic] = {}

    def warn(self, code: str, message: str, node: Node, hint: str = "") -> None:
        """Say that a part is used, but probably not as meant."""
        self._add(code, message, node, hint, Severity.WARNING)

    def error(self, code: str, message: str, node: Node, hint: str = "") -> None:
        """Say that a part is not used."""
        self._add(code, message, node, hint, Severity.ERROR)

    def error_at(self, code: str, message: str, source: str, pointer: str, hint: str) -> None:
        """Say that the part a pointer names is not used."""
        self._found.append(Diagnostic(code=code, message=message, source=source, pointer=pointer, hint=hint))

    def _add(self, code: str, message: str, node: Node, hint: str, severity: Severity) -> None:
        self._counts[code, severity] += 1
        if self._counts[code, severity] > _MAX_PER_CODE:
            return
        place = (code, *node.key)
        if place in self._seen:
            self._counts[code, severity] -= 1
            return
        self._seen.add(place)
        found = Diagnostic(code=code, severity=severity, message=message, source=place[1], pointer=place[2], hint=hint)
        self._first.setdefault((code, severity), found)
        self._found.append(found)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what was found, in order; what was too much is summed up at the end."""
        rest = [
            Diagnostic(
                code=code,
                severity=severity,
                message=f"{count - _MAX_PER_CODE:,} more of the same kind ({code}) are not listed",
                source=self._first[code, severity].source,
            )
            for (code, severity), count in self._counts.items()
            if count > _MAX_PER_CODE
        ]
        return (*self._found, *rest)


def shown(value: Json) -> str:
    """Return a value as a message quotes it: on one line and short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
