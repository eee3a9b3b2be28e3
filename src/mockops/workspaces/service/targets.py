"""What gateways serve: environments with something pinned, many at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockops.workspaces.store import targets as store
from mockops.workspaces.store.targets import newest_revision

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx

__all__ = ["Changed", "Place", "changed_orgs", "find_changed", "find_places", "newest_revision", "persona_groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An environment, where it is, and what is pinned in it."""

    environment_id: str
    environment: str
    is_default: bool
    """Whether it is the workspace's first."""
    settings: JsonObject
    """Laid over `workspace_settings`."""
    workspace_id: str
    workspace: str
    workspace_settings: JsonObject
    """As they are now; a pinned config may have others."""
    org_id: str
    org: str
    pins: dict[tuple[str, str], str] = field(default_factory=dict)
    """Hashes by entity type and key; empty where they were not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """That an environment's content has changed."""

    environment_id: str
    revision: int
    is_removed: bool


def find_places(tx: ReadTx, environment_ids: Iterable[str], *, with_pins: bool = False) -> dict[str, Place]:
    """Return environments by id; those that do not exist are left out."""
    wanted = set(environment_ids)
    pinned: dict[str, dict[tuple[str, str], str]] = {}
    if with_pins:
        for pin in store.read_pins(tx, wanted):
            pinned.setdefault(pin.environment_id, {})[pin.entity_type, pin.entity_key] = pin.hash
    return {
        row.environment_id: Place(**row._mapping, pins=pinned.get(row.environment_id, {}))
        for row in store.read_places(tx, wanted)
    }


def find_changed(tx: ReadTx, after: int, *, org_id: str | None, limit: int) -> list[Changed]:
    """Return the targets changed after a revision, in the order of revisions.

    Args:
        tx: The transaction.
        after: Only later ones.
        org_id: Only this organization's, and whatever is gone; None: all.
        limit: At most so many.

    """
    rows = store.read_changed(tx, after, org_id, limit)
    return [
        Changed(
            environment_id=row.environment_id, revision=row.revision, is_removed=row.is_removed or row.org_id is None
        )
        for row in rows
    ]


def changed_orgs(tx: ReadTx, after: int) -> frozenset[str] | None:
    """Return whose targets have changed after a revision; None: anybody's, for some of them are gone."""
    found = {row.org_id for row in store.read_changed_orgs(tx, after)}
    return None if None in found else frozenset(found)


def persona_groups(tx: ReadTx, org_id: str | None) -> list[tuple[str, str]]:
    """Return the organizations and environment names that have personas; None: of all organizations."""
    return [(row.org_id, row.environment_name) for row in store.read_persona_groups(tx, org_id)]
