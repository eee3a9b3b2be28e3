"""The responses of a Mockoon route as `respond` blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.errors import Invalid
from mockops.mocking.importers.foreign_parts import (
    MAX_BODY_BYTES,
    as_list,
    as_object,
    as_status,
    as_text,
    body_of,
    content_type,
    kept_headers,
)
from mockops.mocking.importers.media_types import headers_for
from mockops.mocking.importers.mockoon.templates import translate_mockoon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.foreign_parts import Tally, Tokens
    from mockops.mocking.importers.shapes import Problems

_CORS = "access-control-"
_NOT_TRANSLATED = "{n} template expression{s} have no counterpart and stay as they are"
_HINT = "write them as Jinja2: docs/guides/stubs.md, Templates"


class Answers:
    """Reads responses; what is not imported is counted."""

    def __init__(
        self,
        environment: JsonObject,
        buckets: Mapping[str, str],
        problems: Problems,
        tally: Tally,
        read_file: Callable[[str], bytes],
    ) -> None:
        """Take what all responses share: headers, latency and data buckets of the environment."""
        self._common = _fields(environment.get("headers"))
        self._latency = _ms(environment.get("latency"))
        self._buckets = buckets
        self._problems = problems
        self._tally = tally
        self._read_file = read_file

    def read(self, response: JsonObject, tokens: Tokens) -> JsonObject | None:
        """Return `respond` and `delay` of a response, or None with the problem noted."""
        status = as_status(response.get("statusCode"))
        if status is None:
            if response.get("statusCode") is not None:
                self._tally.add("{n} response{s} without a status of HTTP: answered with 200", (*tokens, "statusCode"))
            status = 200
        if as_list(response.get("callbacks")):
            self._tally.add("{n} response{s} with callbacks: these are not called", (*tokens, "callbacks"))
        headers = self._headers(response, tokens)
        body = self._body(response, headers, tokens)
        if body is None:
            return None
        respond: JsonObject = {"status": status}
        is_plain = response.get("disableTemplating") is True or isinstance(body, bytes)
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        has_tags = not is_plain and any("{{" in each for each in (text, *_texts(headers)))
        if not (has_tags and self._templated(respond, text, headers, tokens)):
            body_keys = body_of(body, headers, status)
            respond |= {**({"headers": headers} if headers else {}), **body_keys}
        found: JsonObject = {"respond": respond}
        latency = min(self._latency + _ms(response.get("latency")), 600_000)
        if latency:
            found["delay"] = {"fixed_ms": latency}
        return found

    def _templated(self, respond: JsonObject, text: str, headers: JsonObject, tokens: Tokens) -> bool:
        """Write body and headers as templates; say whether there is one."""

        def note(what: str) -> None:
            self._tally.add(_NOT_TRANSLATED, (*tokens, "body"), what, hint=_HINT)

        body = translate_mockoon(text, self._buckets, note)
        if body is None:
            return False
        translated: JsonObject = {}
        for name, value in headers.items():
            values = [translate_mockoon(each, self._buckets, note) for each in _texts({name: value})]
            if None in values:
                return False
            translated[name] = values if isinstance(value, list) else values[0]
        if text.lstrip()[:1] in ("{", "[") and not content_type(translated):
            translated["Content-Type"] = "application/json"
        respond |= {**({"headers": translated} if translated else {}), "text": body, "template": True}
        return True

    def _headers(self, response: JsonObject, tokens: Tokens) -> JsonObject:
        own = _fields(response.get("headers"))
        said = {name.lower() for name, _ in own}
        fields = [*(field for field in self._common if field[0].lower() not in said), *own]
        for name, value in fields:
            if name.lower() == "access-control-allow-origin" and value not in ("*", ""):
                hint = "write the origins into the workspace's settings: cors: {origins: [...]}"
                self._tally.add("{n} CORS header{s}: the gateway answers CORS itself", tokens, value, hint=hint)
        return kept_headers(field for field in fields if not field[0].lower().startswith(_CORS))

    def _body(self, response: JsonObject, headers: JsonObject, tokens: Tokens) -> str | bytes | None:
        kind = as_text(response.get("bodyType")) or ("FILE" if as_text(response.get("filePath")) else "INLINE")
        if kind == "DATABUCKET":
            name = as_text(response.get("databucketID"))
            if name not in self._buckets:
                self._problems.add(
                    (*tokens, "databucketID"), f"there is no data bucket {name!r}; the response is left out"
                )
                return None
            if not content_type(headers):
                headers["Content-Type"] = "application/json"
            return self._buckets[name]
        if kind == "FILE":
            return self._file(response, headers, tokens)
        body = response.get("body")
        if body is not None and not isinstance(body, str):
            self._problems.add((*tokens, "body"), "body is text; the response is left out")
            return None
        return body or ""

    def _file(self, response: JsonObject, headers: JsonObject, tokens: Tokens) -> str | bytes | None:
        name = as_text(response.get("filePath"))
        place = (*tokens, "filePath")
        hint = "put the file beside the environment's, or below its folder, and write its relative path"
        is_outside = name.startswith(("/", "\\", "~")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:2]
        if not name or is_outside or "{{" in name:
            self._problems.add(
                place, f"{name!r} is not a file beside the environment's; the response is left out", hint=hint
            )
            return None
        try:
            content = self._read_file(name.removeprefix("./"))
        except (Invalid, OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._problems.add(place, f"{name!r} cannot be read: {reason}; the response is left out", hint=hint)
            return None
        if len(content) > MAX_BODY_BYTES:
            self._problems.add(place, f"{name!r} has more than {MAX_BODY_BYTES >> 20} MiB; the response is left out")
            return None
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            headers |= headers_for(name, headers, is_utf8=False)
            return content
        headers |= headers_for(name, headers, is_utf8=True)
        return content if response.get("sendFileAsBody") is True else text


def _fields(given: Json) -> list[tuple[str, str]]:
    fields = [(as_text(each.get("key")), as_text(each.get("value"))) for each in map(as_object, as_list(given))]
    return [(name, value) for name, value in fields if name]


def _texts(headers: JsonObject) -> list[str]:
    return [text for value in headers.values() for text in (value if isinstance(value, list) else [value])]


def _ms(value: Json) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return min(max(value, 0), 600_000) if is_number and value == value else 0
