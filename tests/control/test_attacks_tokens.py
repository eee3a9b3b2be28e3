"""Nobody keeps through a token what they have lost, and no token outlives or outreaches the one that made it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mockops.core.actor import Caller, Role
from mockops.workspaces.model.access import TokenTooPowerful
from mockops.workspaces.service import members, organizations, roles, tokens, workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database

DAY = timedelta(days=1)


@pytest.fixture
def admin(database: Database) -> Caller:
    with database.write() as tx:
        acme = organizations.ensure_organization(tx, "acme")
    return Caller(kind="local", id="local", name="local", org_id=acme.id, org=acme.name, role=Role.ADMIN)


@pytest.fixture
def write(database: Database, admin: Caller) -> Callable[..., Any]:
    def perform(act: Callable[[Any], Any], caller: Caller | None = None) -> Any:
        with database.write(caller or admin) as tx:
            return act(tx)

    return perform


def lets_in(database: Database, text: str) -> Caller | None:
    with database.read() as tx:
        return tokens.authenticate_token(tx, text)


def test_a_role_in_a_workspace_that_is_taken_away_takes_its_tokens(database: Database, write: Any) -> None:
    workspace = write(lambda tx: workspaces.create_workspace(tx, name="shop"))
    member = write(lambda tx: members.create_member(tx, email="a@example.com", role=Role.VIEWER))
    write(lambda tx: roles.set_role(tx, workspace, member, Role.ADMIN))
    with database.read() as tx:
        person = members.member_caller(tx, member.id)
    made = {
        role: write(lambda tx, role=role: tokens.create_token(tx, name=role, role=role, workspaces=["shop"])[1], person)
        for role in (Role.VIEWER, Role.ADMIN)
    }
    write(lambda tx: roles.unset_role(tx, workspace, member))
    assert lets_in(database, made[Role.ADMIN]) is None
    assert lets_in(database, made[Role.VIEWER]) is not None


@pytest.mark.parametrize("is_first_revoked", [False, True])
def test_tokens_made_with_a_members_token_go_with_the_member(
    database: Database, write: Any, *, is_first_revoked: bool
) -> None:
    write(lambda tx: members.create_member(tx, email="other@example.com", role=Role.ADMIN))
    member = write(lambda tx: members.create_member(tx, email="a@example.com", role=Role.ADMIN))
    with database.read() as tx:
        person = members.member_caller(tx, member.id)
    first, text = write(lambda tx: tokens.create_token(tx, name="one", role=Role.ADMIN), person)
    _, second = write(lambda tx: tokens.create_token(tx, name="two", role=Role.ADMIN), lets_in(database, text))
    _, third = write(lambda tx: tokens.create_token(tx, name="three", role=Role.VIEWER), lets_in(database, second))
    assert lets_in(database, third) is not None
    if is_first_revoked:
        write(lambda tx: tokens.revoke_token(tx, first))
    write(lambda tx: members.delete_member(tx, member))
    assert [lets_in(database, each) for each in (text, second, third)] == [None, None, None]


def test_no_token_outlives_its_maker(database: Database, clock: FrozenClock, admin: Caller, write: Any) -> None:
    soon = clock.now() + DAY
    _, text = write(lambda tx: tokens.create_token(tx, name="one", role=Role.ADMIN, expires_at=soon))
    caller = lets_in(database, text)
    for more in ({"is_endless": True}, {"expires_at": soon + DAY}):
        with pytest.raises(TokenTooPowerful, match="lives longer"):
            write(lambda tx, more=more: tokens.create_token(tx, name="two", **more), caller)
    made, _ = write(lambda tx: tokens.create_token(tx, name="two"), caller)
    assert made.expires_at == soon
    made, _ = write(lambda tx: tokens.create_token(tx, name="three", is_endless=True), replace(admin, expires_at=None))
    assert made.expires_at is None


def test_a_root_token_keeps_its_end_in_other_organizations(
    database: Database, clock: FrozenClock, admin: Caller, write: Any
) -> None:
    from sqlalchemy import update

    from mockops.control.auth.identity import Origin
    from mockops.control.auth.people import People
    from mockops.workspaces.store.tables import tokens as table

    made, text = write(lambda tx: tokens.create_bootstrap_token(tx, admin.org_id))
    write(lambda tx: organizations.ensure_organization(tx, "other"))
    write(lambda tx: tx.run(update(table).where(table.c.id == made.id).values(expires_at=clock.now() + DAY)))
    with database.read() as tx:
        assert People().find_token(tx, text, Origin(org="other")).expires_at == clock.now() + DAY
