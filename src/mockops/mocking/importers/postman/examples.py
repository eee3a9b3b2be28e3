"""Walking a collection's folders: each saved response with the request that it answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from mockops.mocking.importers.foreign_parts import (
    address,
    as_list,
    as_object,
    as_status,
    as_text,
    body_of,
    content_type,
    is_json_type,
    kept_headers,
    parsed_json,
)
from mockops.mocking.importers.postman.addresses import Address, read_address

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.foreign_parts import Tally, Tokens
    from mockops.mocking.importers.postman.variables import Variables
    from mockops.mocking.importers.shapes import Problems

_MAX_FOLDERS = 50
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_PREVIEW_TYPES = {"html": "text/html; charset=utf-8", "xml": "application/xml", "text": "text/plain; charset=utf-8"}
_PARAMETER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A saved response, with the request that it answers."""

    tokens: Tokens
    folders: tuple[str, ...]
    item: str
    name: str
    method: str
    address: Address
    status: int
    respond: JsonObject = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path template."""
        return self.address.path

    @property
    def shape(self) -> str:
        """The path template without the names of its parameters."""
        return _PARAMETER.sub("{}", self.path)

    @property
    def distinction(self) -> tuple[dict[str, str], dict[str, str]]:
        """What is sent beside method and path."""
        return self.address.query, self.address.params

    def apart_from(self, other: Example) -> tuple[dict[str, str], dict[str, str]]:
        """Return the query parameters and path variables that another example does not send, or sends otherwise."""
        query = {name: value for name, value in self.address.query.items() if other.address.query.get(name) != value}
        theirs = list(other.address.params.values())
        params = {
            name: value
            for (name, value), their in zip(self.address.params.items(), theirs, strict=False)
            if value and value != their
        }
        return query, params

    def match(self, rest: JsonObject) -> JsonObject:
        """Return the stub's match, with further conditions."""
        return address(self.method, self.path, rest)


class Walk:
    """Collects the examples of a collection, and counts what has no counterpart."""

    def __init__(self, problems: Problems, tally: Tally, variables: Variables) -> None:
        self.examples: list[Example] = []
        self._problems = problems
        self._tally = tally
        self._variables = variables

    def read(self, folder: JsonObject, tokens: Tokens, names: tuple[str, ...] = ()) -> None:
        """Read a folder (or the collection): its items, and those of the folders in it."""
        self._note_extras(folder, tokens, names[-1] if names else "the collection")
        if len(names) > _MAX_FOLDERS:
            self._problems.add(tokens, f"folders are nested more than {_MAX_FOLDERS} deep; these are left out")
            return
        items = folder.get("item")
        if not isinstance(items, list):
            self._problems.add((*tokens, "item"), "item is a list of requests and folders")
            return
        for at, item in enumerate(items):
            place = (*tokens, "item", at)
            if not isinstance(item, dict):
                self._problems.add(place, "an item is an object with a request, or with items")
            elif "item" in item:
                self.read(item, place, (*names, as_text(item.get("name")) or "folder"))
            else:
                self._read_item(item, place, names)

    def _note_extras(self, holder: JsonObject, tokens: Tokens, name: str) -> None:
        auth = holder.get("auth")
        if isinstance(auth, dict) and auth.get("type") != "noauth":
            self._tally.add(
                "{n} place{s} with authorization: not imported, a mock lets everyone in",
                (*tokens, "auth"),
                f"{name} ({as_text(auth.get('type')) or 'unknown'})",
                hint="match the header in the stubs, or declare the security in a contract",
            )
        for at, event in enumerate(as_list(holder.get("event"))):
            script = as_object(as_object(event).get("script"))
            lines = script.get("exec")
            code = lines if isinstance(lines, str) else "".join(map(as_text, as_list(lines)))
            if code.strip():
                self._tally.add(
                    "{n} script{s} not imported: a mock runs no code",
                    (*tokens, "event", at),
                    f"{name} ({as_text(as_object(event).get('listen')) or 'script'})",
                )

    def _read_item(self, item: JsonObject, tokens: Tokens, folders: tuple[str, ...]) -> None:
        name = as_text(item.get("name"))
        request = item.get("request")
        self._note_extras(item, tokens, name)
        self._note_extras(as_object(request), (*tokens, "request"), name)
        if isinstance(request, str):
            request = {"method": "GET", "url": request}
        if not isinstance(request, dict):
            self._problems.add((*tokens, "request"), "an item has a request: a URL, or an object")
            return
        responses = item.get("response")
        if responses is not None and not isinstance(responses, list):
            self._problems.add((*tokens, "response"), "response is a list of saved responses")
        if not as_list(responses):
            hint = "save a response as an example in Postman, or describe the operation in a contract"
            self._tally.add("{n} request{s} without a saved response: no stub", tokens, name, hint=hint)
        for at, response in enumerate(as_list(responses)):
            self._read_response(response, request, (*tokens, "response", at), folders, name)

    def _read_response(
        self, response: Json, item_request: JsonObject, tokens: Tokens, folders: tuple[str, ...], item: str
    ) -> None:
        if not isinstance(response, dict):
            self._problems.add(tokens, "a saved response is an object")
            return
        original = response.get("originalRequest")
        if isinstance(original, str):
            original = {"method": "GET", "url": original}
        request, place = (
            (original, (*tokens, "originalRequest")) if isinstance(original, dict) else (item_request, tokens)
        )
        found = read_address(request.get("url"), self._variables, self._tally, place)
        if found is None:
            found = read_address(item_request.get("url"), self._variables, self._tally, place)
        if found is None:
            self._problems.add(tokens, "neither the saved response nor its request has a URL; it is left out")
            return
        method = as_text(request.get("method")) or as_text(item_request.get("method")) or "GET"
        if not _METHOD.fullmatch(method):
            self._problems.add(tokens, f"{method[:40]!r} is no HTTP method; the saved response is left out")
            return
        status = self._status(response, tokens)
        self.examples.append(
            Example(
                tokens=tokens,
                folders=folders,
                item=item,
                name=as_text(response.get("name")),
                method=method.upper(),
                address=found,
                status=status,
                respond=self._respond(response, status, found, tokens),
            )
        )

    def _status(self, response: JsonObject, tokens: Tokens) -> int:
        if response.get("code") is None:
            return 200
        status = as_status(response["code"])
        if status is None:
            self._tally.add("{n} saved response{s} without a status code of HTTP: answered with 200", (*tokens, "code"))
        return status or 200

    def _respond(self, response: JsonObject, status: int, found: Address, tokens: Tokens) -> JsonObject:
        headers = kept_headers(_fields(response.get("header")))
        body = response.get("body")
        text = body if isinstance(body, str) else "" if body is None else msgspec.json.encode(body).decode()
        kind = as_text(response.get("_postman_previewlanguage")).lower()
        if text and not content_type(headers):
            if kind == "json" or (kind in ("", "auto") and parsed_json(text) is not msgspec.UNSET):
                headers["Content-Type"] = "application/json"
            elif kind in _PREVIEW_TYPES:
                headers["Content-Type"] = _PREVIEW_TYPES[kind]
        is_json = is_json_type(content_type(headers))
        respond: JsonObject = {"status": status, **body_of(text, headers, status)}
        is_template = self._fill_in(respond, found, (*tokens, "body"), is_json=is_json)
        headers, in_headers = self._variables.value(headers, found.params, (*tokens, "header"))
        if is_template != in_headers:
            self._escape(respond, headers, in_body=is_template)
        if headers:
            respond["headers"] = headers
        if is_template or in_headers:
            respond["template"] = True
        body_keys = {"json", "text", "base64"}
        return {key: respond[key] for key in sorted(respond, key=lambda key: key in body_keys)}

    def _fill_in(self, respond: JsonObject, found: Address, tokens: Tokens, *, is_json: bool) -> bool:
        """Replace the variables of the body, in place; say whether it is a template now."""
        if "json" in respond:
            respond["json"], is_template = self._variables.value(respond["json"], found.params, tokens)
            return is_template
        text, is_template = self._variables.body(respond.get("text", ""), found.params, tokens)
        respond["text"] = text
        value = parsed_json(text) if is_json and not is_template and text else msgspec.UNSET
        if value is not msgspec.UNSET:  # it was a variable that kept it from being JSON
            del respond["text"]
            respond["json"] = value
        return is_template

    @staticmethod
    def _escape(respond: JsonObject, headers: JsonObject, *, in_body: bool) -> None:
        """Where only one of body and headers is a template, keep the other one from being read as one."""
        others = headers if in_body else respond
        for name in list(others) if in_body else ["text", "json"]:
            if name in others:
                others[name] = _escaped(others[name])


def _escaped(value: Json) -> Json:
    if isinstance(value, str):
        return re.sub(r"\{(?=[{%#])", "{{ '{' }}", value)
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {name: _escaped(member) for name, member in value.items()}
    return value


def _fields(given: Json) -> list[tuple[str, str]]:
    """Return header fields: a list of objects or lines, an object, or the lines as one text (v2.0)."""
    if isinstance(given, str):
        given = given.splitlines()
    if isinstance(given, dict):
        return [(str(name), as_text(value)) for name, value in given.items()]
    fields = []
    for each in as_list(given):
        if isinstance(each, str):
            name, _, value = each.partition(":")
            fields.append((name.strip(), value.strip()))
        elif isinstance(each, dict) and each.get("disabled") is not True:
            fields.append((as_text(each.get("key")), as_text(each.get("value"))))
    return fields
