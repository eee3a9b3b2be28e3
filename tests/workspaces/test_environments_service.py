"""Environments of a workspace, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from mockops.core.actor import Caller, NotAllowed, Role
from mockops.infra.db import tables
from mockops.workspaces.model.environments import (
    EnvironmentExists,
    EnvironmentNeeded,
    EnvironmentUnknown,
    WorkspaceInvalid,
)
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.service import environments, workspaces

if TYPE_CHECKING:
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx
    from mockops.workspaces.model.environments import Workspace


@pytest.fixture
def payments(database: Database, admin: Caller) -> Workspace:
    with database.write(admin) as tx:
        return workspaces.create_workspace(tx, name="payments")


def names(tx: ReadTx, workspace: Workspace) -> list[str]:
    found = environments.list_environments(tx, workspace.id)
    assert [each.position for each in found] == sorted({each.position for each in found})
    return [each.name for each in found]


def test_environments_are_added_moved_renamed_and_removed(
    database: Database, admin: Caller, payments: Workspace
) -> None:
    with database.write(admin) as tx:
        load = environments.create_environment(tx, payments, name="load", settings={"seed": 1}, position=1)
        assert names(tx, payments) == ["dev", "load", "test", "prod"]
        load = environments.update_environment(tx, payments, load, position=0)
        assert names(tx, payments) == ["load", "dev", "test", "prod"]
        assert environments.first_environment(tx, payments.id).id == load.id
        load = environments.update_environment(tx, payments, load, name="perf", position=99, version=1)
        assert names(tx, payments) == ["dev", "test", "prod", "perf"]
        assert environments.read_environment(tx, payments, "perf").settings == {"seed": 1}
        environments.delete_environment(tx, payments, load, version=2)
        assert names(tx, payments) == ["dev", "test", "prod"]
    with database.read() as read:
        removed = read.all(select(tables.targets).where(tables.targets.c.is_removed))
        assert [row.environment_id for row in removed] == [load.id]


def test_without_the_first_the_next_is_what_bare_names_mean(
    database: Database, admin: Caller, payments: Workspace
) -> None:
    before = database.read_position()
    with database.write(admin) as tx:
        dev, test, _ = environments.list_environments(tx, payments.id)
        environments.delete_environment(tx, payments, dev)
    with database.read() as read:
        touched = {
            row.environment_id: row.is_removed
            for row in read.all(select(tables.targets).where(tables.targets.c.revision > before))
        }
    assert touched == {dev.id: True, test.id: False}


def test_refusals(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        dev, test, prod = environments.list_environments(tx, payments.id)
        with pytest.raises(EnvironmentExists):
            environments.create_environment(tx, payments, name="dev")
        with pytest.raises(EnvironmentExists):
            environments.update_environment(tx, payments, dev, name="prod")
        with pytest.raises(WorkspaceInvalid):
            environments.update_environment(tx, payments, dev, settings={"sed": 1})
        with pytest.raises(Changed):
            environments.update_environment(tx, payments, dev, settings={"seed": 1}, version=7)
        with pytest.raises(EnvironmentUnknown, match="it has dev, test, prod"):
            environments.read_environment(tx, payments, "nothing")
        environments.delete_environment(tx, payments, test)
        environments.delete_environment(tx, payments, prod)
        with pytest.raises(EnvironmentNeeded):
            environments.delete_environment(tx, payments, dev)


def test_editors_change_settings_of_the_first_only(database: Database, editor: Caller, payments: Workspace) -> None:
    with database.write(editor) as tx:
        dev, test, _ = environments.list_environments(tx, payments.id)
        assert environments.update_environment(tx, payments, dev, settings={"seed": 1}).version == 2
        for act in (
            lambda: environments.update_environment(tx, payments, test, settings={"seed": 1}),
            lambda: environments.update_environment(tx, payments, dev, name="other"),
            lambda: environments.update_environment(tx, payments, dev, position=1),
            lambda: environments.create_environment(tx, payments, name="other"),
            lambda: environments.delete_environment(tx, payments, dev),
        ):
            with pytest.raises(NotAllowed):
                act()
    approver = replace(editor, workspace_roles={payments.id: Role.APPROVER})
    with database.write(approver) as tx:
        assert environments.update_environment(tx, payments, test, settings={"seed": 1}).version == 2


def test_environments_of_many_workspaces_are_read_at_once(
    database: Database, admin: Caller, payments: Workspace
) -> None:
    with database.write(admin) as tx:
        billing = workspaces.create_workspace(tx, name="billing")
        found = environments.read_environments_of(tx, [payments.id, billing.id, "none"])
        assert {key: [each.name for each in value] for key, value in found.items()} == {
            payments.id: ["dev", "test", "prod"],
            billing.id: ["dev", "test", "prod"],
            "none": [],
        }
        elsewhere = environments.first_environment(tx, billing.id)
        with pytest.raises(EnvironmentUnknown):
            environments.read_environment(tx, payments, elsewhere.id)
