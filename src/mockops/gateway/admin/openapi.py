"""The admin API's own contract, OpenAPI 3.1, made from the route table so that the two cannot differ."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from mockops.core.problems import PROBLEM_JSON, phrase
from mockops.gateway.admin.desk import installed_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockops.core.json import JsonObject
    from mockops.gateway.admin.routes import Parameter, Route

_REFERENCE = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_SCALARS = ["string", "number", "boolean", "null"]
_WITH_SHORTHANDS_SAID = {
    "ValueMatcher": "A bare scalar means `equals`, null that it must be absent.",
    "BodyMatcher": "A bare scalar means `equals`.",
    "RequestMatch": "Text means an operation, or a path.",
}
_WITH_SHORTHANDS = _WITH_SHORTHANDS_SAID.keys()
_ABOUT = (
    "The admin port of a MockOps gateway: what it serves now, stubs added while it runs, the journal of requests, "
    "scenario states, metrics. Loopback by default. Every refusal is problem+json (RFC 9457). "
    "Routes under `/__admin` speak WireMock's admin API."
)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal, explained (RFC 9457); further members say more."""

    type: str
    title: str
    status: int
    code: str
    """Stable, for programs."""
    detail: str
    """What was wrong and what to do, for people."""


def describe(routes: Sequence[Route]) -> JsonObject:
    """Return the OpenAPI document of a route table."""
    types = [kind for route in routes for kind in _types(route)]
    schemas, components = msgspec.json.schema_components([Problem, *types], ref_template=_REFERENCE)
    _loosen(components)
    by_type = dict(zip(map(id, [Problem, *types]), schemas, strict=True))
    paths: JsonObject = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MockOps gateway admin API", "version": installed_version(), "description": _ABOUT},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def _loosen(components: JsonObject) -> None:
    """Allow the shorthands of stub files in matches: a bare scalar for `equals`, other spellings of keys."""
    for name in _WITH_SHORTHANDS & components.keys():
        full = {key: value for key, value in components[name].items() if key != "additionalProperties"}
        about = f"{full.pop('description', '')} {_WITH_SHORTHANDS_SAID[name]}".strip()
        components[name] = {"description": about, "anyOf": [full, {"type": _SCALARS}]}


def _types(route: Route) -> Iterable[Any]:
    yield from (promise.type for promise in route.promises if promise.type is not None)
    if route.body is not None:
        yield route.body


def _operation(route: Route, schemas: dict[int, Any]) -> JsonObject:
    operation: JsonObject = {"operationId": route.operation_id, "tags": [route.tag], "summary": route.summary}
    if route.description:
        operation["description"] = route.description
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(route.path)
    ]
    parameters += [_parameter(parameter) for parameter in route.parameters]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        content = {"application/json": {"schema": schemas[id(route.body)]}}
        operation["requestBody"] = {"required": not route.body_is_optional, "content": content}
    operation["responses"] = _responses(route, schemas)
    return operation


def _parameter(parameter: Parameter) -> JsonObject:
    schema: JsonObject = {"type": {"text": "string"}.get(parameter.kind, parameter.kind)}
    if parameter.kind == "integer":
        schema |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    if parameter.default is not None:
        schema["default"] = parameter.default
    return {"name": parameter.name, "in": "query", "description": parameter.description, "schema": schema}


def _responses(route: Route, schemas: dict[int, Any]) -> JsonObject:
    responses: JsonObject = {}
    for promise in route.promises:
        response: JsonObject = {"description": promise.description}
        if promise.type is not None:
            response["content"] = {promise.media_type: {"schema": schemas[id(promise.type)]}}
        responses[str(promise.status)] = response
    refusals = {400, 403, *route.problems, *((415,) if route.body is not None else ())}
    for status in sorted(refusals):
        content = {PROBLEM_JSON: {"schema": {"$ref": _REFERENCE.format(name="Problem")}}}
        responses.setdefault(str(status), {"description": phrase(status), "content": content})
    return dict(sorted(responses.items()))
