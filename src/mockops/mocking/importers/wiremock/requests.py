"""The `request` part of a WireMock mapping."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.shapes import Problems

Tokens = tuple[str | int, ...]

_ADDRESSES = {
    "url": "url",
    "urlPattern": "url_regex",
    "urlPath": "path",
    "urlPathPattern": "path_regex",
    "urlPathTemplate": "path",
}
_FIELDS = {
    "queryParameters": "query",
    "headers": "headers",
    "cookies": "cookies",
    "pathParameters": "params",
}
_TEXT_OPERATORS = {
    "equalTo": "equals",
    "contains": "contains",
    "doesNotContain": "not_contains",
    "matches": "regex",
    "doesNotMatch": "not_regex",
}
_DRAFTS = {
    "V4": "http://json-schema.org/draft-04/schema#",
    "V6": "http://json-schema.org/draft-06/schema#",
    "V7": "http://json-schema.org/draft-07/schema#",
    "V201909": "https://json-schema.org/draft/2019-09/schema",
    "V202012": "https://json-schema.org/draft/2020-12/schema",
}


def read_request(request: Json, tokens: Tokens, problems: Problems) -> JsonObject:
    """Return the `match` of a stub for a mapping's `request`."""
    if not isinstance(request, dict):
        problems.add(tokens, "request is not an object")
        return {}
    match: JsonObject = {}
    for key, value in request.items():
        place = (*tokens, key)
        if value is None:
            continue
        if key == "method":
            match["method"] = str(value).upper()
        elif key in _ADDRESSES:
            match[_ADDRESSES[key]] = _literal_path(str(value)) if key == "urlPath" else str(value)
        elif key in _FIELDS:
            match.setdefault(_FIELDS[key], {}).update(_matchers(value, place, problems))
        elif key in _OTHERS:
            _OTHERS[key](match, value, place, problems)
        else:
            _refuse(problems, place, f"request has {key!r}, which has no counterpart")
    return match


def _literal_path(path: str) -> str:
    """Return a path as a template that takes it literally."""
    return path.replace("{", "%7B").replace("}", "%7D").replace("*", "%2A")


def _refuse(problems: Problems, tokens: Tokens, message: str) -> None:
    problems.add(tokens, message, hint="the mapping is left out: without this it would answer other requests")


def _matchers(value: Json, tokens: Tokens, problems: Problems) -> JsonObject:
    if not isinstance(value, dict):
        problems.add(tokens, "an object of matchers should stand here")
        return {}
    return {name: text_matcher(each, (*tokens, name), problems) for name, each in value.items()}


def text_matcher(value: Json, tokens: Tokens, problems: Problems) -> JsonObject:
    """Return the matcher of one text value."""
    if not isinstance(value, dict):
        problems.add(tokens, "a matcher such as {equalTo: …} should stand here")
        return {}
    matcher: JsonObject = {}
    for key, operand in value.items():
        if key in _TEXT_OPERATORS:
            matcher[_TEXT_OPERATORS[key]] = str(operand)
            if key.startswith("doesNot"):
                matcher["present"] = True  # in WireMock a missing value is not a value that differs
        elif key == "absent":
            matcher["present"] = not operand
        elif key == "caseInsensitive":
            matcher["ignore_case"] = bool(operand)
        else:
            _refuse(problems, (*tokens, key), f"the matcher {key!r} has no counterpart")
    return matcher


def _basic_auth(match: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    if not isinstance(value, dict) or not {"username", "password"} <= value.keys():
        problems.add(tokens, "basicAuthCredentials has a username and a password")
        return
    token = b64encode(f"{value['username']}:{value['password']}".encode()).decode()
    match.setdefault("headers", {})["authorization"] = {"equals": f"Basic {token}"}


def _form(match: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    _add_body(match, {"form": _matchers(value, tokens, problems)})


def _body_patterns(match: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    if not isinstance(value, list):
        problems.add(tokens, "bodyPatterns is a list")
        return
    for at, pattern in enumerate(value):
        if isinstance(pattern, dict):
            _add_body(match, _body_pattern(pattern, (*tokens, at), problems))
        else:
            problems.add((*tokens, at), "a body pattern is an object")


def _add_body(match: JsonObject, body: JsonObject) -> None:
    if "body" not in match:
        match["body"] = body
    else:
        match["body"].setdefault("all_of", []).append(body)


_OTHERS: dict[str, Callable[[JsonObject, Json, Tokens, Problems], None]] = {
    "basicAuthCredentials": _basic_auth,
    "basicAuth": _basic_auth,
    "formParameters": _form,
    "bodyPatterns": _body_patterns,
}


def _body_pattern(pattern: JsonObject, tokens: Tokens, problems: Problems) -> JsonObject:
    body: JsonObject = {}
    for key, operand in pattern.items():
        place = (*tokens, key)
        if key in _MODIFIERS:
            continue
        if key in _BODY:
            body.update(_BODY[key](operand, pattern, place, problems))
        else:
            _refuse(problems, place, f"the body pattern {key!r} has no counterpart")
    return body


_MODIFIERS = frozenset({"ignoreArrayOrder", "ignoreExtraElements", "caseInsensitive", "schemaVersion"})


def _equal_to(operand: Json, pattern: JsonObject, _tokens: Tokens, _problems: Problems) -> JsonObject:
    if pattern.get("caseInsensitive"):
        return {"regex": f"(?is){re.escape(str(operand))}"}
    return {"equals": str(operand)}


def _equal_to_json(operand: Json, pattern: JsonObject, tokens: Tokens, problems: Problems) -> JsonObject:
    value = _parsed(operand, tokens, problems)
    if "${json-unit" in msgspec.json.encode(value).decode():
        _refuse(problems, tokens, "placeholders such as ${json-unit.ignore} have no counterpart")
    kind = "json_subset" if pattern.get("ignoreExtraElements") else "equals"
    matcher: JsonObject = {kind: value}
    if pattern.get("ignoreArrayOrder"):
        matcher["ignore_array_order"] = True
    return matcher


def _parsed(operand: Json, tokens: Tokens, problems: Problems) -> Json:
    if not isinstance(operand, str):
        return operand
    try:
        return msgspec.json.decode(operand.encode())
    except (msgspec.DecodeError, RecursionError) as error:
        problems.add(tokens, f"not JSON: {error}")
        return None


def _json_path(operand: Json, _pattern: JsonObject, tokens: Tokens, problems: Problems) -> JsonObject:
    if isinstance(operand, str):
        return {"json_path": {operand: {"exists": True}}}
    if not isinstance(operand, dict) or not isinstance(operand.get("expression"), str):
        problems.add(tokens, "matchesJsonPath is a path, or an object with an expression")
        return {}
    rest = {key: value for key, value in operand.items() if key not in ("expression", *_MODIFIERS)}
    if "equalToJson" in rest:
        wanted = _parsed(rest.pop("equalToJson"), (*tokens, "equalToJson"), problems)
        if rest or operand.get("ignoreExtraElements") or operand.get("ignoreArrayOrder"):
            _refuse(problems, tokens, "equalToJson within matchesJsonPath is available alone and exact only")
        return {"json_path": {operand["expression"]: wanted}}
    if operand.get("caseInsensitive"):
        rest["caseInsensitive"] = True
    return {"json_path": {operand["expression"]: text_matcher(rest, tokens, problems) or {"exists": True}}}


def _json_schema(operand: Json, pattern: JsonObject, tokens: Tokens, problems: Problems) -> JsonObject:
    schema = _parsed(operand, tokens, problems)
    draft = _DRAFTS.get(str(pattern.get("schemaVersion", "")))
    if isinstance(schema, dict) and draft:
        schema = {"$schema": draft, **schema}
    return {"json_schema": schema}


_BODY: dict[str, Callable[[Json, JsonObject, Tokens, Problems], JsonObject]] = {
    "equalTo": _equal_to,
    "equalToJson": _equal_to_json,
    "binaryEqualTo": lambda operand, *_: {"base64": str(operand)},
    "contains": lambda operand, *_: {"contains": str(operand)},
    "doesNotContain": lambda operand, *_: {"not_contains": str(operand)},
    "matches": lambda operand, *_: {"regex": str(operand)},
    "doesNotMatch": lambda operand, *_: {"not_regex": str(operand)},
    "absent": lambda operand, *_: {"present": not operand},
    "matchesJsonPath": _json_path,
    "matchesJsonSchema": _json_schema,
}
