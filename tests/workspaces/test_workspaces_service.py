"""Workspaces, as slices above and endpoints use them, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from mockops.core.actor import SYSTEM, Caller, NotAllowed, Role, WorkspaceUnknown
from mockops.infra.db import tables
from mockops.workspaces.model.environments import NewEnvironment, WorkspaceExists, WorkspaceInvalid
from mockops.workspaces.model.organizations import Changed, NameInvalid, OrganizationNotEmpty, TeamUnknown
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.service import environments, organizations, teams, versions, workspaces
from mockops.workspaces.store.tables import pins as pins_table
from mockops.workspaces.store.tables import versions as versions_table

if TYPE_CHECKING:
    from mockops.infra.db.database import Database
    from mockops.workspaces.model.organizations import Organization


def happened(database: Database) -> list[tuple[str, str, Any]]:
    with database.read() as tx:
        table = tables.events
        rows = tx.all(select(table).order_by(table.c.sequence))
        return [(row.type, row.subject, row.data) for row in rows]


def targets(database: Database) -> dict[str, bool]:
    with database.read() as tx:
        return {row.environment_id: row.is_removed for row in tx.all(select(tables.targets))}


def audited(database: Database) -> list[tuple[str, Any, Any]]:
    with database.read() as tx:
        rows = tx.all(select(tables.audit).order_by(tables.audit.c.number))
        return [(row.action, row.before, row.after) for row in rows]


def test_a_workspace_begins_with_environments_an_event_and_a_version_of_its_config(
    database: Database, editor: Caller
) -> None:
    cut: list[str] = []
    with database.write(editor) as tx:
        made = workspaces.create_workspace(
            tx, name="payments", title="Payments", settings={"seed": 7}, on_config=lambda _, each: cut.append(each.name)
        )
    assert cut == ["payments"]
    assert tx.revision > 0
    with database.read(editor) as read:
        assert workspaces.find_workspace(read, editor, "payments") == made
        assert workspaces.find_workspace(read, editor, made.id) == made
        assert workspaces.find_workspace(read, SYSTEM, made.id) == made
        assert workspaces.read_workspace(read, made.id) == made
        found = environments.list_environments(read, made.id)
        assert [each.name for each in found] == ["dev", "test", "prod"]
        assert environments.first_environment(read, made.id) == found[0]
    assert targets(database) == dict.fromkeys((each.id for each in found), False)
    ((type_, _, data),) = happened(database)
    assert type_ == "workspace.created"
    assert data["workspace_id"] == made.id
    assert data["environments"] == ["dev", "test", "prod"]
    action, before, after = audited(database)[-1]
    assert (action, before, after["name"]) == ("workspace.created", None, "payments")


def test_refusals_change_nothing(database: Database, editor: Caller) -> None:
    def create(caller: Caller = editor, **asked: Any) -> None:
        with database.write(caller) as tx:
            workspaces.create_workspace(tx, **{"name": "payments", **asked})

    create()
    before = happened(database)
    with pytest.raises(WorkspaceExists):
        create()
    with pytest.raises(NameInvalid):
        create(name="Payments")
    with pytest.raises(WorkspaceInvalid):
        create(name="other", settings={"sed": 1})
    with pytest.raises(WorkspaceInvalid):
        create(name="other", environments=[NewEnvironment(name="a"), NewEnvironment(name="a")])
    with pytest.raises(TeamUnknown):
        create(name="other", team="nobody")
    with pytest.raises(NotAllowed):
        create(replace(editor, role=Role.VIEWER), name="other")
    with pytest.raises(NotAllowed):
        create(replace(editor, workspaces=frozenset({"x"})), name="other")
    assert happened(database) == before


def test_nobody_hears_of_what_is_not_theirs(
    database: Database, acme: Organization, rival: Organization, editor: Caller
) -> None:
    with database.write(editor) as tx:
        made = workspaces.create_workspace(tx, name="payments")
    stranger = replace(editor, org_id=rival.id, org=rival.name, role=Role.ADMIN)
    blinkered = replace(editor, workspaces=frozenset())
    told = set()
    with database.read(editor) as read:
        for caller, named in ((stranger, made.id), (stranger, "payments"), (blinkered, made.id), (editor, "nothing")):
            with pytest.raises(WorkspaceUnknown) as refused:
                workspaces.find_workspace(read, caller, named)
            told.add(str(refused.value))
    assert len(told) == 1
    with database.read(stranger) as read:
        assert workspaces.list_workspaces(read).items == ()
    with database.read(blinkered) as read:
        assert workspaces.list_workspaces(read).items == ()


def test_a_renamed_workspace_keeps_its_id_and_gateways_hear_of_it(database: Database, editor: Caller) -> None:
    cut: list[str] = []
    with database.write(editor) as tx:
        made = workspaces.create_workspace(tx, name="payments")
    with database.write(editor) as tx:
        renamed = workspaces.update_workspace(tx, made, name="billing", on_config=lambda _, each: cut.append(each.name))
    assert (renamed.id, renamed.version, cut) == (made.id, 2, [])
    assert tx.revision > 0
    type_, subject, data = happened(database)[-1]
    assert (type_, subject, data["workspace"]) == ("config.changed", "name/payments", "billing")
    assert audited(database)[-1] == ("workspace.updated", {"name": "payments"}, {"name": "billing"})


def test_other_settings_are_told_and_cut_into_the_config(database: Database, editor: Caller) -> None:
    cut: list[Any] = []
    with database.write(editor) as tx:
        made = workspaces.create_workspace(tx, name="payments")
    with database.write(editor) as tx:
        after = workspaces.update_workspace(
            tx, made, settings={"validation": "warn"}, on_config=lambda _, each: cut.append(each.settings)
        )
    assert cut == [{"validation": "warn"}]
    assert happened(database)[-1][2]["what"] == "settings"
    with database.write(editor) as tx:
        assert workspaces.update_workspace(tx, after, settings={"validation": "warn"}) is after
    assert tx.position == 0


def test_a_lost_update_is_refused(database: Database, editor: Caller) -> None:
    with database.write(editor) as tx:
        made = workspaces.create_workspace(tx, name="payments")
        workspaces.update_workspace(tx, made, title="first", version=1)
    with pytest.raises(Changed), database.write(editor) as tx:
        workspaces.update_workspace(tx, workspaces.read_workspace(tx, made.id), title="second", version=1)
    with pytest.raises(Changed), database.write(editor) as tx:
        workspaces.update_workspace(tx, made, title="second")


def test_deleting_removes_everything_and_tells_gateways(database: Database, admin: Caller, acme: Organization) -> None:
    with database.write(admin) as tx:
        made = workspaces.create_workspace(tx, name="payments")
        first = environments.first_environment(tx, made.id)
        version = versions.record_version(
            tx, org_id=acme.id, workspace_id=made.id, entity_type=EntityType.CONFIG, hash="0" * 64
        )
        versions.pin(tx, first.id, version)
    with pytest.raises(NotAllowed), database.write(replace(admin, role=Role.EDITOR)) as tx:
        workspaces.delete_workspace(tx, made)
    with database.write(admin) as tx:
        workspaces.delete_workspace(tx, made, version=1)
    assert set(targets(database).values()) == {True}
    with database.read() as read:
        assert read.all(select(versions_table)) == []
        assert read.all(select(pins_table)) == []
    type_, _, data = happened(database)[-1]
    assert (type_, data["action"]) == ("config.changed", "deleted")


def test_lists_are_filtered_and_paged(database: Database, admin: Caller) -> None:
    with database.write(admin) as tx:
        team = teams.create_team(tx, name="money")
        for number in range(5):
            labels = {"tier": "gold" if number % 2 else "silver", "n": str(number)}
            workspaces.create_workspace(tx, name=f"pay-{number}", title=f"Pays {number}", labels=labels, team="money")
        workspaces.create_workspace(
            tx, name="auth_".strip("_"), title="Who is 100% in_side", labels={"x": '"tier":"gold"'[1:4]}
        )

    def names(**asked: Any) -> list[str]:
        with database.read(admin) as read:
            found: list[str] = []
            cursor = None
            while True:
                page = workspaces.list_workspaces(read, limit=2, cursor=cursor, **asked)
                found += [each.name for each in page.items]
                cursor = page.next
                if cursor is None:
                    return found

    pays = [f"pay-{number}" for number in range(5)]
    assert names() == ["auth", *pays]
    assert names(q="PAYS") == pays
    assert names(q="100% in_") == ["auth"]
    assert names(q="%") == ["auth"]
    assert names(name="pay-?") == pays
    assert names(name="*-1") == ["pay-1"]
    assert names(name="p%") == []
    assert names(name="pay-2") == ["pay-2"]
    assert names(team="money") == pays == names(team=team.id)
    assert names(labels=[("tier", "gold")]) == ["pay-1", "pay-3"]
    assert names(labels=[("tier", "gold"), ("n", "3")]) == ["pay-3"]
    assert names(labels=[("tier", "*")]) == pays
    assert names(labels=[("TIER", "gold")]) == []


def test_a_team_that_goes_leaves_its_workspaces(database: Database, admin: Caller) -> None:
    with database.write(admin) as tx:
        team = teams.create_team(tx, name="money")
        made = workspaces.create_workspace(tx, name="payments", team=team.id)
        assert made.team == "money"
        renamed = teams.update_team(tx, team, name="cash", version=1)
        assert workspaces.read_workspace(tx, made.id).team == "cash"
        teams.delete_team(tx, renamed)
        left = workspaces.read_workspace(tx, made.id)
        assert (left.team, left.team_id) == ("", None)
        assert teams.list_teams(tx).items == ()


def test_an_organization_with_workspaces_is_not_deleted(database: Database, admin: Caller, rival: Organization) -> None:
    root = replace(admin, is_root=True)
    other = replace(admin, org_id=rival.id, org=rival.name)
    with database.write(other) as tx:
        made = workspaces.create_workspace(tx, name="payments")
    with pytest.raises(OrganizationNotEmpty), database.write(root) as tx:
        organizations.delete_organization(tx, rival)
    with database.write(other) as tx:
        workspaces.delete_workspace(tx, made)
    with pytest.raises(NotAllowed), database.write(other) as tx:
        organizations.delete_organization(tx, rival)
    with database.write(root) as tx:
        organizations.delete_organization(tx, rival)
        assert organizations.find_organization(tx, "rival") is None


def test_the_default_organization_is_made_once(database: Database) -> None:
    with database.write() as tx:
        made = organizations.ensure_organization(tx)
        assert made.name == "default"
    with database.write() as tx:
        assert organizations.ensure_organization(tx) == made
        assert tx.position == 0


def test_an_organizations_environments_are_those_of_its_new_workspaces(
    database: Database, admin: Caller, acme: Organization
) -> None:
    with database.write(admin) as tx:
        changed = organizations.update_organization(tx, acme, environments=["staging", "live"], version=1)
        assert changed.environments == ("staging", "live")
        made = workspaces.create_workspace(tx, name="payments")
        assert [each.name for each in environments.list_environments(tx, made.id)] == ["staging", "live"]


def test_gateways_hear_of_a_renamed_organization(database: Database, admin: Caller, acme: Organization) -> None:
    with database.write(admin) as tx:
        workspaces.create_workspace(tx, name="payments")
    with database.write(admin) as tx:
        organizations.update_organization(tx, acme, title="Acme")
    assert tx.revision == 0
    before = database.read_position()
    with database.write(admin) as tx:
        organizations.update_organization(tx, organizations.read_own(tx), name="acme-corp")
    with database.read() as read:
        changed = [row for row in read.all(select(tables.targets)) if row.revision > before]
    assert len(changed) == 3
