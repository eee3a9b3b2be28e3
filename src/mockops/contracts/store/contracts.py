"""Rows of contracts, and of which workspace has which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Select, delete, insert, select, update

from mockops.contracts.model import SavedContract, WorkspaceContract
from mockops.contracts.store.tables import contracts, workspace_contracts
from mockops.core.diagnostics import Diagnostic
from mockops.infra.db.pages import Page, read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_MAX_PARAMETERS = 500
_SAVED = [column for column in contracts.c if column.name not in ("layout", "sent_at")]
_CURRENT = [column for column in workspace_contracts.c if column.name != "org_id"]


def _saved(row: Row[Any]) -> SavedContract:
    values = dict(row._mapping)
    values["diagnostics"] = tuple(msgspec.convert(values["diagnostics"], list[Diagnostic]))
    return SavedContract(**values)


def insert_contract(tx: Tx, saved: SavedContract, *, layout: int) -> None:
    """Add a contract."""
    values = {column.name: getattr(saved, column.name) for column in _SAVED}
    values["diagnostics"] = msgspec.to_builtins(saved.diagnostics)
    tx.run(insert(contracts).values(**values, layout=layout, sent_at=tx.now))


def mark_sent(tx: Tx, org_id: str, digest: str) -> None:
    """Write down that a contract's files were sent once more."""
    tx.run(update(contracts).where(contracts.c.org_id == org_id, contracts.c.digest == digest).values(sent_at=tx.now))


def update_artefact(tx: Tx, saved: SavedContract, *, layout: int) -> int:
    """Replace what a contract was compiled to."""
    return tx.run(
        update(contracts)
        .where(contracts.c.org_id == saved.org_id, contracts.c.digest == saved.digest)
        .values(
            artefact_digest=saved.artefact_digest,
            layout=layout,
            sent_at=tx.now,
            title=saved.title,
            version=saved.version,
            dialect=saved.dialect,
            operation_count=saved.operation_count,
            diagnostics=msgspec.to_builtins(saved.diagnostics),
        )
    )


def find_contract(tx: ReadTx, org_id: str, digest: str) -> SavedContract | None:
    """Return a contract, or None."""
    row = tx.one(select(*_SAVED).where(contracts.c.org_id == org_id, contracts.c.digest == digest))
    return None if row is None else _saved(row)


def read_contracts(tx: ReadTx, org_id: str, *, cursor: str | None, limit: int) -> Page[SavedContract]:
    """Return a page of an organization's contracts, newest first, without diagnostics."""
    columns = [column for column in _SAVED if column.name != "diagnostics"]
    statement = select(*columns).where(contracts.c.org_id == org_id)
    keys = (contracts.c.created_at, contracts.c.digest)
    page = read_page(tx, statement, keys=keys, cursor=cursor, limit=limit, descending=True)
    return page.map(lambda row: SavedContract(**row._mapping, diagnostics=()))


def find_digests(tx: ReadTx, org_id: str, digests: Sequence[str], *, layout: int) -> set[str]:
    """Return those digests of which there is a contract in this layout."""
    found: set[str] = set()
    for start in range(0, len(digests), _MAX_PARAMETERS):
        some = digests[start : start + _MAX_PARAMETERS]
        statement = select(contracts.c.digest).where(
            contracts.c.org_id == org_id, contracts.c.layout == layout, contracts.c.digest.in_(some)
        )
        found.update(row.digest for row in tx.all(statement))
    return found


def read_artefacts(tx: ReadTx, org_id: str, digests: Sequence[str]) -> dict[str, str]:
    """Return the digests of compiled contracts, by the digests of their bundles."""
    found: dict[str, str] = {}
    for start in range(0, len(digests), _MAX_PARAMETERS):
        some = digests[start : start + _MAX_PARAMETERS]
        statement = select(contracts.c.digest, contracts.c.artefact_digest).where(
            contracts.c.org_id == org_id, contracts.c.digest.in_(some)
        )
        found.update((row.digest, row.artefact_digest) for row in tx.all(statement))
    return found


def find_current(tx: ReadTx, workspace_id: str) -> WorkspaceContract | None:
    """Return which contract a workspace has, or None."""
    row = tx.one(select(*_CURRENT).where(workspace_contracts.c.workspace_id == workspace_id))
    return None if row is None else WorkspaceContract(**row._mapping)


def read_all_current(tx: ReadTx, org_id: str) -> list[tuple[WorkspaceContract, SavedContract]]:
    """Return the contract of every workspace of an organization that has one, without diagnostics."""
    columns = [*_CURRENT, *(column.label(f"of_{column.name}") for column in _SAVED if column.name != "diagnostics")]
    statement: Select[Any] = (
        select(*columns)
        .join_from(
            workspace_contracts,
            contracts,
            (workspace_contracts.c.org_id == contracts.c.org_id) & (workspace_contracts.c.digest == contracts.c.digest),
        )
        .where(workspace_contracts.c.org_id == org_id)
    )
    found = []
    for row in tx.all(statement):
        saved = {name.removeprefix("of_"): value for name, value in row._mapping.items() if name.startswith("of_")}
        current = {column.name: row._mapping[column.name] for column in _CURRENT}
        found.append((WorkspaceContract(**current), SavedContract(**saved, diagnostics=())))
    return found


def insert_current(tx: Tx, org_id: str, current: WorkspaceContract) -> None:
    """Give a contract to a workspace that has none."""
    values = {column.name: getattr(current, column.name) for column in _CURRENT}
    tx.run(insert(workspace_contracts).values(**values, org_id=org_id))


def update_current(tx: Tx, workspace_id: str, values: JsonObject, *, version: int) -> bool:
    """Give a workspace another contract; return False if `version` is not the latest."""
    statement = (
        update(workspace_contracts)
        .where(workspace_contracts.c.workspace_id == workspace_id, workspace_contracts.c.version == version)
        .values(**values, version=version + 1)
    )
    return tx.run(statement) == 1


def delete_current(tx: Tx, workspace_id: str, *, version: int) -> bool:
    """Take a workspace's contract away; return False if `version` is not the latest."""
    statement = delete(workspace_contracts).where(
        workspace_contracts.c.workspace_id == workspace_id, workspace_contracts.c.version == version
    )
    return tx.run(statement) == 1
