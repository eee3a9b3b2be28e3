"""A stub as people write it: the shortest usual spelling that reads as the same stub."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from mockops.core.documents import read_document
from mockops.core.errors import Invalid
from mockops.mocking.model import BodyMatcher, Delay, RequestMatch, Stub, StubResponse, ValueMatcher

if TYPE_CHECKING:
    from mockops.core.json import Json, JsonObject


def written(stub: Stub) -> JsonObject:
    """Return a stub as a document of a stub file: shorthands used, defaults and `source` left out.

    Reading it gives the stub again: `read_stubs(written(stub)) == stub`, but for `source`.
    """
    document: JsonObject = {"id": stub.id}
    if stub.name:
        document["name"] = stub.name
    document["match"] = _match(stub.match)
    if stub.respond != StubResponse():
        document["respond"] = _respond(stub.respond)
    if stub.delay is not None:
        document["delay"] = _delay(stub.delay)
    for name in ("fault", "priority", "weight", "times", "session", "set_state"):
        value = getattr(stub, name)
        if value != _DEFAULTS[name]:
            document[name] = _number(value) if name == "weight" else value
    return document


_DEFAULTS: dict[str, Json] = {
    "fault": None,
    "priority": 5,
    "weight": None,
    "times": None,
    "session": "",
    "set_state": {},
}


def _match(match: RequestMatch) -> Json:
    short = _short_match(match)
    if short:
        return short
    found: JsonObject = {}
    for name in ("operation", "method", "path", "path_regex", "url", "url_regex"):
        if getattr(match, name):
            found[name] = getattr(match, name)
    for name in ("params", "query", "headers", "cookies"):
        matchers: dict[str, ValueMatcher] = getattr(match, name)
        if matchers:
            found[name] = {key: _value(matcher) for key, matcher in matchers.items()}
    if match.body is not None:
        found["body"] = _body(match.body)
    if match.persona:
        found["persona"] = match.persona
    if match.state:
        found["state"] = dict(match.state)
    return found


def _short_match(match: RequestMatch) -> str:
    """Return the text that is the whole match, or an empty one."""
    if match == RequestMatch(operation=match.operation) and match.operation and not match.operation.startswith("/"):
        return match.operation
    if match == RequestMatch(path=match.path) and match.path.startswith("/"):
        return match.path
    return ""


def _value(matcher: ValueMatcher) -> Json:
    if matcher == ValueMatcher(equals=matcher.equals) and isinstance(matcher.equals, str):
        return matcher.equals
    if matcher == ValueMatcher(present=False):
        return None
    return _set_fields(matcher)


def _body(body: BodyMatcher) -> Json:
    if body == BodyMatcher(equals=body.equals) and body.equals is not UNSET and not isinstance(body.equals, dict):
        return body.equals
    found = _set_fields(body)
    if body.form is not UNSET:
        found["form"] = {name: _value(matcher) for name, matcher in body.form.items()}
    if body.all_of:
        found["all_of"] = [_body(each) for each in body.all_of]
    return found


def _set_fields(noun: ValueMatcher | BodyMatcher) -> JsonObject:
    """Return the fields that are set, by name."""
    return {
        name: value
        for name, default in zip(noun.__struct_fields__, noun.__struct_defaults__, strict=True)
        if (value := getattr(noun, name)) is not UNSET and value != default
    }


def _respond(respond: StubResponse) -> Json:
    found: JsonObject = {}
    if respond.status is not None:
        found["status"] = respond.status
    if respond.headers:
        found["headers"] = respond.headers
    for name in ("json", "text", "base64", "file"):
        if getattr(respond, name) is not UNSET:
            found[name] = getattr(respond, name)
    if respond.example:
        found["example"] = respond.example
    if respond.template:
        found["template"] = True
    return found["status"] if found.keys() == {"status"} else found


def _delay(delay: Delay) -> Json:
    if delay == Delay(fixed_ms=delay.fixed_ms) and delay.fixed_ms is not None:
        return _duration(delay.fixed_ms)
    found: JsonObject = {}
    for name in ("fixed_ms", "uniform_ms", "normal_ms", "lognormal_ms", "dribble_ms"):
        value = getattr(delay, name)
        if value is not None:
            found[name.removesuffix("_ms")] = [*map(_number, value)] if isinstance(value, tuple) else _number(value)
    return found


def _number(value: float) -> float:
    """Return a number without the `.0` that nobody writes."""
    return int(value) if value == int(value) else value


def _duration(ms: float) -> Json:
    """Return a wait as text, where the text is exactly it, else as a number of milliseconds."""
    if ms != int(ms):
        return ms
    return f"{int(ms) // 1000}s" if ms >= 1000 and ms % 1000 == 0 else f"{int(ms)}ms"


def as_yaml(documents: list[JsonObject]) -> str:
    """Return documents as the text of a YAML file.

    What the writer cannot hold makes it JSON, which YAML 1.2 is, too.
    """
    import yaml12  # noqa: PLC0415 (the gateway reads stubs and writes none)

    if not documents:
        return "[]\n"
    encoded = msgspec.json.encode(documents)
    try:
        plain = yaml12.format_yaml(documents) + "\n"
        for text in (plain.replace("\n- ", "\n\n- "), plain):
            if msgspec.json.encode(read_document(text.encode("utf-8"), "stubs.yaml").data) == encoded:
                return text
    except (ValueError, TypeError, RecursionError, Invalid):
        pass  # an integer beyond 64 bits, a control character, depth: JSON says it
    return json.dumps(documents, indent=2).replace("\x7f", "\\u007f") + "\n"
