"""The `response` part of a WireMock mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Severity
from mockops.mocking.importers.wiremock.handlebars import Untranslatable, translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.shapes import Problems

Tokens = tuple[str | int, ...]

_FAULTS = {
    "CONNECTION_RESET_BY_PEER": "reset",
    "EMPTY_RESPONSE": "empty_reply",
    "MALFORMED_RESPONSE_CHUNK": "malformed_chunk",
    "RANDOM_DATA_THEN_CLOSE": "garbage_then_close",
}
_BODIES = {"body": "text", "jsonBody": "json", "base64Body": "base64", "bodyFileName": "file"}
_TEMPLATE = "response-template"


def read_response(response: Json, tokens: Tokens, problems: Problems) -> JsonObject:
    """Return `respond`, `delay` and `fault` of a stub for a mapping's `response`."""
    if not isinstance(response, dict):
        problems.add(tokens, "response is not an object")
        return {}
    stub: JsonObject = {"respond": {"status": 200}}
    for key, value in response.items():
        place = (*tokens, key)
        if value is None:
            continue
        if key in _BODIES:
            stub["respond"][_BODIES[key]] = value
        elif key in _PARTS:
            _PARTS[key](stub, value, place, problems)
        else:
            problems.add(place, f"response has {key!r}, which has no counterpart")
    if not stub["respond"].keys() & _BODIES.values():
        stub["respond"]["text"] = ""  # WireMock knows no contract that could give a body
    return stub


def _status(stub: JsonObject, value: Json, _tokens: Tokens, _problems: Problems) -> None:
    stub["respond"]["status"] = value


def _status_message(_stub: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    message = f"the reason phrase {value!r} is not sent: HTTP/2 has none, and clients must not rely on it (RFC 9110)"
    problems.add(tokens, message, severity=Severity.WARNING)


def _headers(stub: JsonObject, value: Json, _tokens: Tokens, _problems: Problems) -> None:
    stub["respond"]["headers"] = value


def _fixed_delay(stub: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    _wait(stub, {"fixed_ms": value}, tokens, problems)


def _distribution(stub: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    if isinstance(value, dict):
        kind = value.get("type")
        if kind == "lognormal":
            _wait(stub, {"lognormal_ms": [value.get("median", 0), value.get("sigma", 0)]}, tokens, problems)
            return
        if kind == "uniform":
            _wait(stub, {"uniform_ms": [value.get("lower", 0), value.get("upper", 0)]}, tokens, problems)
            return
        if kind == "fixed":
            _wait(stub, {"fixed_ms": value.get("milliseconds", 0)}, tokens, problems)
            return
    problems.add(tokens, "a delay distribution is lognormal, uniform or fixed")


def _wait(stub: JsonObject, wait: JsonObject, tokens: Tokens, problems: Problems) -> None:
    delay = stub.setdefault("delay", {})
    if delay.keys() - {"dribble_ms"}:
        problems.add(tokens, "a fixed delay beside a distribution has no counterpart; keep one")
    delay.update(wait)


def _dribble(stub: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    if not isinstance(value, dict) or "totalDuration" not in value:
        problems.add(tokens, "chunkedDribbleDelay has a totalDuration")
        return
    stub.setdefault("delay", {})["dribble_ms"] = value["totalDuration"]


def _fault(stub: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    if value in _FAULTS:
        stub["fault"] = _FAULTS[value]
    else:
        problems.add(tokens, f"the fault {value!r} is none of {', '.join(_FAULTS)}")


def _transformers(stub: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    for name in value if isinstance(value, list) else [value]:
        if name == _TEMPLATE:
            stub["respond"]["template"] = True
        else:
            problems.add(tokens, f"the transformer {name!r} has no counterpart; there is {_TEMPLATE}")


def _proxy(_stub: JsonObject, _value: Json, tokens: Tokens, problems: Problems) -> None:
    hint = "set the environment's upstream, and the operation's reality to real"
    problems.add(tokens, "a stub does not forward requests", hint=hint)


def _empty_only(_stub: JsonObject, value: Json, tokens: Tokens, problems: Problems) -> None:
    if value:
        problems.add(tokens, f"{tokens[-1]!r} has no counterpart")


_PARTS: dict[str, Callable[[JsonObject, Json, Tokens, Problems], None]] = {
    "status": _status,
    "statusMessage": _status_message,
    "headers": _headers,
    "fixedDelayMilliseconds": _fixed_delay,
    "delayDistribution": _distribution,
    "chunkedDribbleDelay": _dribble,
    "fault": _fault,
    "transformers": _transformers,
    "transformerParameters": _empty_only,
    "proxyBaseUrl": _proxy,
    "additionalProxyRequestHeaders": _empty_only,
    "removeProxyRequestHeaders": _empty_only,
    "proxyUrlPrefixToRemove": _empty_only,
    "fromConfiguredStub": lambda *_: None,
}


def translated(value: Json, tokens: Tokens, problems: Problems) -> Json:
    """Return a value in which every text is Jinja2 instead of Handlebars."""
    if isinstance(value, dict):
        return {key: translated(member, (*tokens, key), problems) for key, member in value.items()}
    if isinstance(value, list):
        return [translated(item, (*tokens, at), problems) for at, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    try:
        return translate(value)
    except Untranslatable as error:
        problems.add(
            tokens, f"the template cannot be translated: {error}", hint="write it as Jinja2 in a stub of our own"
        )
        return value


def translate_templates(respond: JsonObject, tokens: Tokens, problems: Problems) -> None:
    """Turn the texts of a templated respond block into Jinja2, in place."""
    for key, name in (("text", "body"), ("json", "jsonBody"), ("headers", "headers")):
        if key in respond and respond[key] is not msgspec.UNSET:
            respond[key] = translated(respond[key], (*tokens, name), problems)
