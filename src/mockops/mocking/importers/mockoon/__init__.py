"""Mockoon environments (data files, and the exports of older versions): routes and their responses become stubs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.diagnostics import Severity
from mockops.mocking.importers.foreign_parts import MAX_STUBS, Ids, Tally, as_list, as_object, as_text, finish_stub
from mockops.mocking.importers.mockoon.answers import Answers
from mockops.mocking.importers.mockoon.routes import Draft, Routes
from mockops.mocking.importers.shapes import Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.importers.foreign_parts import Tokens
    from mockops.mocking.importers.shapes import Source
    from mockops.mocking.model import Stub

_CODE = "mocking.mockoon"
_MAX_FOLDERS = 50


def is_mockoon(data: Json) -> bool:
    """Whether a document is an environment of Mockoon, or an export of an older version."""
    if not isinstance(data, dict):
        return False
    if as_text(data.get("source")).startswith("mockoon:"):
        return True
    is_marked = "lastMigration" in data or "endpointPrefix" in data or "mockoonSchema" in data
    return isinstance(data.get("routes"), list) and (is_marked or _has_routes(data["routes"]))


def _has_routes(routes: list[Json]) -> bool:
    first = as_object(routes[0]) if routes else {}
    return "endpoint" in first and "responses" in first


def read_mockoon(document: Source, *, read_file: Callable[[str], bytes]) -> tuple[list[Stub], list[Diagnostic]]:
    """Read a Mockoon environment.

    Args:
        document: The file, parsed.
        read_file: Returns the content of a response's file, by relative name; raises Invalid or OSError.

    Returns:
        The stubs, and what is not imported. Of those that answer one request the last is tried first, which is the one
        that Mockoon would try first.

    """
    problems = Problems(document, _CODE)
    if not is_mockoon(document.data):
        problems.add((), "this is no environment of Mockoon: it has no routes")
        return [], problems.found
    tally = Tally(problems)
    drafts: list[Draft] = []
    for environment, routes, tokens in _environments(document.data):
        drafts += _read_environment(environment, routes, tokens, problems, tally, read_file)
    if len(drafts) > MAX_STUBS:
        problems.add((), f"{len(drafts):,} stubs are more than {MAX_STUBS:,}; the rest is left out")
    ids = Ids()
    stubs: list[Stub] = []
    for draft in drafts[:MAX_STUBS]:
        stub = finish_stub({"id": ids.take(*draft.named), **draft.data}, draft.tokens, problems)
        if stub is not None:
            stubs.append(stub)
    tally.report()
    return stubs[::-1], problems.found


def _environments(data: JsonObject) -> Iterator[tuple[JsonObject, list[tuple[Json, Tokens]], Tokens]]:
    """Yield each environment with its routes: a data file holds one, an old export several, or routes alone."""
    if not as_text(data.get("source")).startswith("mockoon:"):
        yield data, [(route, ("routes", at)) for at, route in enumerate(as_list(data.get("routes")))], ()
        return
    loose: list[tuple[Json, Tokens]] = []
    for at, entry in enumerate(as_list(data.get("data"))):
        item = as_object(as_object(entry).get("item"))
        if as_object(entry).get("type") == "environment":
            tokens: Tokens = ("data", at, "item")
            routes = as_list(item.get("routes"))
            yield item, [(route, (*tokens, "routes", number)) for number, route in enumerate(routes)], tokens
        elif as_object(entry).get("type") == "route":
            loose.append((item, ("data", at, "item")))
    if loose:
        yield {}, loose, ()


def _read_environment(
    environment: JsonObject,
    routes: list[tuple[Json, Tokens]],
    tokens: Tokens,
    problems: Problems,
    tally: Tally,
    read_file: Callable[[str], bytes],
) -> Iterator[Draft]:
    if environment.get("proxyMode") is True:
        hint = "set the environment's upstream to the proxied host, and the reality to real with fallback: mock"
        message = f"proxy mode is not imported: what no route answers went to {as_text(environment.get('proxyHost'))!r}"
        problems.add((*tokens, "proxyMode"), message, hint=hint, severity=Severity.WARNING)
    if as_object(environment.get("tlsOptions")).get("enabled") is True:
        problems.add((*tokens, "tlsOptions"), "TLS is not imported", severity=Severity.WARNING)
    buckets = _buckets(environment)
    answers = Answers(environment, buckets, problems, tally, read_file)
    reader = Routes(as_text(environment.get("endpointPrefix")), buckets, answers, problems, tally)
    for route, place, folders in _in_order(environment, routes):
        yield from reader.read(route, place, folders)


def _buckets(environment: JsonObject) -> dict[str, str]:
    """Return the text of each data bucket, by every name that it goes by."""
    found: dict[str, str] = {}
    for bucket in map(as_object, as_list(environment.get("data"))):
        for name in map(as_text, (bucket.get("name"), bucket.get("uuid"), bucket.get("id"))):
            if name:
                found[name] = as_text(bucket.get("value"))
    return found


def _in_order(
    environment: JsonObject, routes: list[tuple[Json, Tokens]]
) -> Iterator[tuple[Json, Tokens, tuple[str, ...]]]:
    """Yield the routes as Mockoon tries them: along the tree of folders; those that no folder lists come last."""
    by_uuid: dict[str, tuple[Json, Tokens]] = {}
    for route in routes:
        by_uuid.setdefault(as_text(as_object(route[0]).get("uuid")), route)
    folders = {as_text(as_object(each).get("uuid")): as_object(each) for each in as_list(environment.get("folders"))}
    seen: set[Tokens] = set()

    def walk(children: Json, names: tuple[str, ...]) -> Iterator[tuple[Json, Tokens, tuple[str, ...]]]:
        for child in map(as_object, as_list(children)):
            uuid = as_text(child.get("uuid"))
            if child.get("type") == "folder":
                folder = folders.pop(uuid, None)  # once: a folder in itself never ends
                if folder is not None and len(names) < _MAX_FOLDERS:
                    yield from walk(folder.get("children"), (*names, as_text(folder.get("name"))))
            elif uuid in by_uuid and by_uuid[uuid][1] not in seen:
                route, tokens = by_uuid[uuid]
                seen.add(tokens)
                yield route, tokens, names

    yield from walk(environment.get("rootChildren"), ())
    for route, tokens in routes:
        if tokens not in seen:
            yield route, tokens, ()
