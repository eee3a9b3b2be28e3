"""Importing other tools' files into a workspace, again and again: what people changed here since stays."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Diagnostic, Severity, pointer
from mockops.core.errors import Invalid
from mockops.mocking.importers.foreign import FORMATS, FormatUnknown, read_foreign
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.model import StubInvalid
from mockops.mocking.model.saved import ItemWrite
from mockops.mocking.rules.manifests import item_content
from mockops.mocking.rules.reimport import Kept, Reimported, reimport
from mockops.mocking.service.stubs import begin_stub_changes, save_stub_changes
from mockops.mocking.store import items as store
from mockops.workspaces.service.blobs import read_blobs, save_blobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockops.core.json import Json, JsonObject
    from mockops.infra.db.transactions import Tx
    from mockops.mocking.importers.foreign import ImportOptions
    from mockops.mocking.model.saved import SavedItem
    from mockops.mocking.rules.reimport import Action, Preference
    from mockops.mocking.service.changes import Changes
    from mockops.workspaces.model.environments import Workspace
    from mockops.workspaces.rules.merge import MergeConflict

_MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file of another tool, read: what comes before the transaction, for it may take a while."""

    origin: str
    """`import:FORMAT:NAME`, kept with the stubs: importing the same again knows them by it."""
    items: dict[str, Kept]
    """Content of each stub by its key, in their order."""
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemConflicts:
    """Where upstream and people changed the same of one stub, and not to the same."""

    key: str
    conflicts: tuple[MergeConflict, ...]


@dataclass(slots=True, kw_only=True)
class Report:
    """What an import did, or would do."""

    origin: str
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Edited here, and upstream not (or not there any more): they stay."""
    merged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Cannot be used; diagnostics say why."""
    conflicts: list[ItemConflicts] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def read_import(
    format: str, document: Json, files: Mapping[str, str], *, name: str = "", options: ImportOptions | None = None
) -> Import:
    """Read a file of another tool.

    Args:
        format: A name in `mocking.importers.foreign.FORMATS`.
        document: The file, parsed.
        files: Base64 of files that it refers to, by the names it uses.
        name: Tells imports of one format apart; empty: what the document calls itself.
        options: What to choose of it.

    Raises:
        FormatUnknown: There is no such format.
        StubInvalid: It is no such file, or nothing of it can be used.

    """
    if format not in FORMATS:
        message = f"There is no format {format[:80]!r}; there are {', '.join(FORMATS)}."
        raise FormatUnknown(message)
    imported = read_foreign(format, Plain(document, format), read_file=_reader(files), options=options)
    errors = [each for each in imported.diagnostics if each.severity is Severity.ERROR]
    if errors and not imported.documents:
        raise StubInvalid(f"{errors[0].pointer or 'the document'}: {errors[0].message}", imported.diagnostics)
    encoded = {file: b64encode(content).decode() for file, content in imported.files.items()}
    items = {each["id"]: Kept.of(each, _files_of(each, encoded)) for each in imported.documents}
    said = (name or FORMATS[format].name_of(document)).strip()[:_MAX_NAME]
    origin = f"import:{format}" + (f":{_plain(said)}" if said else "")
    return Import(origin=origin, items=items, diagnostics=tuple(imported.diagnostics))


def save_import(
    tx: Tx, workspace: Workspace, imported: Import, *, prefer: Preference = "", is_dry_run: bool = False
) -> Report:
    """Save what was read: the stubs of the same import before are its base.

    Args:
        tx: The transaction.
        workspace: Where it goes.
        imported: What `read_import` returned.
        prefer: Who wins where upstream and people changed the same; empty: it stays, and is listed as a conflict.
        is_dry_run: Whether to look only.

    Raises:
        NotAllowed: The caller's role does not suffice.

    """
    changes = begin_stub_changes(tx, workspace, origin=imported.origin)
    ours = {item.key: item for item in store.list_imported(tx, workspace.id, imported.origin)}
    changes.load((*imported.items, *ours))
    taken = [key for key in imported.items if key not in ours and changes.has(key)]
    ours |= {key: changes.current(key) for key in taken}
    bases = _read_bases(tx, ours.values())
    report = Report(origin=imported.origin, diagnostics=list(imported.diagnostics))
    upstream: list[bytes] = []
    for key in dict.fromkeys((*imported.items, *ours)):
        mine, theirs = ours.get(key), imported.items.get(key)
        decided = reimport(
            ours=None if mine is None else Kept(content=_content(mine), digest=mine.digest),
            theirs=theirs,
            base=bases.get(mine.base_digest) if mine is not None else None,
            base_digest=mine.base_digest if mine is not None else "",
            prefer=prefer,
        )
        if _perform(changes, key, decided, mine, report) and decided.action == "merged" and theirs is not None:
            # nobody has it as it is, but the next import needs it as its base
            upstream.append(item_content(theirs.content["document"], theirs.content["files"]))
    changes.reorder([key for key in imported.items if key not in taken])
    if not is_dry_run:
        save_blobs(tx, upstream)
        save_stub_changes(tx, workspace, changes)
    return report


def _perform(changes: Changes, key: str, decided: Reimported, mine: SavedItem | None, report: Report) -> bool:
    """Do what was decided about a stub and report it; return False when the stub cannot be used."""
    if decided.action == "removed":
        changes.delete(key)
    content = decided.content
    if content is None and decided.base_digest and mine is not None:
        content = _content(mine)
    if content is not None:
        write = ItemWrite(
            key=key, document=content["document"], files=content["files"], base_digest=decided.base_digest
        )
        try:
            changes.put(write)
        except StubInvalid as error:
            report.refused.append(key)
            report.diagnostics += [replace(each, source=f"stubs/{key}") for each in error.diagnostics]
            return False
    _note(report, key, decided)
    return True


def _note(report: Report, key: str, decided: Reimported) -> None:
    lists: dict[Action, list[str]] = {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "kept": report.kept,
        "merged": report.merged,
        "removed": report.removed,
    }
    if decided.action in lists:
        lists[decided.action].append(key)
    if decided.action == "conflict" or decided.conflicts:
        report.conflicts.append(ItemConflicts(key=key, conflicts=decided.conflicts))


def _content(item: SavedItem) -> JsonObject:
    return {"document": item.document, "files": item.files}


def _read_bases(tx: Tx, items: Iterable[SavedItem]) -> dict[str, JsonObject]:
    """Return the contents that edited stubs had when they were imported, by digest."""
    wanted = {item.base_digest for item in items if item.base_digest and item.base_digest != item.digest}
    return {digest: msgspec.json.decode(content) for digest, content in read_blobs(tx, wanted).items()}


def _reader(files: Mapping[str, str]) -> Callable[[str], bytes]:
    bodies: dict[str, bytes] = {}
    found: list[Diagnostic] = []
    for name, encoded in files.items():
        try:
            bodies[name.removeprefix("./")] = b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            message = "this is not Base64 (RFC 4648 section 4)"
            found.append(
                Diagnostic(code="mocking.import", message=message, source=name, pointer=pointer("files", name))
            )
    if found:
        raise StubInvalid(f"{found[0].pointer}: {found[0].message}", found)

    def read(name: str) -> bytes:
        plain = name.removeprefix("./")
        for each in (plain, f"__files/{plain}"):
            if each in bodies:
                return bodies[each]
        raise Invalid("it is not among the files sent; put its content, in Base64, under files")

    return read


def _files_of(document: JsonObject, encoded: Mapping[str, str]) -> dict[str, str]:
    """Return the files that a stub's document names."""
    respond = document.get("respond")
    name = respond.get("file") if isinstance(respond, dict) else None
    return {name: encoded[name]} if isinstance(name, str) and name in encoded else {}


def _plain(name: str) -> str:
    """Return a name that every database and header can hold."""
    return "".join(each if each.isprintable() and not "\ud800" <= each <= "\udfff" else " " for each in name)
