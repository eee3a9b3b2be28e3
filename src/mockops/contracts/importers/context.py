"""What every part of an importer needs at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.importers.places import Node, Report
from mockops.contracts.importers.references import References
from mockops.contracts.importers.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.documents import Document
    from mockops.core.json import JsonObject


class Context:
    """One import: the document, its references, the schemas found so far and what there is to complain about."""

    def __init__(self, root: Document, resolve: Callable[[str], Document], *, ref_siblings_count: bool) -> None:
        self.root = Node(root.data, root)
        self.report = Report()
        self.references = References(root, resolve, self.report)
        self.schemas = Schemas(self.references, self.report, ref_siblings_count=ref_siblings_count)

    def follow(self, node: Node) -> Node | None:
        """Return what a node stands for after its `$ref`s; None (reported) if they are broken."""
        return self.references.follow(node)

    def peek(self, node: Node) -> Node | None:
        """Return what a schema stands for after its `$ref`s; broken ones are reported where it is converted."""
        return self.references.follow(node, is_reported=False)

    def schema(self, node: Node) -> JsonObject | bool | None:
        """Return a schema in JSON Schema 2020-12; None where none is written."""
        return None if node.value is None else self.schemas.add(node)


def text(value: object) -> str:
    """Return a value where text is expected: empty for what is none."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def flag(value: object) -> bool:
    """Return a value where a boolean is expected; people also write it as text."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list, or a lone text as one."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
