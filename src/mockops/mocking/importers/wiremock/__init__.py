"""WireMock stub mappings, as JSON files: one mapping, or `{"mappings": [...]}`."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from mockops.core.errors import Invalid
from mockops.mocking.importers.media_types import headers_for
from mockops.mocking.importers.shapes import Problems
from mockops.mocking.importers.spelling import shaper
from mockops.mocking.importers.wiremock.requests import read_request
from mockops.mocking.importers.wiremock.responses import read_response, translate_templates
from mockops.mocking.model import Stub

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.shapes import Source

Tokens = tuple[str | int, ...]

_CODE = "mocking.wiremock"
_LEFT_OUT = frozenset({"metadata", "persistent", "insertionIndex", "uuid", "id", "request", "response", "name"})
_MAX_FILE_BYTES = 16 << 20


def is_wiremock(data: Json) -> bool:
    """Whether a document holds WireMock mappings."""
    if not isinstance(data, dict):
        return False
    if isinstance(data.get("mappings"), list):
        return True
    return isinstance(data.get("request"), dict) and isinstance(data.get("response"), dict)


def read_wiremock(document: Source, *, read_file: Callable[[str], bytes]) -> tuple[list[Stub], list[Diagnostic]]:
    """Read WireMock mappings.

    A mapping of which something cannot be translated is left out, with a diagnostic that says what.

    Args:
        document: The file, parsed.
        read_file: Returns the content of a `bodyFileName`; tried below `../__files`, below `__files` and as it is.

    """
    problems = Problems(document, _CODE)
    data = document.data
    prefix: Tokens = ()
    mappings = [data]
    if isinstance(data, dict) and "mappings" in data:
        prefix, mappings = ("mappings",), data["mappings"]
        for key in data.keys() - {"mappings", "meta"}:
            problems.add((key,), f"{key!r} beside mappings has no counterpart")
    if not isinstance(mappings, list):
        problems.add(prefix, "mappings is a list")
        return [], problems.found
    stubs = []
    for at, mapping in enumerate(mappings):
        stub = _read_mapping(mapping, (*prefix, at) if prefix else (), problems, read_file)
        if stub is not None:
            stubs.append(stub)
    return stubs, problems.found


def _read_mapping(mapping: Json, tokens: Tokens, problems: Problems, read_file: Callable[[str], bytes]) -> Stub | None:
    before = problems.errors
    if not isinstance(mapping, dict):
        problems.add(tokens, "a mapping is an object with request and response")
        return None
    data: JsonObject = {"id": _id_of(mapping, tokens, problems), "name": str(mapping.get("name") or "")}
    data["match"] = read_request(mapping.get("request") or {}, (*tokens, "request"), problems)
    data.update(read_response(mapping.get("response") or {}, (*tokens, "response"), problems))
    _read_rest(mapping, data, tokens, problems)
    _read_body_file(data, tokens, problems, read_file)
    if data["respond"].get("template"):
        translate_templates(data["respond"], (*tokens, "response"), problems)
    if problems.errors > before:
        return None
    stub = shaper(problems).read(data, Stub, tokens)
    return None if stub is None else msgspec.structs.replace(stub, source=problems.place(tokens))


def _id_of(mapping: JsonObject, tokens: Tokens, problems: Problems) -> str:
    given = mapping.get("id") or mapping.get("uuid")
    if given:
        return str(given)
    below = problems.document.source.replace("\\", "/").rpartition("/mappings/")[2]
    return "stub-" + sha256(f"{below}\0{'/'.join(map(str, tokens))}".encode()).hexdigest()[:12]


def _read_rest(mapping: JsonObject, data: JsonObject, tokens: Tokens, problems: Problems) -> None:
    """Read priority and scenario, and refuse what is left."""
    scenario = mapping.get("scenarioName")
    for key, value in mapping.items():
        if key in _LEFT_OUT or value is None or key == "scenarioName":
            continue
        if key == "priority":
            data["priority"] = value
        elif key in ("requiredScenarioState", "newScenarioState"):
            if not scenario:
                problems.add((*tokens, key), f"{key} needs a scenarioName")
            elif key == "requiredScenarioState":
                data["match"]["state"] = {str(scenario): str(value)}
            else:
                data["set_state"] = {str(scenario): str(value)}
        elif value:
            problems.add((*tokens, key), f"a mapping's {key!r} has no counterpart")


def _read_body_file(data: JsonObject, tokens: Tokens, problems: Problems, read_file: Callable[[str], bytes]) -> None:
    """Put a body file's content in its place."""
    respond = data.get("respond")
    if not isinstance(respond, dict):
        data["respond"] = {}
        return
    if "file" not in respond:
        return
    name = str(respond.pop("file"))
    place = (*tokens, "response", "bodyFileName")
    if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or "{{" in name:
        problems.add(place, f"{name!r} is not a file below __files")
        return
    reasons = []
    for candidate in (f"../__files/{name}", f"__files/{name}", name):  # beside it may lie the mapping of this name
        try:
            content = read_file(candidate)
        except (Invalid, OSError, ValueError) as error:
            reasons.append(error.strerror if isinstance(error, OSError) and error.strerror else str(error))
            continue
        if len(content) > _MAX_FILE_BYTES:
            problems.add(place, f"{name!r} has {len(content)} bytes, more than {_MAX_FILE_BYTES}")
            return
        _put_content(respond, name, content)
        return
    problems.add(place, f"{name!r} cannot be read: {reasons[-1]}")


def _put_content(respond: JsonObject, name: str, content: bytes) -> None:
    """Make a file's content the body; its name says the type where no header does."""
    try:
        respond["text"] = content.decode("utf-8")
    except UnicodeDecodeError:
        respond["base64"] = b64encode(content).decode()
    headers = respond.get("headers") or {}
    if isinstance(headers, dict):  # else the shaper refuses them
        respond["headers"] = headers_for(name, headers, is_utf8="text" in respond)
