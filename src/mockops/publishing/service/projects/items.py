"""Stubs, scenarios and personas of files as items: documents as people wrote them, with the files they name."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from mockops.core.diagnostics import Diagnostic, Severity, pointer
from mockops.mocking.importers.shapes import snake_case
from mockops.mocking.importers.wiremock import is_wiremock
from mockops.mocking.importers.written import written
from mockops.publishing.service import behaviour
from mockops.workspaces.model.projects import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mockops.core.documents import Document
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.model import Persona, Scenario, Stub

N = TypeVar("N", "Stub", "Scenario", "Persona")


@dataclass(frozen=True, slots=True)
class Found(Generic[N]):
    """A noun that was read, and the item it is."""

    noun: N
    item: Item


def stub_items(
    document: Document, path: Path, workspace: Path, name: str
) -> tuple[list[Found[Stub]], list[Diagnostic]]:
    """Return the stubs of a file, and what is wrong with it; none of them where something is.

    Args:
        document: The file, parsed; its `source` decides the ids of stubs that have none.
        path: Where it is.
        workspace: The workspace's folder, out of which no file is read.
        name: The file's path below the project's root.

    """
    contents: dict[str, bytes] = {}
    read_file = behaviour.file_reader(path, workspace)

    def remember(wanted: str) -> bytes:
        contents[wanted] = read_file(wanted)
        return contents[wanted]

    stubs, found = behaviour.read_stubs(document, read_file=remember)
    if any(each.severity is Severity.ERROR for each in found):
        return [], found
    if is_wiremock(document.data):
        several = "mappings" in document.data
        items = [
            Item(key=stub.id, document=written(stub), path=f"{name}#/mappings/{at}" if several else name)
            for at, stub in enumerate(stubs)
        ]
    else:
        items = [
            Item(key=stub.id, document=data, files=_files(data, contents), path=name + (where and f"#{where}"))
            for stub, (where, data) in zip(stubs, _entries(document.data), strict=True)
        ]
    return [Found(stub, item) for stub, item in zip(stubs, items, strict=True)], found


def _entries(data: Json) -> Iterator[tuple[str, JsonObject]]:
    """Give pointer and document of each stub of a file that is right."""
    prefix: tuple[str, ...] = ()
    if isinstance(data, dict) and "stubs" in data:
        prefix, data = ("stubs",), data["stubs"]
    if isinstance(data, dict):
        yield "", data
    else:
        for at, each in enumerate(data or ()):
            yield pointer(*prefix, at), each


def _files(data: JsonObject, contents: dict[str, bytes]) -> dict[str, str]:
    """Return the files, in Base64, that a stub's document names."""
    for key, respond in data.items():
        if snake_case(str(key)) not in ("respond", "response") or not isinstance(respond, dict):
            continue
        named = [value for name, value in respond.items() if snake_case(str(name)) == "file"]
        return {name: b64encode(contents[name]).decode() for name in named if name in contents}
    return {}


def scenario_item(document: Document, name: str) -> tuple[Found[Scenario] | None, list[Diagnostic]]:
    """Return the scenario of a file, and what is wrong with it."""
    scenario, found = behaviour.read_scenario(document)
    if scenario is None:
        return None, found
    return Found(scenario, Item(key=scenario.name, document=document.data, path=name)), found


def persona_item(document: Document, name: str) -> tuple[Found[Persona] | None, list[Diagnostic]]:
    """Return the persona of a file, and what is wrong with it."""
    persona, found = behaviour.read_persona(document)
    if persona is None:
        return None, found
    return Found(persona, Item(key=persona.name, document=document.data, path=name)), found


def unique_by_name(kind: str, items: Iterable[Found[N]]) -> tuple[list[Found[N]], list[Diagnostic]]:
    """Leave out what has a name that an earlier file has taken."""
    first: dict[str, Found[N]] = {}
    found = []
    for each in items:
        known = first.setdefault(each.item.key, each)
        if known is not each:
            message = f"the {kind} {each.item.key!r} is also in {known.noun.source}"
            place, _, line = each.noun.source.rpartition(":")
            found.append(
                Diagnostic(
                    code="workspace.name_taken",
                    message=message,
                    source=place or each.noun.source,
                    line=int(line) if line.isdigit() else None,
                    pointer="/name",
                    hint="give it another name",
                )
            )
    return list(first.values()), found
