"""Importing other tools' files into a workspace."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Query

from mockops.core.errors import Invalid
from mockops.core.json import Json, JsonObject
from mockops.infra.web.router import Prepare, Router, Write
from mockops.mocking.api.shapes import (
    ConflictShown,
    Format,
    ImportShown,
    ItemConflictsShown,
    Prefer,
    Text,
    WorkspaceName,
    show_problems,
)
from mockops.mocking.importers.foreign import ImportOptions
from mockops.mocking.model import StubInvalid
from mockops.mocking.service.imports import Import, ItemConflicts, read_import, save_import
from mockops.workspaces.rules.merge import MISSING, MergeConflict
from mockops.workspaces.service.workspaces import find_workspace

router = Router("mocking", tag="imports")

Document = Annotated[
    Any, Body(description="The file itself, or `{document, files}` with Base64 of the files that it refers to by name.")
]
Hosts = Annotated[list[str], Query(max_length=100, description="HAR: only exchanges with these hosts.")]


def _read(work: Prepare, *, format: str, body: Json, name: str, **options: Any) -> Import:
    """Read the file before the transaction: nobody waits for it to be read."""
    del work
    document, files = _parts(body)
    chosen = ImportOptions(
        hosts=tuple(options["host"]),
        path_prefix=options["path_prefix"],
        include_static=options["include_static"],
        redact_emails=options["redact_emails"],
    )
    return read_import(format, document, files, name=name, options=chosen)


def _parts(body: Json) -> tuple[Json, dict[str, str]]:
    if not isinstance(body, dict) or "document" not in body or body.keys() - {"document", "files"}:
        return body, {}
    files = body.get("files") or {}
    if not isinstance(files, dict) or not all(isinstance(content, str) for content in files.values()):
        raise Invalid("/files: this must be an object of Base64 texts by file name.")
    return body["document"], files


@router.writes("POST", "/workspaces/{workspace}/imports/{format}", errors=(StubInvalid,), prepare=_read)
def import_stubs(
    work: Write,
    workspace: WorkspaceName,
    format: Format,
    body: Document,
    dry_run: bool = False,
    name: Text = "",
    prefer: Prefer = "",
    host: Hosts = [],  # noqa: B006 (FastAPI copies it)
    path_prefix: Text = "",
    include_static: bool = False,
    redact_emails: bool = False,
) -> ImportShown:
    """Import a WireMock, Postman, HAR or Mockoon file as stubs; importing it again is a three-way merge.

    What nobody edited here since the last import of the same `name` becomes as upstream is, or goes with it; what was
    edited here is merged, or stays and is listed as a conflict. `dry_run` only says what would happen.
    """
    del format, body, name, host, path_prefix, include_static, redact_emails
    found = find_workspace(work.tx, work.caller, workspace)
    report = save_import(work.tx, found, work.prepared, prefer=prefer, is_dry_run=dry_run)
    return ImportShown(
        origin=report.origin,
        is_dry_run=dry_run,
        created=tuple(report.created),
        updated=tuple(report.updated),
        unchanged=tuple(report.unchanged),
        kept=tuple(report.kept),
        merged=tuple(report.merged),
        removed=tuple(report.removed),
        refused=tuple(report.refused),
        conflicts=tuple(map(_show, report.conflicts)),
        diagnostics=show_problems(report.diagnostics),
    )


def _show(item: ItemConflicts) -> ItemConflictsShown:
    return ItemConflictsShown(key=item.key, conflicts=tuple(ConflictShown(**_members(each)) for each in item.conflicts))


def _members(conflict: MergeConflict) -> JsonObject:
    values = {"base": conflict.base, "ours": conflict.ours, "theirs": conflict.theirs}
    return {"pointer": conflict.pointer, **{name: value for name, value in values.items() if value is not MISSING}}
