"""Members, their roles in workspaces, and how they log in, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mockops.core.actor import Caller, NotAllowed, Role
from mockops.workspaces.model.access import LastAdmin, MemberExists, MemberUnknown, RoleUnset
from mockops.workspaces.model.organizations import Changed, TeamUnknown
from mockops.workspaces.service import members, roles, teams, tokens, workspaces

if TYPE_CHECKING:
    from mockops.infra.db.database import Database
    from mockops.workspaces.model.organizations import Organization


def test_members_are_added_changed_and_removed(database: Database, admin: Caller) -> None:
    with database.write(admin) as tx:
        team = teams.create_team(tx, name="money")
        ann = members.create_member(tx, email="Ann@Example.com", role=Role.EDITOR, teams=["money", team.id])
        assert (ann.email, ann.teams) == ("ann@example.com", (team.id,))
        assert members.read_member(tx, "ANN@example.com") == members.read_member(tx, ann.id) == ann
        bob = members.create_member(tx, email="bob@example.com", name="Bob")
        assert members.list_members(tx).items == (ann, bob)
        assert members.list_members(tx, q="BOB").items == (bob,)
        assert members.list_members(tx, role=Role.EDITOR).items == (ann,)
        assert members.list_members(tx, team="money").items == (ann,)
        with pytest.raises(MemberExists):
            members.create_member(tx, email="ANN@example.com")
        with pytest.raises(MemberExists):
            members.update_member(tx, bob, email="ann@example.com")
        with pytest.raises(TeamUnknown):
            members.update_member(tx, bob, teams=["nobody"])
        bobby = members.update_member(tx, bob, name="Bobby", version=1)
        with pytest.raises(Changed):
            members.update_member(tx, bobby, name="Rob", version=1)
        members.delete_member(tx, bobby)
        with pytest.raises(MemberUnknown):
            members.read_member(tx, bob.id)


def test_the_last_admin_stays(database: Database, admin: Caller) -> None:
    with database.write(admin) as tx:
        ann = members.create_member(tx, email="ann@example.com", role=Role.ADMIN)
        with pytest.raises(LastAdmin):
            members.delete_member(tx, ann)
        with pytest.raises(LastAdmin):
            members.update_member(tx, ann, role=Role.APPROVER)
        bob = members.create_member(tx, email="bob@example.com", role=Role.ADMIN)
        members.delete_member(tx, ann)
        with pytest.raises(LastAdmin):
            members.delete_member(tx, bob)


def test_only_admins_manage_members(database: Database, editor: Caller, admin: Caller) -> None:
    with database.write(admin) as tx:
        ann = members.create_member(tx, email="ann@example.com")
    with database.write(replace(editor, role=Role.APPROVER)) as tx:
        with pytest.raises(NotAllowed):
            members.create_member(tx, email="bob@example.com")
        with pytest.raises(NotAllowed):
            members.update_member(tx, ann, role=Role.ADMIN)
        with pytest.raises(NotAllowed):
            members.delete_member(tx, ann)


def test_a_login_is_linked_to_the_address_once(
    database: Database, admin: Caller, acme: Organization, rival: Organization
) -> None:
    with database.write(admin) as tx:
        ann = members.create_member(tx, email="ann@example.com")
    with database.write(replace(admin, org_id=rival.id, org=rival.name)) as tx:
        members.create_member(tx, email="ann@example.com", role=Role.ADMIN)
    with database.write() as tx:
        assert members.find_member(tx, acme.id, subject="https://id|1") is None
        assert members.find_member(tx, acme.id, subject="https://id|1", email="ANN@example.com") == ann
        linked = members.link_member(tx, ann, subject="https://id|1", name="Ann")
        assert members.link_member(tx, linked, subject="https://id|1", name="Other") is linked
        assert members.find_member(tx, acme.id, subject="https://id|1") == linked
        assert members.find_member(tx, acme.id, subject="https://evil|1", email="ann@example.com") is None
        assert [each.org for each in members.list_memberships(tx, subject="https://id|1", email="ann@example.com")] == [
            "acme",
            "rival",
        ]
        assert [
            each.org for each in members.list_memberships(tx, subject="https://evil|1", email="ann@example.com")
        ] == ["rival"]
    with database.write(admin) as tx:
        moved = members.update_member(tx, linked, email="ann@new.example")
        assert moved.subject == ""


def test_a_member_calls_with_the_roles_of_workspaces(
    database: Database, admin: Caller, acme: Organization, rival: Organization
) -> None:
    with database.write(admin) as tx:
        payments = workspaces.create_workspace(tx, name="payments")
        ann = members.create_member(tx, email="ann@example.com", role=Role.VIEWER)
        assert roles.set_role(tx, payments, ann, Role.APPROVER).role is Role.APPROVER
        assert [each.email for each in roles.list_roles(tx, payments).items] == ["ann@example.com"]
        found = members.member_caller(tx, ann.id, address="10.0.0.1")
        assert found is not None
        assert (found.kind, found.org, found.name, found.address) == ("user", "acme", "ann@example.com", "10.0.0.1")
        assert found.may(Role.APPROVER, payments.id)
        assert not found.may(Role.EDITOR)
        roles.unset_role(tx, payments, ann)
        with pytest.raises(RoleUnset):
            roles.unset_role(tx, payments, ann)
        assert members.member_caller(tx, "nobody") is None
    with database.write(found) as tx, pytest.raises(NotAllowed):
        roles.set_role(tx, payments, ann, Role.ADMIN)


def test_who_may_less_has_no_token_that_may_more(database: Database, admin: Caller) -> None:
    with database.write(admin) as tx:
        payments = workspaces.create_workspace(tx, name="payments")
        ann = members.create_member(tx, email="ann@example.com", role=Role.APPROVER)
        caller = members.member_caller(tx, ann.id)
    assert caller is not None
    with database.write(caller) as tx:
        tokens.create_token(tx, name="weak", role=Role.VIEWER)
        tokens.create_token(tx, name="strong", role=Role.APPROVER)
        tokens.create_token(tx, name="here", role=Role.APPROVER, workspaces=["payments"])

    def live() -> set[str]:
        with database.read(admin) as read:
            return {each.name for each in tokens.list_tokens(read).items}

    assert live() == {"weak", "strong", "here"}
    with database.write(admin) as tx:
        elsewhere = workspaces.create_workspace(tx, name="elsewhere")
        roles.set_role(tx, elsewhere, ann, Role.EDITOR)
    assert live() == {"weak", "here"}
    with database.write(admin) as tx:
        roles.set_role(tx, payments, ann, Role.ADMIN)
    assert live() == {"weak", "here"}
    with database.write(admin) as tx:
        members.update_member(tx, ann, role=Role.EDITOR)
    assert live() == {"weak"}
    with database.write(admin) as tx:
        members.delete_member(tx, members.read_member(tx, ann.id))
    assert live() == set()
