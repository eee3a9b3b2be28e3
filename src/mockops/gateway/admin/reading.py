"""From bytes to a checked call: query parameters and JSON bodies; what is not known is refused by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from mockops.core.diagnostics import pointer
from mockops.core.exchange import NotJson
from mockops.gateway.admin.refusals import Refused, wrong
from mockops.gateway.exchanges import did_you_mean

if TYPE_CHECKING:
    from mockops.core.exchange import Request
    from mockops.core.json import Json
    from mockops.gateway.admin.routes import Parameter, Route

T = TypeVar("T")

_MAX_PARAMETERS = 100
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_WHERE = re.compile(r" - at `(?:key in )?\$(?P<path>.*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*?)`")


def read_query(route: Route, query_string: str) -> dict[str, Any]:
    """Return a route's query parameters by name, defaults filled in.

    Raises:
        Refused: One is not known, given twice, or not of its kind.

    """
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        detail = f"There are more than {_MAX_PARAMETERS} query parameters."
        raise Refused(400, "admin.query_invalid", detail) from None
    known = {parameter.name: parameter for parameter in route.parameters}
    values: dict[str, Any] = {parameter.name: parameter.default for parameter in route.parameters}
    seen: set[str] = set()
    for name, value in pairs:
        if name not in known:
            raise _unknown_parameter(name, list(known))
        if name in seen:
            raise Refused(400, "admin.query_invalid", f"Query parameter {name!r} is given twice.", parameter=name)
        seen.add(name)
        values[name] = _read_value(known[name], value)
    return values


def _unknown_parameter(name: str, known: list[str]) -> Refused:
    hint = did_you_mean(name, known) or (f"; known: {', '.join(known)}." if known else "; this route takes none.")
    detail = f"There is no query parameter {name!r}{hint}"
    return Refused(400, "admin.query_unknown", detail, parameter=name, known=known)


def _read_value(parameter: Parameter, value: str) -> Json:
    name = parameter.name
    if parameter.kind == "boolean":
        truth = _BOOLEANS.get(value.lower())
        if truth is None:
            detail = f"Query parameter {name!r} must be true or false, not {value!r}."
            raise Refused(400, "admin.query_invalid", detail, parameter=name)
        return truth
    if parameter.kind == "integer":
        lowest, highest = parameter.minimum, parameter.maximum
        if not re.fullmatch(r"[0-9]{1,16}", value) or not lowest <= int(value) <= highest:
            detail = f"Query parameter {name!r} must be a whole number from {lowest} to {highest}, not {value[:40]!r}."
            raise Refused(400, "admin.query_invalid", detail, parameter=name)
        return int(value)
    return value


def read_body(route: Route, request: Request) -> tuple[Json, bool]:
    """Return a request's JSON body, and whether there is one.

    Raises:
        Refused: It is missing, not wanted, of another media type, or not JSON.

    """
    if not request.body:
        if route.body is not None and not route.body_is_optional:
            raise Refused(400, "admin.body_missing", "This route needs a JSON body.")
        return None, False
    if route.body is None:
        if route.takes_any_media_type:
            return None, False  # WireMock ignores a body here, and some of its clients send `{}`
        raise Refused(400, "admin.body_unwanted", "This route takes no body.")
    media_type = request.media_type
    is_json = media_type == "application/json" or media_type.endswith("+json")
    if not is_json and not route.takes_any_media_type:
        came = media_type or "no Content-Type"
        headers = (("Accept", "application/json"),)
        raise Refused(415, "admin.media_type", f"Send application/json; this is {came}.", headers=headers)
    try:
        return request.json, True
    except NotJson as error:
        raise Refused(400, "admin.body_not_json", f"The body is not JSON: {error}.") from error


def convert(value: Json, kind: type[T]) -> T:
    """Return a JSON value as a struct.

    Raises:
        Refused: 400 with a JSON Pointer to what does not fit, and the nearest name for an unknown field.

    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        where = _WHERE.search(message)
        path = where["path"] if where else ""
        message = message[: where.start()] if where else message
        steps = [step["name"] or step["index"] for step in _STEP.finditer(path) if step["index"] != "..."]
        unknown = _UNKNOWN.search(message)
        if unknown is None:
            raise wrong(pointer(*steps), message) from error
        name = unknown["name"]
        known = _fields_at(kind, steps)
        hint = did_you_mean(name, known) or f"; known: {', '.join(known)}."
        raise wrong(pointer(*steps, name), f"There is no field {name!r}{hint}", known=known) from error


def _fields_at(kind: Any, steps: list[str]) -> list[str]:
    """Return the names that an object at a place inside a type may have."""
    import msgspec.inspect as look  # noqa: PLC0415 (needed for mistakes only)

    found: Any = look.type_info(kind)
    for step in [*steps, None]:
        while isinstance(found, look.UnionType):
            structs = [one for one in found.types if isinstance(one, look.StructType | look.ListType | look.DictType)]
            found = structs[0] if structs else look.AnyType()
        if step is None:
            break
        if isinstance(found, look.StructType):
            found = next((field.type for field in found.fields if field.encode_name == step), look.AnyType())
        else:
            found = getattr(found, "item_type", look.AnyType())
    return [field.encode_name for field in found.fields] if isinstance(found, look.StructType) else []
