"""Rows of gateways: who polls, what they have applied, until when they count as live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, true

from mockops.publishing.store.tables import gateways
from mockops.publishing.store.upserts import upsert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx, Tx

_RENEWED = ("name", "org_id", "org", "is_root", "revision", "applied_at", "workers", "version", "started_at", "seen_at")


def save_leases(tx: Tx, rows: Sequence[JsonObject]) -> None:
    """Write leases; what gateways report as problems stays, and so do leases that are somebody else's."""
    statement = upsert(tx, gateways)
    renewed = {name: statement.excluded[name] for name in (*_RENEWED, "lease_until")}
    keys = [gateways.c.id, gateways.c.boot]
    is_owner = _is_owner(statement.excluded) | statement.excluded.is_root
    tx.run_many(
        statement.on_conflict_do_update(index_elements=keys, set_=renewed, where=is_owner),
        [{**row, "problems": []} for row in rows],
    )


def save_problems(tx: Tx, gateway: str, boot: str, problems: list[str]) -> None:
    """Write what a gateway reports; one that has not polled yet gets a row that is not live."""
    statement = upsert(tx, gateways).values(
        id=gateway,
        boot=boot,
        name=gateway,
        org_id=tx.caller.org_id,
        org=tx.caller.org,
        is_root=tx.caller.is_root,
        revision=0,
        applied_at=tx.now,
        workers=1,
        version="",
        problems=problems,
        started_at=tx.now,
        seen_at=tx.now,
        lease_until=tx.now,
    )
    keys = [gateways.c.id, gateways.c.boot]
    changed = gateways.c.problems != statement.excluded.problems
    tx.run(
        statement.on_conflict_do_update(
            index_elements=keys,
            set_={"problems": statement.excluded.problems},
            where=_is_owner(statement.excluded) & changed,
        )
    )


def _is_owner(new: Any) -> ColumnElement[bool]:
    return and_(gateways.c.org_id == new.org_id, gateways.c.is_root == new.is_root)


def forget_leases(tx: Tx, before: datetime) -> int:
    """Forget gateways that have not been live since a moment; return how many."""
    return tx.run(delete(gateways).where(gateways.c.lease_until < before))


def gateways_of(org_id: str, *, live_at: datetime | None = None) -> Select[Any]:
    """Select the gateways that serve an organization: its own, and those that serve all."""
    serves = or_(gateways.c.org_id == org_id, gateways.c.is_root)
    return select(gateways).where(serves, gateways.c.lease_until > live_at if live_at is not None else true())


def read_live(tx: ReadTx, org_id: str) -> Sequence[Any]:
    """Return the gateways that serve an organization now."""
    return tx.all(gateways_of(org_id, live_at=tx.now))
