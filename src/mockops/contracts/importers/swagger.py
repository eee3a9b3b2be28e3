"""Swagger 2.0 documents (https://swagger.io/specification/v2/), read as what they mean in OpenAPI 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.importers.bodies import read_examples, responses_of
from mockops.contracts.importers.context import Context, flag, text, texts
from mockops.contracts.importers.operations import OperationReader, collect
from mockops.contracts.importers.parameters import fit_to_template, location_of, merged_parameters
from mockops.contracts.importers.paths import selectors_of
from mockops.contracts.importers.places import Node
from mockops.contracts.importers.security import read_requirements, read_schemes
from mockops.contracts.importers.servers import base_path
from mockops.contracts.model import (
    Example,
    ImportedContract,
    Location,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Response,
    ResponseHeader,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockops.contracts.importers.paths import Template
    from mockops.core.documents import Document
    from mockops.core.json import JsonObject

_NOT_SCHEMA = frozenset({"name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "schema"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_BODY_KINDS = ("body", "formdata")


def import_swagger(root: Document, resolve: Callable[[str], Document]) -> ImportedContract:
    """Read a document of Swagger 2.0; arguments and result as of `import_openapi`."""
    context = Context(root, resolve, ref_siblings_count=False)
    return collect(context, "swagger-2.0", _Reader(context))


class _Reader(OperationReader):
    """Reads operations of Swagger 2.0."""

    def __init__(self, context: Context) -> None:
        self._context = context
        root = context.root
        self._schemes = read_schemes(context, root.child("securityDefinitions"))
        self._security = read_requirements(context, root.child("security"), self._schemes)
        self._consumes = _media_types(root.child("consumes"))
        self._produces = _media_types(root.child("produces"))
        self._base_paths = tuple(dict.fromkeys(("", base_path(text(root.get("basePath"))) or "")))

    def base_paths(self, item: Node, node: Node) -> tuple[str, ...]:
        """Return the document's base path."""
        return self._base_paths

    def read(self, method: str, template: Template, item: Node, node: Node) -> Operation:
        """Return one operation."""
        context = self._context
        bodies: dict[str, Node] = {}

        def read_parameter(context: Context, parameter: Node) -> Parameter | None:
            if text(parameter.get("in")).lower() in _BODY_KINDS:
                bodies[text(parameter.get("name")) or "body"] = parameter
                return None
            return _parameter(context, parameter)

        levels = (item.child("parameters"), node.child("parameters"))
        found = merged_parameters(context, levels, read_parameter)
        parameters = fit_to_template(context, found, template.path, node)
        consumes = _media_types(node.child("consumes")) if node.get("consumes") is not None else self._consumes
        produces = _media_types(node.child("produces")) if node.get("produces") is not None else self._produces
        security = node.child("security")
        return Operation(
            method=method.upper(),
            path=template.path,
            operation_id=text(node.get("operationId")),
            summary=text(node.get("summary")),
            tags=texts(node.get("tags")),
            deprecated=flag(node.get("deprecated")),
            parameters=parameters,
            request_body=_request_body(context, bodies.values(), consumes),
            responses=_responses(context, node.child("responses"), produces),
            security=self._security
            if type(security.value) is not list
            else read_requirements(context, security, self._schemes),
            pointer=node.pointer,
            selectors=selectors_of(template, parameters),
        )


def _media_types(node: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip().lower() for name in texts(node.value) if "/" in name))


def _inline_schema(node: Node) -> Node:
    """Return the schema that a parameter or header is itself: its `type` and the like."""
    members = {key: value for key, value in node.value.items() if key not in _NOT_SCHEMA}
    return Node(
        {key: value for key, value in members.items() if not key.startswith("x-") or key == "x-nullable"}
        if members
        else None,
        node.document,
        node.path,
    )


def _parameter(context: Context, node: Node) -> Parameter | None:
    location = location_of(context, node)
    if location is None:
        return None
    schema = node.child("schema") if node.get("schema") is not None else _inline_schema(node)
    style, explode = _style(context, node, location)
    return Parameter(
        name=node.get("name"),
        location=location,
        required=flag(node.get("required")) or location is Location.PATH,
        schema=context.schema(schema),
        style=style,
        explode=explode,
        allow_empty=flag(node.get("allowEmptyValue")),
        examples=_parameter_examples(node),
        pointer=node.pointer,
    )


def _parameter_examples(node: Node) -> tuple[Example, ...]:
    for key in ("example", "x-example"):
        if node.get(key) is not None:
            return (Example(name="default", value=node.get(key)),)
    return ()


def _style(context: Context, node: Node, location: Location) -> tuple[str, bool]:
    """Return style and explode for a `collectionFormat`; arrays are comma-separated unless it says otherwise."""
    written = node.get("collectionFormat")
    if location in (Location.PATH, Location.HEADER):
        return "simple", False
    styles = {"ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False), "multi": ("form", True)}
    if written in styles:
        return styles[written]
    if written not in (None, "csv"):
        context.report.warn(
            "contract.collection_format", f"collectionFormat {written!r} is read as csv", node, "use csv, or multi"
        )
    return "form", False


def _request_body(context: Context, written: Iterable[Node], consumes: tuple[str, ...]) -> RequestBody | None:
    nodes = [*written]
    fields = [node for node in nodes if text(node.get("in")).lower() == "formdata"]
    if fields:
        return _form(context, fields, consumes)
    if not nodes:
        return None
    node = nodes[-1]
    schema_node = node.child("schema") if node.get("schema") is not None else _inline_schema(node)
    schema = context.schema(schema_node)
    examples = read_examples(context, node, schema_node, "application/json")
    return RequestBody(
        required=flag(node.get("required")),
        content=tuple(
            MediaType(media_type=name, schema=schema, examples=examples) for name in consumes or ("application/json",)
        ),
    )


def _form(context: Context, fields: list[Node], consumes: tuple[str, ...]) -> RequestBody:
    """Return the form that `formData` parameters describe."""
    properties: JsonObject = {}
    required: list[str] = []
    encoding: JsonObject = {}
    for node in fields:
        name = text(node.get("name"))
        properties[name] = context.schema(_inline_schema(node)) or {}
        if flag(node.get("required")):
            required.append(name)
        if node.get("type") == "array":
            style, explode = _style(context, node, Location.QUERY)
            encoding[name] = {"style": style, "explode": explode}
    schema: JsonObject = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    has_file = any(node.get("type") == "file" for node in fields)
    names = [name for name in consumes if name in _FORMS] or [_FORMS[1] if has_file else _FORMS[0]]
    return RequestBody(
        required=bool(required),
        content=tuple(MediaType(media_type=name, schema=schema, encoding=encoding) for name in names),
    )


def _responses(context: Context, written: Node, produces: tuple[str, ...]) -> tuple[Response, ...]:
    return tuple(
        Response(
            status=status,
            description=text(node.get("description")),
            content=_content(context, node, produces),
            headers=_headers(context, node.child("headers")),
        )
        for status, node in responses_of(context, written)
    )


def _content(context: Context, node: Node, produces: tuple[str, ...]) -> tuple[MediaType, ...]:
    schema_node = node.child("schema")
    schema = context.schema(schema_node)
    examples = {name.strip().lower(): item.value for name, item in node.child("examples").members()}
    by_type = {name: value for name, value in examples.items() if "/" in name}
    if schema is None and not by_type:
        return ()
    is_file = schema_node.get("type") == "file"
    names = produces or (("application/octet-stream",) if is_file else ("application/json",) if schema else ())
    shared = read_examples(context, Node(None, node.document, node.path), schema_node, "application/json")
    return tuple(
        MediaType(
            media_type=name,
            schema=schema,
            examples=(Example(name="default", value=by_type[name]),) if name in by_type else shared,
        )
        for name in dict.fromkeys((*names, *by_type))
    )


def _headers(context: Context, written: Node) -> tuple[ResponseHeader, ...]:
    found = []
    for name, item in written.members():
        node = context.follow(item)
        if node is not None and type(node.value) is dict and name.lower() != "content-type":
            schema = context.schema(_inline_schema(node))
            found.append(ResponseHeader(name=name, schema=schema, examples=_parameter_examples(node)))
    return tuple(found)
