"""Postman collections (v2.1, v2.0): saved responses become stubs, answered as Postman's mock servers answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.importers.foreign_parts import MAX_STUBS, Ids, Tally, finish_stub, specificity
from mockops.mocking.importers.postman.examples import Example, Walk
from mockops.mocking.importers.postman.variables import Variables
from mockops.mocking.importers.shapes import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.shapes import Source
    from mockops.mocking.model import Stub

_CODE = "mocking.postman"
_SELECTED = 4
"""Priority of what a header asks for by name or code: before everything that is found by path."""


def is_postman(data: Json) -> bool:
    """Whether a document is a Postman collection, bare or as Postman's API wraps it."""
    data = _unwrapped(data)
    if not isinstance(data, dict) or not isinstance(data.get("info"), dict):
        return isinstance(data, dict) and isinstance(data.get("requests"), list) and "order" in data
    return isinstance(data.get("item"), list) or "schema.getpostman.com" in str(data["info"].get("schema", ""))


def _unwrapped(data: Json) -> Json:
    inner = data.get("collection") if isinstance(data, dict) else None
    return inner if isinstance(inner, dict) else data


def read_postman(document: Source, *, read_file: Callable[[str], bytes]) -> tuple[list[Stub], list[Diagnostic]]:
    """Read a Postman collection.

    Of the saved responses to one method and path the first 2xx (else the first) is the default; one saved with other
    query parameters or path variables is answered where these are sent, and each other one by `x-mock-response-name`,
    `x-mock-response-code` or `Prefer: code=`.

    Args:
        document: The file, parsed.
        read_file: Not asked: collections hold their bodies.

    Returns:
        The stubs, of equal priorities the most specific last, and what is not imported.

    """
    del read_file
    problems = Problems(document, _CODE)
    data = document.data
    prefix: tuple[str, ...] = ()
    if isinstance(data, dict) and isinstance(data.get("collection"), dict):
        prefix, data = ("collection",), data["collection"]
    if not isinstance(data, dict) or not isinstance(data.get("item"), list):
        is_old = isinstance(data, dict) and isinstance(data.get("requests"), list)
        message = "this is a collection of format v1" if is_old else "a Postman collection has a list under item"
        problems.add(prefix, message, hint="export the collection from Postman as Collection v2.1")
        return [], problems.found
    tally = Tally(problems)
    variables = Variables(data.get("variable"), tally, (*prefix, "variable"))
    walk = Walk(problems, tally, variables)
    walk.read(data, prefix)
    groups: dict[tuple[str, str], list[Example]] = {}
    for example in walk.examples:
        groups.setdefault((example.method, example.shape), []).append(example)
    drafts = [draft for examples in groups.values() for draft in _drafts(examples)]
    drafts.sort(key=lambda draft: draft[0])
    ids = Ids()
    stubs = []
    for _, example, data_of in drafts[:MAX_STUBS]:
        draft = {"id": ids.take(*data_of.pop("named")), **data_of}
        stub = finish_stub(draft, example.tokens, problems)
        if stub is not None:
            stubs.append(stub)
    if len(drafts) > MAX_STUBS:
        problems.add(prefix, f"{len(drafts):,} stubs are more than {MAX_STUBS:,}; the rest is left out")
    tally.report()
    return stubs, problems.found


_Draft = tuple[tuple[int, int, int, int], Example, "JsonObject"]


def _drafts(examples: list[Example]) -> Iterator[_Draft]:
    """Yield the stubs of all examples of one method and path."""
    default = next((each for each in examples if 200 <= each.status < 300), examples[0])
    yield _draft(default, {}, 5, "")
    answered = [default.distinction]
    codes = {default.status}
    for example in examples:
        if example is default:
            continue
        query, params = example.apart_from(default)
        if (query or params) and example.distinction not in answered:
            answered.append(example.distinction)
            yield _draft(example, {"query": query, "params": params}, 5, "")
        if example.name:
            yield _draft(example, {"headers": {"x-mock-response-name": example.name}}, _SELECTED, "by name")
        if example.status not in codes:
            codes.add(example.status)
            code = str(example.status)
            yield _draft(example, {"headers": {"x-mock-response-code": code}}, _SELECTED, "by code")
            asked = rf'(?i)(?:.*[,;\s])?code\s*=\s*"?{code}"?(?:[,;\s].*)?'
            yield _draft(example, {"headers": {"prefer": {"regex": asked}}}, _SELECTED, "by prefer")


def _draft(example: Example, conditions: JsonObject, priority: int, way: str) -> _Draft:
    rest = {name: value for name, value in conditions.items() if value}
    count = sum(len(value) for value in rest.values())
    draft: JsonObject = {
        "named": (example.method, example.path, str(example.status), example.name, way),
        "name": " / ".join(filter(None, (*example.folders, example.item, example.name))) + (f" ({way})" if way else ""),
        "match": example.match(rest),
        "respond": example.respond,
    }
    if priority != 5:
        draft["priority"] = priority
    return specificity(example.path, count), example, draft
