"""The API's description (OpenAPI 3.1): what FastAPI finds, and what holds for every operation."""

from __future__ import annotations

import warnings
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from mockops.infra.web.bodies import Problem
from mockops.infra.web.raw import SCHEMAS as STRUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from mockops.core.json import JsonObject

_DESCRIPTION = """\
Everything MockOps can do, for programs.

- Without a login only on the machine that MockOps runs on; elsewhere send `Authorization: Bearer TOKEN`.
- Lists come in pages: `limit` and `cursor`; `next` of one page is the cursor of the following, `null` ends the list.
- What can be edited has an `ETag`; send it as `If-Match`, and 412 tells that somebody else was faster.
- `Idempotency-Key` makes a POST safe to repeat for 24 hours.
- Whatever is refused is a problem document (RFC 9457) with a stable `code`, and a `pointer` to each bad field.
"""
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_PARAMETERS: JsonObject = {
    "Org": {
        "name": "MockOps-Org",
        "in": "header",
        "description": "Name of the organization, for callers that belong to several; by default their first.",
        "schema": {"type": "string", "maxLength": 255},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": 'The `ETag` of what you read, like `"3"`; `*`, or nothing: whatever is there now.',
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Any text: the same request with the same key is done once, and answered the same.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
}
_SCHEMES: JsonObject = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, or a JWT of the identity provider."},
    "login": {"type": "apiKey", "in": "cookie", "name": "mockops", "description": "Set by `/auth/login`."},
}
_PROBLEM = {
    "description": "Refused; `code` says why.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class OperationsNamedTwice(ValueError):
    """Two endpoints have one operationId: a mistake of ours."""


def describe(app: FastAPI) -> JsonObject:
    """Return the description of an application.

    Raises:
        OperationsNamedTwice: Two endpoints have one operationId.

    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate Operation ID")  # it names one; an error below names all
        document: JsonObject = get_openapi(
            title="MockOps",
            version=version("mockops"),
            openapi_version="3.1.0",
            description=_DESCRIPTION,
            routes=app.routes,
        )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(STRUCTS)
    _add_problem(schemas)
    components["parameters"] = _PARAMETERS
    components["securitySchemes"] = _SCHEMES
    document["security"] = [{"token": []}, {"login": []}, {}]
    names: Counter[str] = Counter()
    for path, method, operation in _operations(document):
        names[operation.get("operationId", f"{method} {path}")] += 1
        _complete(path, method, operation)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        message = f"operationIds given to several endpoints: {', '.join(sorted(twice))}"
        raise OperationsNamedTwice(message)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _operations(document: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, method, operation


def _complete(path: str, method: str, operation: JsonObject) -> None:
    responses = operation.setdefault("responses", {})
    for status, response in list(responses.items()):
        content = response.get("content", {})
        if not status.startswith("2") and "application/problem+json" in content:
            response["content"] = _PROBLEM["content"]  # FastAPI adds application/json for the model
        elif status == "422":
            responses[status] = _PROBLEM
    responses.setdefault("default", _PROBLEM)
    if not path.startswith("/api/"):
        return
    named = {(each.get("in"), str(each.get("name", "")).lower()) for each in operation.get("parameters", ())}
    wanted = ["Org"]
    if method == "post":
        wanted.append("IdempotencyKey")
    if "412" in responses:
        wanted.append("IfMatch")
    missing = [each for each in wanted if ("header", _PARAMETERS[each]["name"].lower()) not in named]
    operation["parameters"] = [
        *operation.get("parameters", ()),
        *({"$ref": f"#/components/parameters/{each}"} for each in missing),
    ]


def _add_problem(schemas: dict[str, Any]) -> None:
    found = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(found.pop("$defs", {}))
    schemas["Problem"] = found
