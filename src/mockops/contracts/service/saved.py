"""The contracts of an organization: saved once, by what is in their files."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from mockops.contracts.model import ContractUnknown, SavedContract
from mockops.contracts.rules.artefact import MAGIC
from mockops.contracts.rules.bundles import bundle_digest, pack, unpack
from mockops.contracts.service.sweep import ASKED_FOR_ANEW, find_unused
from mockops.contracts.store import contracts as store
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.service.blobs import read_blob, save_blobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockops.contracts.model import Built, Bundle
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx

_LAYOUT = MAGIC[-1]
_MAX_LINE = 500
_CONTROL = re.compile("[\x00-\x1f\x7f]+")


def save_contract(tx: Tx, org_id: str, bundle: Bundle, built: Built, *, packed: bytes | None = None) -> SavedContract:
    """Keep a bundle with what came of compiling it; saving it again changes nothing.

    Args:
        tx: The transaction.
        org_id: Whose contract it is.
        bundle: What was compiled.
        built: What `Builder.build` returned for it.
        packed: `rules.bundles.pack` of it, if that was done before the transaction: large bundles take a while.

    """
    hashes = {name: sha256(content).hexdigest() for name, content in sorted(bundle.files.items())}
    digest = bundle_digest(bundle.root, hashes)
    known = store.find_contract(tx, org_id, digest)
    if known is not None and known.artefact_digest == built.artefact_digest:
        store.mark_sent(tx, org_id, digest)
        return known
    bundle_blob, artefact_digest = save_blobs(tx, (packed if packed is not None else pack(bundle), built.artefact))
    saved = SavedContract(
        org_id=org_id,
        digest=digest,
        root=bundle.root,
        files=hashes,
        bundle_blob=bundle_blob,
        artefact_digest=artefact_digest,
        title=_line(built.title),
        version=_line(built.version),
        dialect=built.dialect,
        operation_count=len(built.operations),
        diagnostics=built.diagnostics,
        size_bytes=sum(map(len, bundle.files.values())),
        created_at=tx.now,
    )
    if known is None:
        store.insert_contract(tx, saved, layout=_LAYOUT)
        after = {"title": saved.title, "version": saved.version, "files": len(hashes), "size_bytes": saved.size_bytes}
        tx.audit("contract.uploaded", "contract", digest, org_id=org_id, after=after)
    else:
        # another version of MockOps compiles it to something else
        store.update_artefact(tx, saved, layout=_LAYOUT)
    return saved


def _line(text: str) -> str:
    """Return a text as a line of bounded length: PostgreSQL's texts hold no NUL, and lists no novels."""
    return _CONTROL.sub(" ", text[:_MAX_LINE]).strip()


def find_contract(tx: ReadTx, org_id: str, digest: str) -> SavedContract | None:
    """Return an organization's contract, or None."""
    return store.find_contract(tx, org_id, digest)


def read_contract(tx: ReadTx, org_id: str, digest: str) -> SavedContract:
    """Return an organization's contract.

    Raises:
        ContractUnknown: It has none of that digest.

    """
    found = store.find_contract(tx, org_id, digest)
    if found is None:
        message = f"There is no contract with the digest {digest[:80]!r}; send its files to POST /api/v1/contracts."
        raise ContractUnknown(message)
    return found


def list_contracts(
    tx: ReadTx, org_id: str, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[SavedContract]:
    """Return a page of an organization's contracts, newest first; without their diagnostics."""
    return store.read_contracts(tx, org_id, cursor=cursor, limit=limit)


def read_packed(tx: ReadTx, saved: SavedContract) -> bytes:
    """Return the files of a contract, packed (`contracts.rules.bundles.pack`)."""
    return read_blob(tx, saved.bundle_blob)


def read_bundle(tx: ReadTx, saved: SavedContract) -> Bundle:
    """Return the files of a contract."""
    return unpack(read_packed(tx, saved))


def find_missing(tx: ReadTx, org_id: str, digests: Iterable[str]) -> list[str]:
    """Return those digests, in their order, of which the organization has no contract that can be served.

    One that was compiled by a version of MockOps with another layout is missing as well: sending it compiles it anew.
    So is one that nothing refers to and that is to be swept soon: sending it keeps it.
    """
    wanted = list(dict.fromkeys(digests))
    known = store.find_digests(tx, org_id, wanted, layout=_LAYOUT)
    known -= find_unused(tx, org_id, sorted(known), older_than=ASKED_FOR_ANEW)
    return [digest for digest in wanted if digest not in known]


def read_artefacts(tx: ReadTx, org_id: str, digests: Sequence[str]) -> dict[str, str]:
    """Return the digests of compiled contracts by the digests of their bundles; those not there are left out."""
    return store.read_artefacts(tx, org_id, list(dict.fromkeys(digests)))
