"""Bodies that are read as bytes, and JSON of msgspec's structs: for what is large, or defined below the API."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends
from starlette.requests import Request

from mockops.core.diagnostics import Diagnostic
from mockops.core.errors import Invalid
from mockops.core.json import JsonObject
from mockops.infra.web.router import Raw

T = TypeVar("T")

SCHEMAS: dict[str, Any] = {}
"""Components of the API's description that come from structs, by name; filled while endpoints are declared."""
_REF = "#/components/schemas/{name}"


async def _read(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_read)]
"""The body as it was sent."""


def decode(body: bytes, kind: type[T]) -> T:
    """Return a JSON body as a struct.

    Raises:
        Invalid: It is no JSON, or does not fit; the pointer says where.

    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        where = place.rstrip("`").removeprefix("$").replace("[", "/").replace("]", "").replace(".", "/")
        found = Diagnostic(code="api.invalid", message=message, source="body", pointer=where)
        raise Invalid(f"{where or 'the body'}: {message}", [found]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"The body is no JSON: {error}"
        raise Invalid(message) from error


def encoded(value: msgspec.Struct) -> Raw:
    """Return a struct as a JSON body."""
    return Raw(msgspec.json.encode(value), "application/json")


def takes(kind: type[msgspec.Struct]) -> JsonObject:
    """Return FastAPI's `openapi_extra` for an endpoint that takes a struct."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(kind)}}}}


def gives(kind: type[msgspec.Struct]) -> dict[int | str, JsonObject]:
    """Return FastAPI's `responses` for an endpoint that answers with a struct."""
    return {200: {"description": "Done.", "content": {"application/json": {"schema": _schema(kind)}}}}


def _schema(kind: type[msgspec.Struct]) -> JsonObject:
    (schema,), components = msgspec.json.schema_components([kind], ref_template=_REF)
    SCHEMAS.update(components)
    return schema
