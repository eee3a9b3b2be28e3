"""Telling others that a workspace answers differently now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mockops.infra.db.transactions import Tx
from mockops.workspaces.model.environments import ConfigChanged, Workspace

OnConfig: TypeAlias = Callable[[Tx, Workspace], object]
"""Makes the next version of a workspace's config, within the transaction that changed its settings."""


def ignore_change(_tx: Tx, _workspace: Workspace) -> None:
    """Make no version."""


@dataclass(frozen=True, slots=True)
class ConfigHook:
    """How endpoints reach the slice above that versions stubs and settings together; control provides it."""

    cut: OnConfig = ignore_change


def announce_change(
    tx: Tx, workspace: Workspace, what: str, *, environment: str = "", name: str = "", action: str = "updated"
) -> str:
    """Announce `config.changed`; return the event's id.

    Args:
        tx: The transaction.
        workspace: As it is after the change.
        what: What is different: `settings`, `environment`, `pin`, `stubs` …
        environment: Name of the one environment it concerns; empty: all.
        name: Of what has changed, where it has one.
        action: `created`, `updated` or `deleted`.

    """
    event = ConfigChanged(
        workspace_id=workspace.id,
        workspace=workspace.name,
        what=what,
        environment=environment,
        name=name,
        action=action,
    )
    return tx.announce(
        event,
        org_id=workspace.org_id,
        workspace_id=workspace.id,
        workspace=workspace.name,
        subject=f"{what}/{name}" if name else what,
    )
