"""Rows of many environments at once, as gateways need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select

from mockops.infra.db.tables import targets
from mockops.workspaces.store.tables import environments, organizations, persona_pins, pins, workspaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Row

    from mockops.infra.db.transactions import ReadTx

_MAX_PARAMETERS = 500


def _chunks(ids: Iterable[str]) -> list[list[str]]:
    wanted = sorted(set(ids))
    return [wanted[start : start + _MAX_PARAMETERS] for start in range(0, len(wanted), _MAX_PARAMETERS)]


def read_places(tx: ReadTx, environment_ids: Iterable[str]) -> list[Row[Any]]:
    """Return environments with their workspaces and organizations; those that do not exist are left out."""
    earlier = environments.alias()
    is_later = exists().where(
        earlier.c.workspace_id == environments.c.workspace_id, earlier.c.position < environments.c.position
    )
    statement = (
        select(
            environments.c.id.label("environment_id"),
            environments.c.name.label("environment"),
            environments.c.settings,
            (~is_later).label("is_default"),
            workspaces.c.id.label("workspace_id"),
            workspaces.c.name.label("workspace"),
            workspaces.c.settings.label("workspace_settings"),
            organizations.c.id.label("org_id"),
            organizations.c.name.label("org"),
        )
        .join(workspaces, workspaces.c.id == environments.c.workspace_id)
        .join(organizations, organizations.c.id == workspaces.c.org_id)
    )
    return [row for some in _chunks(environment_ids) for row in tx.all(statement.where(environments.c.id.in_(some)))]


def read_pins(tx: ReadTx, environment_ids: Iterable[str]) -> list[Row[Any]]:
    """Return every pin of environments."""
    statement = select(pins.c.environment_id, pins.c.entity_type, pins.c.entity_key, pins.c.hash)
    return [
        row for some in _chunks(environment_ids) for row in tx.all(statement.where(pins.c.environment_id.in_(some)))
    ]


def read_persona_groups(tx: ReadTx, org_id: str | None) -> Sequence[Row[Any]]:
    """Return the organizations and environment names that have personas pinned."""
    statement = select(persona_pins.c.org_id, persona_pins.c.environment_name).distinct()
    return tx.all(statement if org_id is None else statement.where(persona_pins.c.org_id == org_id))


def read_changed(tx: ReadTx, after: int, org_id: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return the targets changed after a revision, in the order of revisions; removed ones have no organization."""
    statement = (
        select(targets.c.environment_id, targets.c.revision, targets.c.is_removed, workspaces.c.org_id)
        .outerjoin(environments, environments.c.id == targets.c.environment_id)
        .outerjoin(workspaces, workspaces.c.id == environments.c.workspace_id)
        .where(targets.c.revision > after)
        .order_by(targets.c.revision)
        .limit(limit)
    )
    if org_id is not None:
        statement = statement.where(or_(workspaces.c.org_id == org_id, workspaces.c.org_id.is_(None)))
    return tx.all(statement)


def read_changed_orgs(tx: ReadTx, after: int) -> Sequence[Row[Any]]:
    """Return the organizations with targets changed after a revision; None stands for removed ones."""
    statement = (
        select(workspaces.c.org_id)
        .select_from(targets)
        .outerjoin(environments, environments.c.id == targets.c.environment_id)
        .outerjoin(workspaces, workspaces.c.id == environments.c.workspace_id)
        .where(targets.c.revision > after)
        .distinct()
    )
    return tx.all(statement)


def newest_revision(tx: ReadTx, org_id: str | None) -> int:
    """Return the newest revision of an organization's targets (None: of all); 0: there is none."""
    statement = select(func.max(targets.c.revision))
    if org_id is not None:
        statement = (
            statement.select_from(targets)
            .outerjoin(environments, environments.c.id == targets.c.environment_id)
            .outerjoin(workspaces, workspaces.c.id == environments.c.workspace_id)
            .where(or_(workspaces.c.org_id == org_id, and_(workspaces.c.org_id.is_(None), targets.c.is_removed)))
        )
    return tx.scalar(statement) or 0
