"""`$ref`: from the text of a reference to the node it means, across documents."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from mockops.contracts.importers.places import Node
from mockops.core.documents.document import tokens_of
from mockops.core.errors import MockOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockops.contracts.importers.places import Path, Report
    from mockops.core.documents import Document
    from mockops.core.json import Json

_MAX_CHAIN = 100
"""Longest chain of references that is followed."""


class BrokenReference(Exception):
    """A reference leads nowhere; its text says why."""


class References:
    """Follows references; documents are asked for by path or URL, each once."""

    def __init__(self, root: Document, resolve: Callable[[str], Document], report: Report) -> None:
        self.root = root
        self._resolve = resolve
        self._report = report
        self._documents: dict[str, Document | BrokenReference] = {root.source: root}
        self._anchors: dict[str, dict[str, Node]] = {}

    def follow(self, node: Node, *, is_reported: bool = True) -> Node | None:
        """Return what a node stands for: itself, or what its chain of `$ref`s leads to; None (reported) if broken."""
        start = node
        for _ in range(_MAX_CHAIN):
            ref = node.get("$ref")
            if type(ref) is not str:
                return node
            try:
                node = self.find(ref, node.document)
            except BrokenReference as error:
                if is_reported:
                    self._report.error("contract.ref_broken", str(error), start, "correct the reference")
                return None
        if is_reported:
            message = f"$ref {start.get('$ref')!r} leads only to references"
            self._report.error("contract.ref_cycle", message, start, "break the circle")
        return None

    def find(self, ref: str, base: Document, *, depth: int = 0) -> Node:
        """Return the node that one reference in document `base` means; raises BrokenReference."""
        location, _, fragment = ref.partition("#")
        root = self._root(location.strip(), base, ref)
        if fragment and not fragment.startswith("/"):
            return self._anchor(root.document, unquote(fragment), ref)
        try:
            return self._descend(root, tokens_of(unquote(fragment)), ref, depth)
        except BrokenReference:
            for other, pointer in self._second_guesses(root, fragment):
                try:
                    return self._descend(other, tokens_of(pointer), ref, depth)
                except BrokenReference:
                    continue
            raise

    def _second_guesses(self, root: Node, fragment: str) -> Iterator[tuple[Node, str]]:
        """Yield other readings of a broken pointer: not percent-encoded, or seen from a schema with `$id`."""
        if "%" in fragment:
            yield root, fragment
        for name, node in self._names(root.document).items():
            if name.startswith("$id "):
                yield node, unquote(fragment)

    def _descend(self, node: Node, tokens: list[str], ref: str, depth: int) -> Node:
        value, path = node.value, node.path
        for index, token in enumerate(tokens):
            if type(value) is dict and token in value:
                value = value[token]
            elif type(value) is list and token.isdecimal() and int(token) < len(value):
                value = value[int(token)]
            elif type(value) is dict and type(value.get("$ref")) is str and depth < _MAX_CHAIN:
                # the way leads through a reference
                target = self.find(value["$ref"], node.document, depth=depth + 1)
                return self._descend(target, tokens[index:], ref, depth + 1)
            else:
                raise BrokenReference(f"$ref {ref!r} leads nowhere: there is no {token!r}")
            path = (path, token)
        return Node(value, node.document, path)

    def _root(self, location: str, base: Document, ref: str) -> Node:
        if not location:
            return Node(base.data, base)
        where = locate(location, base.source)
        if where not in self._documents:
            # `$id` names a schema wherever it stands (JSON Schema 2020-12 section 8.2.1)
            if (embedded := self._names(base).get(f"$id {location}")) is not None:
                return embedded
            try:
                self._documents[where] = self._resolve(where)
            except MockOpsError as error:
                self._documents[where] = BrokenReference(str(error))
        found = self._documents[where]
        if isinstance(found, BrokenReference):
            raise BrokenReference(f"$ref {ref!r} cannot be read: {found}")
        return Node(found.data, found)

    def _anchor(self, document: Document, name: str, ref: str) -> Node:
        if (found := self._names(document).get(f"$anchor {name}")) is not None:
            return found
        # a bare name is a common way to misspell a pointer
        for section in ("components/schemas", "definitions"):
            try:
                return self._descend(Node(document.data, document), [*section.split("/"), name], ref, 0)
            except BrokenReference:
                continue
        raise BrokenReference(f"$ref {ref!r} leads nowhere: no schema has the $anchor {name!r}")

    def _names(self, document: Document) -> dict[str, Node]:
        """Return the nodes of a document that `$id`, `$anchor` or `$dynamicAnchor` names."""
        if document.source not in self._anchors:
            names = self._anchors[document.source] = {}
            for value, path in _objects(document.data):
                for keyword in ("$id", "$anchor", "$dynamicAnchor"):
                    if type(name := value.get(keyword)) is str:
                        kind = "$id" if keyword == "$id" else "$anchor"
                        names.setdefault(f"{kind} {name}", Node(value, document, path))
        return self._anchors[document.source]


def _objects(root: Json) -> Iterator[tuple[dict[str, Json], Path]]:
    stack: list[tuple[Json, Path]] = [(root, ())]
    while stack:
        value, path = stack.pop()
        if type(value) is dict:
            yield value, path
            stack.extend((item, (path, key)) for key, item in value.items())
        elif type(value) is list:
            stack.extend((item, (path, index)) for index, item in enumerate(value))


def locate(location: str, base: str) -> str:
    """Return where a reference's document part leads, seen from the document at `base` (RFC 3986 section 5)."""
    if "://" in location or "://" in base:
        return urljoin(base, location)
    path = unquote(location.removeprefix("file:"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(base.replace("\\", "/")), path))
