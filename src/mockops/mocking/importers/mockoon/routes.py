"""The routes of a Mockoon environment: which response answers which request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Severity
from mockops.mocking.importers.foreign_parts import address, as_list, as_object, as_text, literal_path, parsed_json
from mockops.mocking.importers.mockoon.conditions import RuleUntranslatable, alternatives
from mockops.mocking.importers.mockoon.paths import Endpoint, endpoints_of
from mockops.mocking.model import INITIAL_STATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.foreign_parts import Tally, Tokens
    from mockops.mocking.importers.mockoon.answers import Answers
    from mockops.mocking.importers.shapes import Problems

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "all", "propfind", "report"})
_MAX_ITEMS = 200
_WRITES = (
    "describe the collection in a contract and set stateful: true, then it is created, updated and deleted for real"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A stub without its id."""

    named: tuple[str, ...]
    """What its id is made of."""
    tokens: Tokens
    data: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class _Response:
    """A response with what its stubs are made of."""

    tokens: Tokens
    number: int
    data: JsonObject
    label: str
    answer: JsonObject


class Routes:
    """Reads routes, in the order in which Mockoon tries them and their responses."""

    def __init__(
        self, prefix: str, buckets: Mapping[str, str], answers: Answers, problems: Problems, tally: Tally
    ) -> None:
        """Take what all routes share; `prefix` stands before each endpoint."""
        self._prefix = prefix
        self._buckets = buckets
        self._answers = answers
        self._problems = problems
        self._tally = tally

    def read(self, route: Json, tokens: Tokens, folders: tuple[str, ...]) -> Iterator[Draft]:
        """Yield the stubs of a route, the one to try first first."""
        if not isinstance(route, dict):
            self._problems.add(tokens, "a route is an object")
            return
        kind = as_text(route.get("type")) or "http"
        name = f"{as_text(route.get('method')).upper()} /{as_text(route.get('endpoint'))}"
        if route.get("enabled") is False:
            self._tally.add("{n} disabled route{s} left out", tokens, name)
            return
        if kind == "ws":
            self._tally.add("{n} WebSocket route{s} left out: stubs answer HTTP alone", tokens, name)
            return
        if as_text(route.get("streamingMode")):
            self._tally.add("{n} route{s} that stream: answered once, in one piece", tokens, name)
        responses = route.get("responses")
        if not isinstance(responses, list) or not all(isinstance(each, dict) for each in responses):
            self._problems.add((*tokens, "responses"), "a route has a list of responses")
            return
        if kind == "crud":
            yield from self._crud(route, responses, tokens)
            return
        method = as_text(route.get("method")).lower()
        if method not in _METHODS:
            self._problems.add((*tokens, "method"), f"{method[:40]!r} is no method; the route is left out")
            return
        title = " / ".join(filter(None, (*folders, as_text(route.get("documentation")))))
        for endpoint in reversed(endpoints_of(self._prefix, as_text(route.get("endpoint")))):
            yield from self._http(route, "" if method == "all" else method.upper(), endpoint, tokens, title)

    def _http(self, route: JsonObject, method: str, endpoint: Endpoint, tokens: Tokens, title: str) -> Iterator[Draft]:
        responses = list(self._usable(route["responses"], tokens))
        if not responses:
            return
        mode = as_text(route.get("responseMode"))
        if route.get("randomResponse") is True or mode == "RANDOM":
            for each in responses:
                yield self._draft(method, endpoint, each, title, {}, {"weight": 1})
            return
        if route.get("sequentialResponse") is True or mode == "SEQUENTIAL":
            yield from self._sequence(method, endpoint, responses, title)
            return
        default = next((each for each in responses if each.data.get("default") is True), responses[0])
        if mode != "DISABLE_RULES":
            yield from self._ruled(method, endpoint, responses, default, title)
        if mode != "FALLBACK":
            yield self._draft(method, endpoint, default, title, {}, {})

    def _usable(self, responses: list[JsonObject], tokens: Tokens) -> Iterator[_Response]:
        for at, data in enumerate(responses):
            place = (*tokens, "responses", at)
            answer = self._answers.read(data, place)
            if answer is not None:
                yield _Response(tokens=place, number=at, data=data, label=as_text(data.get("label")), answer=answer)

    def _ruled(
        self, method: str, endpoint: Endpoint, responses: list[_Response], default: _Response, title: str
    ) -> Iterator[Draft]:
        counted = _by_request_number(responses)
        for each in responses:
            rules = as_list(each.data.get("rules"))
            if not rules or (each is default and each.data.get("default") is True):
                continue  # without rules only the default one is ever given
            if each.number in counted:
                yield self._draft(method, endpoint, each, title, {}, {"times": 1})
                continue
            try:
                found = alternatives(rules, as_text(each.data.get("rulesOperator")) or "OR", self._buckets)
            except RuleUntranslatable as error:
                hint = "write the condition into a stub by hand: docs/guides/stubs.md"
                self._tally.add("{n} response{s} left out", (*each.tokens, "rules"), str(error), hint=hint)
                continue
            for rest in found:
                yield self._draft(method, endpoint, each, title, rest, {})

    def _sequence(self, method: str, endpoint: Endpoint, responses: list[_Response], title: str) -> Iterator[Draft]:
        """Yield responses that follow each other and begin again: a state says which one is next."""
        state = f"mockoon {method or 'ANY'} {endpoint.path or endpoint.regex}"
        names = [INITIAL_STATE, *map(str, range(2, len(responses) + 1))]
        for at, each in enumerate(responses):
            if len(responses) == 1:
                yield self._draft(method, endpoint, each, title, {}, {})
                continue
            following = names[(at + 1) % len(names)]
            yield self._draft(
                method, endpoint, each, title, {"state": {state: names[at]}}, {"set_state": {state: following}}
            )

    def _draft(
        self, method: str, endpoint: Endpoint, response: _Response, title: str, rest: JsonObject, extra: JsonObject
    ) -> Draft:
        rest = dict(rest)
        if endpoint.params or rest.get("params"):
            rest["params"] = _params(endpoint, rest.get("params", {}))
        method = rest.pop("method", method)
        if endpoint.regex:
            rest["path_regex"] = endpoint.regex
        status = str(response.answer["respond"]["status"])
        data: JsonObject = {
            "name": " / ".join(filter(None, (title, response.label))),
            "match": address(method, endpoint.path, rest),
            **response.answer,
            **extra,
        }
        if not data["name"]:
            del data["name"]
        named = (method or "any", endpoint.path or endpoint.regex, status, response.label)
        return Draft(named=named, tokens=response.tokens, data=data)

    def _crud(self, route: JsonObject, responses: list[JsonObject], tokens: Tokens) -> Iterator[Draft]:
        """Yield what reads a data bucket: the list, and each item by id."""
        path = "/" + "/".join(
            literal_path(part.strip("/")) for part in (self._prefix, as_text(route.get("endpoint"))) if part.strip("/")
        )
        first = as_object(responses[0]) if responses else {}
        items = parsed_json(self._buckets.get(as_text(first.get("databucketID")), ""))
        message = f"the CRUD route {path} is imported for reading alone"
        if items is msgspec.UNSET:
            message = f"the CRUD route {path} is left out: its data bucket is not JSON, or a template"
        self._problems.add(tokens, message, hint=_WRITES, severity=Severity.WARNING)
        if items is msgspec.UNSET:
            return
        key = as_text(first.get("crudKey")) or "id"
        data: JsonObject = {"match": address("GET", path, {}), "respond": {"status": 200, "json": items}}
        yield Draft(named=("get", path, "200"), tokens=tokens, data=data)
        for item in as_list(items)[:_MAX_ITEMS]:
            value = as_text(as_object(item).get(key))
            if value and "/" not in value:
                single: JsonObject = {
                    "match": {"method": "GET", "path": f"{path}/{{id}}", "params": {"id": value}},
                    "respond": {"status": 200, "json": item},
                }
                yield Draft(named=("get", path, value), tokens=tokens, data=single)
        if isinstance(items, list):
            missing: JsonObject = {
                "match": address("GET", f"{path}/{{id}}", {}),
                "respond": {"status": 404, "json": {}},
            }
            yield Draft(named=("get", path, "id", "404"), tokens=tokens, data=missing)


def _params(endpoint: Endpoint, ruled: JsonObject) -> JsonObject:
    """Return the matchers of path parameters: of the pattern, and of rules."""
    found = {name: dict(matcher) for name, matcher in endpoint.params.items()}
    for name, matcher in ruled.items():
        found[name] = {**found.get(name, {}), **matcher}
    return found


def _by_request_number(responses: list[_Response]) -> set[int]:
    """Return the responses whose one rule is the number of the request, where they are 1, 2, 3 … in order."""
    found: list[int] = []
    for each in responses:
        rules = as_list(each.data.get("rules"))
        rule = as_object(rules[0]) if len(rules) == 1 else {}
        if rule.get("target") == "request_number" and rule.get("invert") is not True:
            is_next = as_text(rule.get("operator")) in ("", "equals") and as_text(rule.get("value")) == str(
                len(found) + 1
            )
            if not is_next:
                return set()
            found.append(each.number)
    return set(found)
