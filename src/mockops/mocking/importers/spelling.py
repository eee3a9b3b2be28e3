"""The shorthands people may write, and what they stand for."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from mockops.mocking.importers.shapes import Shaper, text_of
from mockops.mocking.model import (
    BodyMatcher,
    Delay,
    LifecycleTransition,
    Persona,
    RequestMatch,
    Scenario,
    ScenarioRule,
    Stub,
    StubResponse,
    Transition,
    ValueMatcher,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json
    from mockops.mocking.importers.shapes import Problems

Tokens = tuple[str | int, ...]

_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)\s*")
_UNIT_MS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}
_SCALARS = (str, int, float, bool)
_MAX_DELAY_MS = 600_000.0
_BODY_KEYS = frozenset(BodyMatcher.__struct_fields__)


def duration_ms(text: str) -> float | None:
    """Return the milliseconds that `200ms`, `2s`, `5m`, `1h` or `1d` stand for, or None."""
    match = _DURATION.fullmatch(text)
    return float(match[1]) * _UNIT_MS[match[2]] if match else None


def _value_matcher(value: Json, _tokens: Tokens, _problems: Problems) -> Json:
    if isinstance(value, _SCALARS):
        return {"equals": text_of(value)}
    return {"present": False} if value is None else value


def _body_matcher(value: Json, tokens: Tokens, problems: Problems) -> Json:
    if not isinstance(value, dict):
        return {"equals": value}
    if value and not any(key in _BODY_KEYS or key in _ALIASES[BodyMatcher] for key in map(_plain_key, value)):
        problems.add(
            tokens, "a body matcher has none of these keys", hint="a JSON body to equal is written under equals:"
        )
        return {}
    return value


def _plain_key(key: object) -> str:
    return (
        str(key)
        .replace("jsonPath", "json_path")
        .replace("jsonSchema", "json_schema")
        .replace("jsonSubset", "json_subset")
    )


def _request_match(value: Json, _tokens: Tokens, _problems: Problems) -> Json:
    if not isinstance(value, str):
        return value
    return {"path": value} if value.startswith("/") else {"operation": value}


def _respond(value: Json, _tokens: Tokens, _problems: Problems) -> Json:
    if isinstance(value, int) and not isinstance(value, bool):
        return {"status": value}
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict) or "body" not in value:
        return value
    body = value["body"]
    return {
        ("text" if isinstance(body, str) else "json") if key == "body" else key: each for key, each in value.items()
    }


def _delay(value: Json, tokens: Tokens, problems: Problems) -> Json:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return {"fixed_ms": _in_ms(value, tokens, problems)}
    if not isinstance(value, dict):
        return value
    return {key: _delay_member(str(key), member, (*tokens, key), problems) for key, member in value.items()}


def _delay_member(key: str, member: Json, tokens: Tokens, problems: Problems) -> Json:
    if isinstance(member, list):
        is_lognormal = key.startswith("lognormal")
        return [
            item if is_lognormal and at == 1 else _in_ms(item, (*tokens, at), problems)
            for at, item in enumerate(member)
        ]
    return _in_ms(member, tokens, problems)


def _in_ms(value: Json, tokens: Tokens, problems: Problems) -> Json:
    if not isinstance(value, str):
        return value
    ms = duration_ms(value)
    if ms is None:
        problems.add(
            tokens, f"{value!r} is not a duration", hint="write for instance 200ms, 2s, or milliseconds as a number"
        )
        return 0.0
    return ms


def _timed(value: Json, tokens: Tokens, problems: Problems) -> Json:
    if not isinstance(value, dict) or not isinstance(value.get("after"), str):
        return value
    ms = duration_ms(value["after"])
    if ms is None:
        hint = "write for instance 30s, 5m, or seconds as a number"
        problems.add((*tokens, "after"), f"{value['after']!r} is not a duration", hint=hint)
    return {**value, "after": (ms or 0.0) / 1000}


def _check_delay(shaped: dict[str, Json], tokens: Tokens, problems: Problems) -> None:
    waits = [name for name in shaped if name != "dribble_ms"]
    if len(waits) > 1:
        problems.add(tokens, f"a delay has one distribution, not {' and '.join(waits)}")
    if not shaped:
        problems.add(tokens, "a delay is empty", hint="write for instance 200ms, or {uniform: [10, 50]}")
    for name, value in shaped.items():
        numbers = value if isinstance(value, list) else [value]
        if len(numbers) != (1 if name in ("fixed_ms", "dribble_ms") else 2):
            problems.add(
                tokens, f"{name} takes {'one number' if name in ('fixed_ms', 'dribble_ms') else 'two numbers'}"
            )
        elif not all(isinstance(each, int | float) and 0 <= each <= _MAX_DELAY_MS for each in numbers):
            problems.add(tokens, f"{name} is outside 0 to {_MAX_DELAY_MS:.0f} ms (ten minutes)")
        elif name == "uniform_ms" and numbers[0] > numbers[1]:
            problems.add(tokens, f"uniform: the lowest, {numbers[0]}, is above the highest, {numbers[1]}")


def _check_respond(shaped: dict[str, Json], tokens: Tokens, problems: Problems) -> None:
    bodies = [name for name in ("json", "text", "base64", "file") if name in shaped]
    if len(bodies) > 1:
        problems.add(tokens, f"a respond block has one body, not {' and '.join(bodies)}")
    status = shaped.get("status")
    if isinstance(status, int) and not 100 <= status <= 599:
        problems.add((*tokens, "status"), f"{status} is not an HTTP status (100 to 599)")
    if isinstance(shaped.get("base64"), str):
        try:
            base64.b64decode(shaped["base64"], validate=True)
        except (binascii.Error, ValueError) as error:
            problems.add((*tokens, "base64"), f"not Base64: {error}")


def _check_match(shaped: dict[str, Json], tokens: Tokens, problems: Problems) -> None:
    addresses = [name for name in ("operation", "path", "path_regex", "url", "url_regex") if shaped.get(name)]
    if len(addresses) > 1:
        problems.add(tokens, f"a match has one of {' and '.join(addresses)}")
    if shaped.get("operation") and shaped.get("method"):
        problems.add((*tokens, "method"), "an operation has a method already", hint="leave method out, or write a path")
    path = shaped.get("path")
    if isinstance(path, str) and path and not path.startswith("/"):
        problems.add((*tokens, "path"), f"{path!r} does not start with /")
    elif isinstance(path, str) and "?" in path:
        problems.add((*tokens, "path"), "a path has no query string", hint="write the parameters under query:")


def _check_stub(shaped: dict[str, Json], tokens: Tokens, problems: Problems) -> None:
    bounds = (("priority", 1, "at least 1 (tried first)"), ("times", 1, "at least 1"), ("weight", 0, "not negative"))
    for name, least, words in bounds:
        value = shaped.get(name)
        if isinstance(value, int | float) and value < least:
            problems.add((*tokens, name), f"{name} is {value}; it must be {words}")


_SPELL_OUT: dict[type, Callable[[Json, Tokens, Problems], Json]] = {
    ValueMatcher: _value_matcher,
    BodyMatcher: _body_matcher,
    RequestMatch: _request_match,
    StubResponse: _respond,
    Delay: _delay,
    Transition: _timed,
    LifecycleTransition: _timed,
}
_CHECK: dict[type, Callable[[dict[str, Json], Tokens, Problems], None]] = {
    Delay: _check_delay,
    StubResponse: _check_respond,
    RequestMatch: _check_match,
    Stub: _check_stub,
}
_ALIASES: dict[type, dict[str, str]] = {
    ValueMatcher: {"exists": "present", "matches": "regex"},
    BodyMatcher: {
        "json": "equals",
        "jsonpath": "json_path",
        "schema": "json_schema",
        "subset": "json_subset",
        "matches": "regex",
    },
    RequestMatch: {"operation_id": "operation", "path_params": "params"},
    StubResponse: {"json_body": "json"},
    Stub: {"request": "match", "response": "respond"},
    Delay: {
        "fixed": "fixed_ms",
        "uniform": "uniform_ms",
        "normal": "normal_ms",
        "lognormal": "lognormal_ms",
        "dribble": "dribble_ms",
    },
    ScenarioRule: {"operation_id": "operation"},
    Scenario: {},
    Persona: {},
}


def shaper(problems: Problems) -> Shaper:
    """Return a reader of stubs, scenarios and personas that notes what is wrong in `problems`."""
    return Shaper(problems, spell_out=_SPELL_OUT, check=_CHECK, aliases=_ALIASES)


def aliases_of(kind: type) -> dict[str, str]:
    """Return the other names that the fields of a noun go by in files, with the fields' own."""
    return dict(_ALIASES.get(kind, {}))
