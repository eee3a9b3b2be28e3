"""OpenAPI 3.0, 3.1 and 3.2 documents (https://spec.openapis.org/oas/v3.1.1.html)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.importers.bodies import read_request_body, read_responses
from mockops.contracts.importers.context import Context, flag, text, texts
from mockops.contracts.importers.operations import OperationReader, collect
from mockops.contracts.importers.parameters import fit_to_template, merged_parameters, read_parameter
from mockops.contracts.importers.paths import selectors_of
from mockops.contracts.importers.security import read_requirements, read_schemes
from mockops.contracts.importers.servers import read_base_paths
from mockops.contracts.model import ImportedContract, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.contracts.importers.paths import Template
    from mockops.contracts.importers.places import Node
    from mockops.core.documents import Document


def import_openapi(root: Document, resolve: Callable[[str], Document]) -> ImportedContract:
    """Read a document of OpenAPI 3.

    Args:
        root: the document; its data is an object with a member `openapi`.
        resolve: returns the document at a path or URL that a `$ref` names (already joined with the place of the
            document it stands in); raises a MockOpsError to refuse.

    Returns:
        The operations that can be served, and everything there is to complain about.

    """
    version = text(root.data.get("openapi"))
    context = Context(root, resolve, ref_siblings_count=not version.startswith("3.0"))
    return collect(context, f"openapi-{version[:3]}", _Reader(context))


class _Reader(OperationReader):
    """Reads operations of OpenAPI 3."""

    def __init__(self, context: Context) -> None:
        self._context = context
        components = context.root.child("components")
        self._schemes = read_schemes(context, components.child("securitySchemes"))
        self._security = read_requirements(context, context.root.child("security"), self._schemes)
        self._base_paths = read_base_paths(context.root.child("servers"), context.report)

    def read(self, method: str, template: Template, item: Node, node: Node) -> Operation:
        """Return one operation."""
        context = self._context
        found = merged_parameters(context, (item.child("parameters"), node.child("parameters")), read_parameter)
        parameters = fit_to_template(context, found, template.path, node)
        security = node.child("security")
        return Operation(
            method=method.upper(),
            path=template.path,
            operation_id=text(node.get("operationId")),
            summary=text(node.get("summary")),
            tags=texts(node.get("tags")),
            deprecated=flag(node.get("deprecated")),
            parameters=parameters,
            request_body=read_request_body(context, node.child("requestBody")),
            responses=read_responses(context, node.child("responses")),
            security=self._security
            if type(security.value) is not list
            else read_requirements(context, security, self._schemes),
            callbacks=self._callbacks(node.child("callbacks")),
            pointer=node.pointer,
            selectors=selectors_of(template, parameters),
        )

    def base_paths(self, item: Node, node: Node) -> tuple[str, ...]:
        """Return the base paths of one operation: those of the nearest servers."""
        for servers in (node.child("servers"), item.child("servers")):
            if type(servers.value) is list and servers.value:
                return read_base_paths(servers, self._context.report)
        return self._base_paths

    def _callbacks(self, written: Node) -> dict[str, object] | None:
        resolved = {name: self._context.follow(item) for name, item in written.members()}
        return {name: node.value for name, node in resolved.items() if node is not None} or None
