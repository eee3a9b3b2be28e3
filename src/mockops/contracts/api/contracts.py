"""Contracts of an organization: sent once, compiled once, found by digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Path, Query

from mockops.contracts.api.shown import (
    DIGEST,
    ContractShown,
    ContractSummary,
    MissingBody,
    MissingShown,
    show_contract,
    summarize,
)
from mockops.contracts.api.uploads import BUNDLE_REQUEST, UploadInvalid, read_upload
from mockops.contracts.model import BuildTooCostly, BundleInvalid, ContractInvalid, ContractUnknown
from mockops.contracts.rules.bundles import BUNDLE_TYPE, digest_of, pack
from mockops.contracts.service import saved as saved_contracts
from mockops.contracts.service.build import Builder, BuilderBusy, BuildFailed
from mockops.contracts.service.saved import find_missing, read_contract, read_packed, save_contract
from mockops.core.actor import Caller, NotAllowed, Role
from mockops.infra.db.pages import CursorInvalid
from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed
from mockops.infra.web.raw import RawBody
from mockops.infra.web.router import Created, Prepare, Raw, Read, Router, Write

if TYPE_CHECKING:
    from mockops.contracts.model import Built, Bundle

router = Router("contracts", tag="contracts")

BUILD_ERRORS = (
    ContractInvalid,
    BundleInvalid,
    BuildTooCostly,
    BuildFailed,
    BuilderBusy,
    UploadInvalid,
    NotAllowed,
)
Name = Annotated[str, Query(max_length=255, description="What to call a lone document, such as openapi.yaml.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    bundle: Bundle
    digest: str
    built: Built | None
    """None: the organization had it already."""
    packed: bytes


def _build(prepare: Prepare, *, content: bytes, name: str = "") -> _Sent:
    """Compile what was sent, before any transaction, unless it is there."""
    require_editor(prepare.caller)
    bundle = read_upload(content, prepare.request.headers.get("content-type", ""), name)
    digest = digest_of(bundle)
    with prepare.services.database.read(prepare.caller) as tx:
        is_missing = bool(find_missing(tx, prepare.caller.org_id, [digest]))
    if not is_missing:
        return _Sent(bundle=bundle, digest=digest, built=None, packed=b"")
    built = prepare.services.get(Builder).build(bundle)
    return _Sent(bundle=bundle, digest=digest, built=built, packed=pack(bundle))


@router.writes("POST", "/contracts", errors=BUILD_ERRORS, prepare=_build, openapi_extra=BUNDLE_REQUEST)
def create_contract(work: Write, content: RawBody, name: Name = "") -> Created[ContractShown]:
    """Compile a contract and keep it; sending the same files again answers the same."""
    sent: _Sent = work.prepared
    org_id = work.caller.org_id
    if sent.built is None:
        saved = read_contract(work.tx, org_id, sent.digest)
    else:
        saved = save_contract(work.tx, org_id, sent.bundle, sent.built, packed=sent.packed)
    return Created(show_contract(saved), f"/contracts/{saved.digest}")


@router.reads("GET", "/contracts", errors=(CursorInvalid,))
def list_contracts(work: Read, limit: Limit = DEFAULT, cursor: Cursor = None) -> Listed[ContractSummary]:
    """List the contracts of the organization, newest first."""
    work.caller.require(Role.VIEWER)
    page = saved_contracts.list_contracts(work.tx, work.caller.org_id, cursor=cursor, limit=limit)
    return Listed[ContractSummary].of(page, summarize)


@router.reads("POST", "/contracts/missing")
def find_missing_contracts(work: Read, body: MissingBody) -> MissingShown:
    """Tell which contracts need to be sent."""
    return MissingShown(missing=tuple(find_missing(work.tx, work.caller.org_id, body.digests)))


@router.reads("GET", "/contracts/{digest}", errors=(ContractUnknown,))
def get_contract(work: Read, digest: Annotated[str, Path(pattern=DIGEST)]) -> ContractShown:
    """Return a contract, and what is wrong or odd in it."""
    return show_contract(read_contract(work.tx, work.caller.org_id, digest))


@router.reads(
    "GET",
    "/contracts/{digest}/bundle",
    errors=(ContractUnknown,),
    responses={200: {"content": {BUNDLE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_contract_bundle(work: Read, digest: Annotated[str, Path(pattern=DIGEST)]) -> Raw:
    """Return the files of a contract, packed."""
    saved = read_contract(work.tx, work.caller.org_id, digest)
    return Raw(read_packed(work.tx, saved), BUNDLE_TYPE)


def require_editor(caller: Caller) -> None:
    """Refuse whoever edits no workspace at all: contracts are of the organization, and sent before they are used."""
    roles = {caller.role, *caller.workspace_roles.values()}
    if not any(role.covers(Role.EDITOR) for role in roles):
        raise NotAllowed(f"This needs the role {Role.EDITOR} in some workspace; {caller.name!r} has {caller.role}.")
