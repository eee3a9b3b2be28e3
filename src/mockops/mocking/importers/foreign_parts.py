"""What importers of other tools' files share: tolerant reading, stable ids, counted warnings, recorded answers."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Severity
from mockops.mocking.importers.spelling import shaper
from mockops.mocking.model import Stub

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.shapes import Problems

Tokens = tuple[str | int, ...]

MAX_STUBS = 50_000
"""More than this one file does not become."""
MAX_BODY_BYTES = 16 << 20
"""As of files that stubs name."""
_MAX_ID = 80
_MAX_DEPTH = 100
_COMPUTED_HEADERS = frozenset(
    {
        "alt-svc",
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_BAD_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WORDS = re.compile(r"[^a-z0-9]+")
_NO_BODY = frozenset({204, 205, 304})


def as_object(value: Json) -> JsonObject:
    """Return a value that should be an object; anything else counts as an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """Return a value that should be a list; anything else counts as an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Json) -> str:
    """Return a value that should be text; numbers are written out, anything else counts as empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return msgspec.json.encode(value).decode()
    return ""


def as_status(value: Json) -> int | None:
    """Return an HTTP status that stands as a number or as its digits; None: it is none."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) == 3:
        value = int(value)
    is_status = isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599
    return value if is_status else None


def slug(text: str) -> str:
    """Return a text as part of an id or file name: lower-case words of ASCII joined by hyphens."""
    return _WORDS.sub("-", text.lower()).strip("-")


class Ids:
    """Gives each stub of one import an id that a re-import of the same things gives again."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, *parts: str) -> str:
        """Return an id made of what identifies a stub: the words of `parts`, with a number where one is taken."""
        whole = "\0".join(parts)
        words = "-".join(filter(None, map(slug, parts)))
        if len(words) > _MAX_ID or not words:
            digest = sha256(whole.encode("utf-8", "replace")).hexdigest()[:8]
            words = f"{words[: _MAX_ID - 9].strip('-') or 'stub'}-{digest}"
        found, number = words, 1
        while found in self._taken:
            number += 1
            found = f"{words}-{number}"
        self._taken.add(found)
        return found


@dataclass(slots=True)
class _Counted:
    tokens: Tokens
    names: dict[str, None] = field(default_factory=dict)
    count: int = 0


class Tally:
    """Counts what is not imported, so that a thousand equal things become one warning."""

    _SHOWN = 5

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._counted: dict[tuple[str, str], _Counted] = {}

    def add(self, what: str, tokens: Tokens, name: str = "", *, hint: str = "") -> None:
        """Count one of `what`: a sentence in which `{n}` is the number, `{s}` and `{ies}` are plural endings."""
        counted = self._counted.setdefault((what, hint), _Counted(tokens))
        counted.count += 1
        if name and len(counted.names) <= self._SHOWN:
            counted.names[name] = None

    def report(self) -> None:
        """Note a warning for each kind, at the first place of it."""
        for (what, hint), counted in self._counted.items():
            names = list(counted.names)
            shown = ", ".join(names[: self._SHOWN]) + (", …" if len(names) > self._SHOWN else "")
            is_one = counted.count == 1
            text = what.replace("{n}", f"{counted.count:,}")
            text = text.replace("{s}", "" if is_one else "s").replace("{ies}", "y" if is_one else "ies")
            message = f"{text}: {shown}" if shown else text
            self._problems.add(counted.tokens, message, hint=hint, severity=Severity.WARNING)


def finish_stub(data: JsonObject, tokens: Tokens, problems: Problems) -> Stub | None:
    """Return the stub that data in the words of stub files stands for, or None with the problems noted."""
    stub = shaper(problems).read(data, Stub, tokens)
    return None if stub is None else msgspec.structs.replace(stub, source=problems.place(tokens))


def address(method: str, path: str, rest: JsonObject) -> JsonObject:
    """Return a match of method, path template and further conditions, in the shortest form.

    Args:
        method: In upper case; empty: any.
        path: A path template, or empty: any.
        rest: Further members of the match; empty ones are left out.

    """
    rest = {name: value for name, value in rest.items() if value not in ({}, None)}
    if path and not rest and " " not in path:
        return {"operation": f"{method} {path}"} if method else {"path": path}
    found: JsonObject = {"method": method} if method else {}
    if path:
        found["path"] = path
    return {**found, **rest}


def literal_path(path: str) -> str:
    """Return a path as a template that takes it literally."""
    return path.replace("{", "%7B").replace("}", "%7D").replace("*", "%2A")


def kept_headers(fields: Iterable[tuple[str, str]], *, dropped: frozenset[str] = frozenset()) -> JsonObject:
    """Return an answer's header fields as stubs have them.

    Without those of one connection, and those that follow from the body (RFC 9110 sections 7.6.1, 8.6 and 6.6.1);
    fields that no server could send are left out, line breaks in values become blanks.

    Args:
        fields: Name and value of each.
        dropped: Further names to leave out, in lower case.

    """
    headers: JsonObject = {}
    spelled: dict[str, str] = {}
    for name, value in fields:
        lower = name.lower()
        if not _HEADER_NAME.fullmatch(name) or lower in _COMPUTED_HEADERS or lower in dropped:
            continue
        clean = _BAD_IN_HEADER.sub(" ", value).strip()
        known = spelled.setdefault(lower, name)
        former = headers.get(known)
        if former is None or lower == "content-type":
            headers[known] = clean
        else:
            headers[known] = [*former, clean] if isinstance(former, list) else [former, clean]
    return headers


def content_type(headers: JsonObject) -> str:
    """Return the media type that headers say, in lower case and without parameters; empty: none."""
    for name, value in headers.items():
        if name.lower() == "content-type" and isinstance(value, str):
            return value.partition(";")[0].strip().lower()
    return ""


def is_json_type(media_type: str) -> bool:
    """Whether a media type is JSON (RFC 8259, RFC 6839 section 3.1)."""
    return media_type == "application/json" or media_type.endswith(("+json", "/json"))


def body_of(content: str | bytes, headers: JsonObject, status: int) -> JsonObject:
    """Return the body keys of a `respond` block: `json` where it is JSON, else `text`, else `base64`.

    A Content-Type that the body implies is taken out of `headers`, in place. JSON is written as a value only where
    nothing is lost: members named twice, and numbers beyond 64 bits, stay text.
    """
    if status in _NO_BODY or not content:
        return {"text": ""}
    if isinstance(content, bytes):
        try:
            return body_of(content.decode("utf-8"), headers, status)
        except UnicodeDecodeError:
            return {"base64": b64encode(content).decode()}
    media_type = content_type(headers)
    if is_json_type(media_type) or (not media_type and content.lstrip()[:1] in ("{", "[")):
        value = parsed_json(content)
        if value is not msgspec.UNSET:
            _leave_out_type(headers, "application/json")
            return {"json": value}
    _leave_out_type(headers, "text/plain")
    return {"text": content}


def parsed_json(text: str) -> Json:
    """Return the JSON value that a text is, or UNSET where it is none, or nested more deeply than any answer is."""
    try:
        value = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return msgspec.UNSET
    return msgspec.UNSET if text.count("[") + text.count("{") > _MAX_DEPTH and _is_deep(value) else value


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        below = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = [item for items in below for item in items]
        if not level:
            return False
    return True


def _leave_out_type(headers: JsonObject, implied: str) -> None:
    """Take the Content-Type out where the body says it."""
    for name in [each for each in headers if each.lower() == "content-type"]:
        kind, _, parameters = str(headers[name]).lower().replace(" ", "").partition(";")
        is_usual = (
            parameters in ("", "charset=utf-8") if implied == "application/json" else parameters == "charset=utf-8"
        )
        if kind == implied and is_usual:
            del headers[name]


def specificity(path: str, conditions: int) -> tuple[int, int, int, int]:
    """Return a sort key that puts stubs that answer less last: of equal priorities the last one is tried first.

    Args:
        path: A path template; empty is any path.
        conditions: How much else a stub asks for.

    """
    segments = path.split("/")[1:]
    takes_rest = not path or segments[-1] == "**" or "+}" in path
    variable = sum("{" in segment for segment in segments)
    return (0 if takes_rest else 1, -variable, len(segments), conditions)
