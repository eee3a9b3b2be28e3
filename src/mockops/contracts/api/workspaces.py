"""The contract of a workspace: which it is, what is in it, and importing it again."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from fastapi import Query

from mockops.contracts.api.contracts import BUILD_ERRORS
from mockops.contracts.api.shown import (
    OperationShown,
    ReimportShown,
    SetContract,
    WorkspaceContractShown,
    show_contract,
    show_current,
    show_diagnostics,
    show_operation,
)
from mockops.contracts.api.uploads import REIMPORT_REQUEST, ReimportBody
from mockops.contracts.model import ContractChanged, ContractNotSet, ContractUnknown
from mockops.contracts.service.build import Builder
from mockops.contracts.service.current import (
    OperationFilter,
    current_contract,
    open_contract,
    set_contract,
    unset_contract,
)
from mockops.contracts.service.reimport import ContractReview, merge_reimport, read_sides, save_reimport
from mockops.contracts.service.saved import read_bundle, read_contract
from mockops.core.actor import NotAllowed, Role, WorkspaceUnknown
from mockops.infra.db.pages import CursorInvalid, Page
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed
from mockops.infra.web.raw import RawBody, decode
from mockops.infra.web.router import Prepare, Raw, Read, Router, Write
from mockops.workspaces.service.workspaces import find_workspace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.contracts.model import Bundle, OperationEntry, Reimported
    from mockops.contracts.service.reimport import Sides
    from mockops.core.diagnostics import Diagnostic
    from mockops.infra.db.transactions import ReadTx
    from mockops.infra.web.services import Services
    from mockops.workspaces.model.environments import Workspace

router = Router("contracts", tag="contracts")

_PATH = "/workspaces/{workspace}/contract"
_UNKNOWN = (WorkspaceUnknown, ContractNotSet)
_CURSOR = b"operation:"


@router.reads("GET", _PATH, errors=_UNKNOWN)
def get_workspace_contract(work: Read, workspace: str) -> WorkspaceContractShown:
    """Return the contract of a workspace."""
    return show_current(*current_contract(work.tx, find_workspace(work.tx, work.caller, workspace)))


@router.writes("PUT", _PATH, errors=(WorkspaceUnknown, ContractUnknown, ContractChanged, NotAllowed))
def set_workspace_contract(work: Write, workspace: str, body: SetContract) -> WorkspaceContractShown:
    """Give a workspace a contract; it is live in the first environment at once."""
    found = find_workspace(work.tx, work.caller, workspace)
    set_contract(
        work.tx,
        found,
        body.digest,
        base_digest=None if body.is_edit else body.digest,
        path=body.path,
        version=work.if_match(),
    )
    return show_current(*current_contract(work.tx, found))


@router.writes("DELETE", _PATH, errors=(*_UNKNOWN, ContractChanged, NotAllowed))
def unset_workspace_contract(work: Write, workspace: str) -> None:
    """Take a workspace's contract away; environments after the first keep what is pinned there."""
    unset_contract(work.tx, find_workspace(work.tx, work.caller, workspace), version=work.if_match())


@router.reads(
    "GET",
    f"{_PATH}/document",
    errors=_UNKNOWN,
    responses={
        200: {
            "content": {
                "application/json": {"schema": {}},
                "application/yaml": {"schema": {}},
            }
        }
    },
)
def get_contract_document(
    work: Read,
    workspace: str,
    form: Annotated[
        Literal["document", "bundle"],
        Query(alias="format", description="The document as it was sent, or JSON with all files."),
    ] = "document",
) -> Raw:
    """Return the contract's document, byte for byte, or all of its files."""
    current, saved = current_contract(work.tx, find_workspace(work.tx, work.caller, workspace))
    bundle = read_bundle(work.tx, saved)
    headers = {"ETag": f'"{current.version}"'}
    if form == "bundle":
        return Raw(_as_json(bundle), "application/json", headers)
    content = bundle.files[bundle.root]
    is_json = bundle.root.lower().endswith(".json") or content.lstrip()[:1] == b"{"
    return Raw(content, "application/json" if is_json else "application/yaml", headers)


@router.reads("GET", f"{_PATH}/operations", errors=(*_UNKNOWN, CursorInvalid))
def list_contract_operations(
    work: Read,
    workspace: str,
    method: Annotated[str, Query(max_length=32)] = "",
    path: Annotated[str, Query(max_length=2_000, description="How the path template begins.")] = "",
    tag: Annotated[str, Query(max_length=500)] = "",
    deprecated: bool | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Listed[OperationShown]:
    """List the operations of a workspace's contract, in the order of its document."""
    found = find_workspace(work.tx, work.caller, workspace)
    current, _ = current_contract(work.tx, found)
    entries = open_contract(work.tx, found.org_id, current.digest).entries
    wanted = OperationFilter(method=method, path_prefix=path, tag=tag, deprecated=deprecated)
    return Listed[OperationShown].of(_page(entries, wanted, limit, _start(cursor)), show_operation)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    body: ReimportBody
    sides: Sides
    theirs: Bundle
    reimported: Reimported


def _merge(prepare: Prepare, *, workspace: str, content: bytes) -> _Import:
    """Merge and compile, between two transactions."""
    body = decode(content, ReimportBody)
    sent = body.bundle()
    with prepare.services.database.read(prepare.caller) as tx:
        found = find_workspace(tx, prepare.caller, workspace)
        prepare.caller.require(Role.EDITOR, found.id)
        sides = read_sides(tx, found)
        theirs = sent or read_bundle(tx, read_contract(tx, found.org_id, body.digest))
    reimported = merge_reimport(prepare.services.get(Builder), sides, theirs, prefer=body.prefer)
    return _Import(body=body, sides=sides, theirs=theirs, reimported=reimported)


@router.writes(
    "POST",
    f"{_PATH}/reimport",
    errors=(*_UNKNOWN, ContractUnknown, ContractChanged, *BUILD_ERRORS),
    prepare=_merge,
    openapi_extra=REIMPORT_REQUEST,
)
def reimport_contract(work: Write, workspace: str, content: RawBody) -> ReimportShown:
    """Import a contract again: what was edited by hand since the last import survives, conflicts are listed."""
    found = find_workspace(work.tx, work.caller, workspace)
    done: _Import = work.prepared
    reimported, version = done.reimported, done.sides.current.version
    if work.if_match() not in (None, version):
        raise ContractChanged(f"The contract of {found.name!r} was changed meanwhile; read it again.")
    contract = None
    if not done.body.dry_run:
        current = save_reimport(work.tx, found, done.sides, done.theirs, reimported, path=done.body.path)
        contract = show_contract(read_contract(work.tx, found.org_id, current.digest))
        version = current.version
    return ReimportShown(
        version=version,
        is_saved=contract is not None,
        contract=contract,
        conflicts=tuple(msgspec.to_builtins(reimported.conflicts)),
        conflict_count=reimported.conflict_count,
        diagnostics=show_diagnostics(reimported.built.diagnostics),
        warnings=show_diagnostics(_review(work.services, work.tx, found, reimported.built.operations)),
    )


def _review(
    services: Services, tx: ReadTx, workspace: Workspace, operations: tuple[OperationEntry, ...]
) -> Iterable[Diagnostic]:
    return services.get(ContractReview).review(tx, workspace, operations)


def _page(entries: tuple[OperationEntry, ...], wanted: OperationFilter, limit: int, start: int) -> Page[OperationEntry]:
    places = (index for index in range(start, len(entries)) if wanted.takes(entries[index]))
    found = list(islice(places, limit + 1))
    more = found[limit] if len(found) > limit else None
    following = None if more is None else base64.urlsafe_b64encode(_CURSOR + b"%d" % more).decode().rstrip("=")
    return Page(items=tuple(entries[index] for index in found[:limit]), next=following)


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        text = b""
    number = text.removeprefix(_CURSOR)
    if not text.startswith(_CURSOR) or not number.isdigit() or len(number) > 9:
        message = f"{cursor[:80]!r} is no cursor of this list; take `next` of the page before, unchanged."
        raise CursorInvalid(message)
    return int(number)


def _as_json(bundle: Bundle) -> bytes:
    files: dict[str, Any] = {}
    for name, content in bundle.files.items():
        try:
            files[name] = content.decode()
        except UnicodeDecodeError:
            files[name] = {"base64": base64.b64encode(content).decode()}
    return msgspec.json.encode({"root": bundle.root, "files": files})
