"""Stub files, YAML or JSON: one stub, a list of them, or `{stubs: [...]}`; WireMock mappings are recognised."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from mockops.core.diagnostics import Severity
from mockops.core.errors import Invalid
from mockops.mocking.importers.media_types import headers_for
from mockops.mocking.importers.shapes import Plain, Problems
from mockops.mocking.importers.spelling import shaper
from mockops.mocking.importers.wiremock import is_wiremock, read_wiremock
from mockops.mocking.model import Stub, StubInvalid, StubResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json
    from mockops.mocking.importers.shapes import Source
    from mockops.mocking.model import RequestMatch

CODE = "mocking.stub"
_MAX_FILE_BYTES = 16 << 20
_MAX_STUBS = 50_000


def read_stubs(document: Source, *, read_file: Callable[[str], bytes]) -> tuple[list[Stub], list[Diagnostic]]:
    """Read a stub file.

    Args:
        document: The file, parsed.
        read_file: Returns the content of a file beside it, by relative name; raises Invalid or OSError.

    Returns:
        The stubs that can be used, in the order of the file, and what is wrong with the others.

    """
    if is_wiremock(document.data):
        return read_wiremock(document, read_file=read_file)
    problems = Problems(document, CODE)
    stubs: dict[str, Stub] = {}
    for tokens, data in _entries(document.data, problems):
        stub = _read_one(data, tokens, problems, read_file)
        if stub is None:
            continue
        if stubs.setdefault(stub.id, stub) is not stub:
            problems.add((*tokens, "id"), f"another stub of this file has the id {stub.id!r}")
    return list(stubs.values()), problems.found


def stub_from_json(data: Json, *, source: str = "api") -> Stub:
    """Return the stub that a JSON value stands for.

    Raises:
        StubInvalid: With every problem as a diagnostic.

    """
    document = Plain(data, source)
    problems = Problems(document, CODE)
    stub = _read_one(data, (), problems, _no_files)
    if stub is None:
        first = problems.found[0]
        more = f" (and {len(problems.found) - 1} more)" if len(problems.found) > 1 else ""
        place = f"{first.pointer}: " if first.pointer else ""
        raise StubInvalid(f"{place}{first.message}{more}", problems.found)
    return stub


def match_from_json(data: Json, *, source: str = "api") -> RequestMatch:
    """Return the request match that a JSON value stands for, in the words of stub files.

    Raises:
        StubInvalid: With every problem as a diagnostic.

    """
    return stub_from_json({"id": "match", "match": data, "respond": {"status": 200}}, source=source).match


def _entries(data: Json, problems: Problems) -> list[tuple[tuple[str | int, ...], Json]]:
    """Return the stubs of a file with the tokens that lead to them."""
    prefix: tuple[str, ...] = ()
    if isinstance(data, dict) and "stubs" in data:
        for key in data:
            if key != "stubs":
                problems.add((key,), f"a stub file has no {key!r} beside stubs")
        prefix, data = ("stubs",), data["stubs"]
    elif isinstance(data, dict):
        return [((), data)]
    if data is None:
        return []
    if not isinstance(data, list):
        problems.add(prefix, "a stub file holds a stub, a list of stubs, or {stubs: [...]}")
        return []
    if len(data) > _MAX_STUBS:
        problems.add(prefix, f"{len(data)} stubs in one file are more than {_MAX_STUBS}; the rest is left out")
    return [((*prefix, at), each) for at, each in enumerate(data[:_MAX_STUBS])]


def _read_one(
    data: Json, tokens: tuple[str | int, ...], problems: Problems, read_file: Callable[[str], bytes]
) -> Stub | None:
    if isinstance(data, dict):
        data = {"id": stable_id(problems.document.source, tokens, data.get("name")), **data}
        if not {"match", "request"} & data.keys():
            hint = "write match: GET /path, or match: {} for every request"
            problems.add(tokens, "a stub says which requests it is for under match", hint=hint)
            return None
    stub = shaper(problems).read(data, Stub, tokens)
    if stub is None:
        return None
    if not (_has_effect(stub)):
        problems.add(
            tokens, "the stub has no respond block: it answers as the contract would", severity=Severity.WARNING
        )
    respond = with_file(stub.respond, (*tokens, "respond", "file"), problems, read_file)
    if respond is None:
        return None
    return msgspec.structs.replace(stub, respond=respond, source=stub.source or problems.place(tokens))


def _has_effect(stub: Stub) -> bool:
    return stub.respond != StubResponse() or stub.delay is not None or stub.fault is not None or bool(stub.set_state)


def stable_id(source: str, tokens: tuple[str | int, ...], name: Json) -> str:
    """Return an id for a stub without one: the same for the same file and name (or place in the file)."""
    below = source.replace("\\", "/").rpartition("/stubs/")[2]
    what = name if isinstance(name, str) and name else "/".join(map(str, tokens))
    return "stub-" + sha256(f"{below}\0{what}".encode()).hexdigest()[:12]


def with_file(
    respond: StubResponse, tokens: tuple[str | int, ...], problems: Problems, read_file: Callable[[str], bytes]
) -> StubResponse | None:
    """Return a respond block with its file's content in place of the file's name; None when it cannot be read."""
    if respond.file is UNSET:
        return respond
    name = respond.file
    if not name or name.startswith(("/", "\\", "~")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:2]:
        problems.add(tokens, f"{name!r} is not a file beside this one or in a folder below")
        return None
    try:
        content = read_file(name)
    except (Invalid, OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problems.add(tokens, f"{name!r} cannot be read: {reason}")
        return None
    if len(content) > _MAX_FILE_BYTES:
        problems.add(tokens, f"{name!r} has {len(content)} bytes, more than {_MAX_FILE_BYTES}")
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        if respond.template:
            problems.add(tokens, f"{name!r} is not UTF-8 text, so it cannot be a template")
            return None
        headers = headers_for(name, respond.headers, is_utf8=False)
        return msgspec.structs.replace(respond, file=UNSET, headers=headers, base64=b64encode(content).decode())
    headers = headers_for(name, respond.headers, is_utf8=True)
    return msgspec.structs.replace(respond, file=UNSET, headers=headers, text=text)


def _no_files(name: str) -> bytes:
    raise Invalid(f"{name!r}: files cannot be read over the API; send the content as text, json or base64")
