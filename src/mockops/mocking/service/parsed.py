"""Items as the gateway understands them: read from what people wrote, once for each content."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Diagnostic, Severity, pointer
from mockops.core.errors import Invalid
from mockops.mocking.importers.personas import read_persona
from mockops.mocking.importers.scenarios import read_scenario
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.stubs import read_stubs
from mockops.mocking.model import Persona, Scenario, Stub, StubInvalid
from mockops.mocking.rules.check import check_scenario, check_stub
from mockops.mocking.rules.manifests import item_content
from mockops.mocking.rules.match import resolve_operation
from mockops.mocking.rules.scenarios import as_match
from mockops.mocking.service.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import RequestMatch
    from mockops.mocking.model.saved import Kind, SavedItem

MAX_DEPTH = 100
"""Levels of objects and arrays in a document."""
MAX_CACHED_BYTES = 64 << 20
"""Of the contents that are kept read."""

Noun = Stub | Scenario | Persona


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """An item's content, checked to be JSON that can be kept."""

    document: JsonObject
    files: Mapping[str, str]
    encoded: bytes
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What an item says; pointers of diagnostics begin with `/document` or `/files`."""

    noun: Noun | None
    """None: it cannot be used."""
    diagnostics: tuple[Diagnostic, ...]
    """What is wrong with it whatever the contract says."""


def content_of(document: JsonObject, files: Mapping[str, str]) -> Content:
    """Return an item's content with its digest.

    Raises:
        StubInvalid: It is not JSON that can be kept.

    """
    try:
        encoded = item_content(document, files)
        if _opened(encoded) > MAX_DEPTH and _depth(document) > MAX_DEPTH:
            raise _refusal(f"it nests more than {MAX_DEPTH} levels deep")
        if msgspec.json.decode(encoded) != {"document": document, "files": dict(files)}:
            raise _refusal("a number is not finite: JSON has no NaN and no Infinity")
    except UnicodeEncodeError:
        raise _refusal("a text holds half a character (a lone surrogate)") from None
    except RecursionError:
        raise _refusal("it nests too deeply") from None
    return Content(document=document, files=files, encoded=encoded, digest=sha256(encoded).hexdigest())


def _opened(encoded: bytes) -> int:
    """Return how many objects and arrays there can be at most: most documents have so few that they cannot be deep."""
    return encoded.count(b"{") + encoded.count(b"[")


def _depth(value: Json) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def read_content(encoded: bytes) -> tuple[JsonObject, dict[str, str]]:
    """Return document and files of what `Content.encoded` keeps."""
    kept = msgspec.json.decode(encoded)
    return kept["document"], kept["files"]


def _refusal(message: str) -> StubInvalid:
    found = Diagnostic(code="mocking.document", message=message, source="document", pointer="/document")
    return StubInvalid(f"/document: {message}", [found])


_RECENT: Recent[Parsed] = Recent(MAX_CACHED_BYTES)
"""Of this process: content never changes, so what was read of a digest stays true."""


def parse(kind: Kind, key: str, content: Content) -> Parsed:
    """Read an item, or remember what was read of its content before.

    Args:
        kind: Of the item.
        key: Its key, which a stub without `id` is given; empty: what the document says.
        content: What it is.

    """
    found = find_parsed(kind, key, content.digest)
    if found is None:
        found = _READERS[kind](key, content)
        _RECENT.keep((kind, key, content.digest), found, len(content.encoded))
    return found


def find_parsed(kind: Kind, key: str, digest: str) -> Parsed | None:
    """Return what was read before of the content of a digest, or None."""
    return _RECENT.find((kind, key, digest))


def parse_saved(kind: Kind, item: SavedItem) -> Parsed:
    """Read an item as it is kept, or remember what was read of it before."""
    found = find_parsed(kind, item.key, item.digest)
    if found is not None:
        return found
    encoded = item_content(item.document, item.files)
    content = Content(document=item.document, files=item.files, encoded=encoded, digest=item.digest)
    return parse(kind, item.key, content)


def problems_of(kind: Kind, item: SavedItem, operations: Mapping[str, str]) -> list[Diagnostic]:
    """Return everything that is wrong with an item as it is kept, the contract being as it is now."""
    parsed = parse_saved(kind, item)
    return [*parsed.diagnostics, *operation_problems(parsed, operations)]


def operation_problems(parsed: Parsed, operations: Mapping[str, str]) -> list[Diagnostic]:
    """Return what only the contract shows to be wrong: operations that it does not have."""
    noun = parsed.noun
    if isinstance(noun, Stub):
        if _is_known(noun.match, operations):
            return []
        return [_below(each) for each in check_stub(noun, operations) if each.pointer == "/match/operation"]
    if isinstance(noun, Scenario):
        if all(_is_known(match, operations) for match in _matches_of(noun)):
            return []
        own = {each.pointer for each in parsed.diagnostics}
        found = [_below(each) for each in check_scenario(noun, operations)]
        return [each for each in found if each.severity is Severity.ERROR and each.pointer not in own]
    return []


def _matches_of(scenario: Scenario) -> Iterator[RequestMatch]:
    for rule in scenario.rules:
        if rule.operation:
            yield as_match(rule.operation)
        if rule.match is not None:
            yield rule.match
    for step in scenario.transitions:
        if step.when is not None:
            yield as_match(step.when)


def _is_known(match: RequestMatch, operations: Mapping[str, str]) -> bool:
    try:
        resolve_operation(match, operations)
    except StubInvalid:
        return False
    return True


def _below(found: Diagnostic, place: str = "/document") -> Diagnostic:
    return replace(found, pointer=place + found.pointer, line=None, column=None)


class _AnyOperation(dict[str, str]):
    """Knows every operationId: a check with it finds what is wrong whatever the contract says."""

    def __bool__(self) -> bool:
        return True

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        # a method with a path is looked at as a path template
        return default if "/" in key.partition(" ")[2] else key


def _read_stub(key: str, content: Content) -> Parsed:
    named: set[str] = set()
    found: list[Diagnostic] = []
    if "stubs" in content.document:
        several = "this is a list of stubs: send them one by one, or in bulk"
        return Parsed(noun=None, diagnostics=(_problem("/document/stubs", several),))
    bodies = dict(_decoded(content.files, found))
    stubs, problems = read_stubs(
        Plain(content.document, f"stubs/{key}" if key else "stub"),
        read_file=partial(_file, bodies=bodies, named=named, broken=content.files.keys() - bodies.keys()),
    )
    found += map(_below, problems)
    if len(stubs) != 1:
        if not any(each.severity is Severity.ERROR for each in found):
            found.append(_problem("/document", "this is not one stub, but several: send them one by one, or in bulk"))
        return Parsed(noun=None, diagnostics=tuple(found))
    stub = msgspec.structs.replace(stubs[0], id=key or stubs[0].id, source=f"stubs/{key or stubs[0].id}")
    found += map(_below, check_stub(stub, _AnyOperation()))
    for name in sorted(bodies.keys() - named):
        warning = _problem(pointer("files", name), f"no file: of the document names {name!r}")
        found.append(replace(warning, severity=Severity.WARNING, hint="leave it out, or name it under respond"))
    return _parsed(stub, found)


def _decoded(files: Mapping[str, str], found: list[Diagnostic]) -> Iterator[tuple[str, bytes]]:
    for name, encoded in files.items():
        try:
            yield name, b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            found.append(_problem(pointer("files", name), "this is not Base64 (RFC 4648 section 4)"))


def _file(name: str, *, bodies: Mapping[str, bytes], named: set[str], broken: set[str]) -> bytes:
    plain = name.removeprefix("./")
    for each in (name, plain):
        if each in bodies:
            named.add(each)
            return bodies[each]
        if each in broken:
            raise Invalid("its content is not Base64")
    raise Invalid("it is not among the files sent; put its content, in Base64, under files")


def _read_scenario(key: str, content: Content) -> Parsed:
    scenario, problems = read_scenario(Plain(content.document, f"scenarios/{key}" if key else "scenario"))
    found = [*map(_below, problems), *_no_files(content)]
    if scenario is None:
        return Parsed(noun=None, diagnostics=tuple(found))
    scenario = msgspec.structs.replace(scenario, source=f"scenarios/{scenario.name}")
    found += map(_below, check_scenario(scenario, _AnyOperation()))
    return _parsed(scenario, found)


def _read_persona(key: str, content: Content) -> Parsed:
    persona, problems = read_persona(Plain(content.document, f"personas/{key}" if key else "persona"))
    found = [*map(_below, problems), *_no_files(content)]
    if persona is None:
        return Parsed(noun=None, diagnostics=tuple(found))
    return _parsed(msgspec.structs.replace(persona, source=f"personas/{persona.name}"), found)


def _no_files(content: Content) -> Iterator[Diagnostic]:
    for name in content.files:
        yield _problem(pointer("files", name), "only stubs have files: write the content into the document")


def _parsed(noun: Noun, found: list[Diagnostic]) -> Parsed:
    is_broken = any(each.severity is Severity.ERROR for each in found)
    return Parsed(noun=None if is_broken else noun, diagnostics=tuple(found))


def _problem(where: str, message: str) -> Diagnostic:
    return Diagnostic(code="mocking.document", message=message, source="document", pointer=where)


_READERS: dict[Kind, Callable[[str, Content], Parsed]] = {
    "stub": _read_stub,
    "scenario": _read_scenario,
    "persona": _read_persona,
}
