"""Bodies: media types, their examples, response headers (OpenAPI 3.1.1 sections 4.8.14 to 4.8.21)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.importers.context import flag, text
from mockops.contracts.importers.places import shown
from mockops.contracts.model import Example, MediaType, RequestBody, Response, ResponseHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.contracts.importers.context import Context
    from mockops.contracts.importers.places import Node
    from mockops.core.json import Json, JsonObject

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")
_JSON = re.compile(r"application/json|.*\+json|.*/json")


def read_content(context: Context, content: Node) -> tuple[MediaType, ...]:
    """Return the media types of a `content` object."""
    if content.value is not None and type(content.value) is not dict:
        context.report.error("contract.content_invalid", f"content {shown(content.value)} is no object", content)
    found: list[MediaType] = []
    for name, written in content.members():
        node = context.follow(written)
        if node is None:
            continue
        name = name.strip().lower()
        if "/" not in name:
            context.report.warn(
                "contract.media_type", f"{name!r} is no media type", node, "write it as type/subtype, or */*"
            )
            if name != "*":
                continue
            name = "*/*"
        found.append(_media_type(context, name, node))
    return tuple(found)


def _media_type(context: Context, name: str, node: Node) -> MediaType:
    schema = node.child("schema") if node.get("schema") is not None else node.child("itemSchema")
    encoding = node.get("encoding")
    return MediaType(
        media_type=name,
        schema=context.schema(schema),
        examples=read_examples(context, node, schema, name),
        encoding={key: value for key, value in encoding.items() if type(value) is dict}
        if type(encoding) is dict
        else {},
    )


def read_examples(context: Context, node: Node, schema: Node, media_type: str = "") -> tuple[Example, ...]:
    """Return the examples of a media type, parameter or header; those of its schema if it has none itself."""
    found = [*_own_examples(context, node)] or [*_schema_examples(context, schema)]
    if _JSON.fullmatch(media_type.partition(";")[0].strip()):
        return tuple(_parsed(context, example, schema) for example in found)
    return tuple(found)


def _own_examples(context: Context, node: Node) -> Iterator[Example]:
    members = node.value if type(node.value) is dict else {}
    if "example" in members:
        yield Example(name="default", value=members["example"])
    written = node.child("examples")
    for index, item in enumerate(written.items()):
        yield Example(name=str(index), value=item.value)
    for name, item in written.members():
        example = context.follow(item)
        if example is not None:
            yield from _named_example(context, name, example)


def _named_example(context: Context, name: str, node: Node) -> Iterator[Example]:
    value = node.value
    if type(value) is dict:
        for key in ("value", "dataValue", "serializedValue"):
            if key in value:
                yield Example(name=name, value=value[key])
                return
        if not value or "externalValue" in value or value.keys() <= {"summary", "description"}:
            return
    context.report.warn(
        "contract.example_unwrapped", f"example {name!r} has no `value`; all of it is taken", node, "put it in `value`"
    )
    yield Example(name=name, value=value)


def _schema_examples(context: Context, schema: Node) -> Iterator[Example]:
    """Yield the examples that a schema gives for the whole value."""
    if type(schema.value) is not dict:
        return
    target = context.peek(schema)
    if target is None or type(target.value) is not dict:
        return
    if "example" in target.value:
        yield Example(name="default", value=target.value["example"])
    elif type(target.value.get("examples")) is list:
        for index, value in enumerate(target.value["examples"]):
            yield Example(name=str(index), value=value)


def _parsed(context: Context, example: Example, schema: Node) -> Example:
    """Return an example whose JSON was written as text, as JSON."""
    written = example.value
    if type(written) is not str or written.lstrip()[:1] not in ("{", "["):
        return example
    target = context.peek(schema) if type(schema.value) is dict else None
    if target is not None and target.get("type") in ("string", ["string"]):
        return example
    try:
        value: Json = msgspec.json.decode(written)
    except (msgspec.DecodeError, RecursionError):
        return example
    return Example(name=example.name, value=value)


def read_request_body(context: Context, written: Node) -> RequestBody | None:
    """Return a request body, None where none is written."""
    node = context.follow(written) if written.value is not None else None
    if node is None:
        return None
    return RequestBody(required=flag(node.get("required")), content=read_content(context, node.child("content")))


def read_responses(context: Context, written: Node) -> tuple[Response, ...]:
    """Return the declared responses in OpenAPI 3."""
    return tuple(
        Response(
            status=status,
            description=text(node.get("description")),
            content=read_content(context, node.child("content")),
            headers=read_headers(context, node.child("headers")),
        )
        for status, node in responses_of(context, written)
    )


def responses_of(context: Context, written: Node) -> Iterator[tuple[str, Node]]:
    """Yield the status and the resolved node of each response that can be used."""
    if type(written.value) is list:
        context.report.error("contract.responses_invalid", "responses is a list", written, "key them by status")
    seen: set[str] = set()
    for key, item in written.members():
        status = key.strip().upper() if key.strip().lower() != "default" else "default"
        if not _STATUS.fullmatch(status):
            context.report.error("contract.status_invalid", f"{key!r} is no status", item, "use 200, 4XX or default")
            continue
        node = context.follow(item)
        if node is not None and status not in seen:
            seen.add(status)
            yield status, node


def read_headers(context: Context, written: Node) -> tuple[ResponseHeader, ...]:
    """Return the headers of a response; `Content-Type` is said by the content (OpenAPI 3.1.1 section 4.8.17)."""
    found = []
    for name, item in written.members():
        node = context.follow(item)
        if node is None or name.lower() == "content-type":
            continue
        schema = header_schema(node)
        found.append(
            ResponseHeader(
                name=name,
                required=flag(node.get("required")),
                schema=context.schema(schema),
                examples=read_examples(context, node, schema),
            )
        )
    return tuple(found)


def header_schema(node: Node) -> Node:
    """Return the node of a header's or parameter's schema, which may stand under its only media type."""
    if node.get("schema") is None:
        for _, media in node.child("content").members():
            return media.child("schema")
    return node.child("schema")


def as_object(value: Json) -> JsonObject:
    """Return an object, empty for what is none."""
    return value if type(value) is dict else {}
