"""From `paths` to operations, the same for every dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mockops.contracts.importers.context import text
from mockops.contracts.importers.paths import METHODS, Template, read_template, shape_of
from mockops.contracts.importers.places import Node, shown
from mockops.contracts.model import ImportedContract, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.contracts.importers.context import Context


class OperationReader(Protocol):
    """Reads what differs between dialects."""

    def read(self, method: str, template: Template, item: Node, node: Node) -> Operation:
        """Return the operation at `node`, which stands in the path item `item`."""
        ...

    def base_paths(self, item: Node, node: Node) -> tuple[str, ...]:
        """Return the path parts of the operation's servers."""
        ...


def collect(context: Context, dialect: str, reader: OperationReader) -> ImportedContract:
    """Read every operation that can be read; the others are reported."""
    operations: list[Operation] = []
    base_paths: list[tuple[str, ...]] = []
    for method, template, item, node in _unique(context):
        try:
            operations.append(reader.read(method, template, item, node))
            base_paths.append(reader.base_paths(item, node))
        except RecursionError:
            context.report.error("contract.operation_too_deep", "the operation nests too deeply to be served", node)
    context.schemas.finish()
    info = context.root.child("info")
    return ImportedContract(
        title=text(info.get("title")),
        version=text(info.get("version")),
        dialect=dialect,
        operations=tuple(operations),
        base_paths=tuple(base_paths),
        definitions=context.schemas.definitions,
        diagnostics=context.report.diagnostics(),
    )


def _unique(context: Context) -> Iterator[tuple[str, Template, Node, Node]]:
    """Yield operations, of those that match the same requests the first."""
    seen: dict[tuple[object, ...], str] = {}
    for template, item in _path_items(context):
        for method, node in _operations(context, item):
            key = (method, *shape_of(template))
            if key in seen:
                context.report.error(
                    "contract.operation_duplicate",
                    f"{method.upper()} {template.path} matches the same requests as {seen[key]}; the first is served",
                    node,
                    "remove one, or make their paths differ in more than parameter names",
                )
                continue
            seen[key] = f"{method.upper()} {template.path}"
            yield method, template, item, node


def _path_items(context: Context) -> Iterator[tuple[Template, Node]]:
    paths = context.root.child("paths")
    if paths.value is not None and type(paths.value) is not dict:
        context.report.error("contract.paths_invalid", f"paths {shown(paths.value)} is no object", paths)
    for written, item in paths.members():
        if type(item.value) is not dict:
            context.report.error("contract.path_invalid", f"path item {shown(item.value)} is no object", item)
            continue
        target = context.follow(item)
        if target is not None:
            if target is not item and type(target.value) is dict and len(item.value) > 1:
                # what stands beside the reference is used as well (OpenAPI 3.1.1 section 4.8.9)
                beside = {key: value for key, value in item.value.items() if key != "$ref"}
                target = Node({**target.value, **beside}, target.document, target.path)
            yield read_template(context, written, item), target


def _operations(context: Context, item: Node) -> Iterator[tuple[str, Node]]:
    for key, node in item.members():
        if key.lower() in METHODS:
            if type(node.value) is dict:
                yield key.lower(), node
            elif node.value is not None:
                context.report.error("contract.operation_invalid", f"{key}: {shown(node.value)} is no operation", node)
    for method, node in item.child("additionalOperations").members():
        if type(node.value) is dict:
            yield method.lower(), node
