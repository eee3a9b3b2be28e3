"""Bodies that are read as bytes, and JSON of msgspec's structs: for what is large, or defined below the API."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from fastapi import Depends
from starlette.requests import Request

from mockops.core.diagnostics import Diagnostic, pointer
from mockops.core.errors import Invalid
from mockops.core.json import JsonObject
from mockops.infra.web.router import Raw

T = TypeVar("T")

SCHEMAS: dict[str, Any] = {}
"""Components of the API's description that come from structs, by name; filled while endpoints are declared."""
_UNKNOWN = re.compile(r"unknown field `(.*)`$", re.DOTALL)
_REF = "#/components/schemas/{name}"


async def _read(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_read)]
"""The body as it was sent."""


class BodyInvalid(Invalid):
    """A body does not fit what the endpoint takes."""

    code: ClassVar[str] = "api.invalid"


class BodyNotJson(Invalid):
    """A body is no JSON."""

    code: ClassVar[str] = "api.body_not_json"
    status: ClassVar[int] = 400


def decode(body: bytes, kind: type[T]) -> T:
    """Return a JSON body as a struct.

    Raises:
        BodyNotJson: It is no JSON.
        BodyInvalid: It does not fit; the pointer says where.

    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        where = place.rstrip("`").removeprefix("$").replace("[", "/").replace("]", "").replace(".", "/")
        unknown = _UNKNOWN.search(message)
        if unknown is not None:
            where += pointer(unknown[1])
        found = Diagnostic(code=BodyInvalid.code, message=message, source="body", pointer=where)
        raise BodyInvalid(f"{where or 'the body'}: {message}", [found]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"The body is no JSON: {error}"
        raise BodyNotJson(message) from error


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
