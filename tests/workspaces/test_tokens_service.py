"""Tokens, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from mockops.core.actor import SYSTEM, Caller, Role, WorkspaceUnknown
from mockops.infra.db import tables
from mockops.workspaces.model.access import TokenTooPowerful, TokenUnknown
from mockops.workspaces.service import tokens, workspaces
from mockops.workspaces.store.tables import tokens as tokens_table

if TYPE_CHECKING:
    from typing import Any

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database
    from mockops.workspaces.model.organizations import Organization


def test_a_token_lets_in_and_is_not_kept(database: Database, admin: Caller, acme: Organization) -> None:
    with database.write(admin) as tx:
        made, text = tokens.create_token(tx, name="ci", role=Role.EDITOR)
    assert text.startswith("mko_")
    assert len(text) == 44
    with database.read() as read:
        (row,) = read.all(select(tokens_table))
        assert row.hash == sha256(text.encode()).hexdigest()
        assert row.prefix == text[:8]
        assert text not in str(row)
        assert text[8:] not in str(read.all(select(tables.audit)))
        found = tokens.authenticate_token(read, text, address="10.0.0.1", user_agent="pytest")
    assert found == Caller(
        kind="token",
        id=made.id,
        name="ci",
        org_id=acme.id,
        org="acme",
        role=Role.EDITOR,
        expires_at=made.expires_at,
        address="10.0.0.1",
        user_agent="pytest",
    )


def test_letting_in_takes_one_query(database: Database, admin: Caller) -> None:
    with database.write(admin) as tx:
        _, text = tokens.create_token(tx, name="ci")
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as read:
        asked.clear()
        assert tokens.authenticate_token(read, text)
        assert len(asked) == 1
        assert tokens.authenticate_token(read, "mko_" + "x" * 39 + "é") is None
        assert tokens.authenticate_token(read, "") is None
        assert len(asked) == 1


def test_what_expired_or_was_revoked_lets_nobody_in(database: Database, admin: Caller, clock: FrozenClock) -> None:
    with database.write(admin) as tx:
        short, short_text = tokens.create_token(tx, name="short", expires_at=clock.now() + timedelta(hours=1))
        endless, endless_text = tokens.create_token(tx, name="endless", is_endless=True)
        usual, _ = tokens.create_token(tx, name="usual")
    assert endless.expires_at is None
    assert usual.expires_at == clock.now() + timedelta(days=90)
    clock.advance(3599)
    with database.read() as read:
        assert tokens.authenticate_token(read, short_text)
    clock.advance(1)
    with database.write(admin) as tx:
        assert tokens.authenticate_token(tx, short_text) is None
        assert "'short' expired at 2026-03-02 13:00" in tokens.explain_refusal(tx, short_text)
        tokens.revoke_token(tx, tokens.read_token(tx, endless.id))
        assert tokens.authenticate_token(tx, endless_text) is None
        assert "'endless' was revoked" in tokens.explain_refusal(tx, endless_text)
        assert "no such token" in tokens.explain_refusal(tx, "mko_" + "x" * 40)
        assert "no token of MockOps" in tokens.explain_refusal(tx, "secret")
        assert {each.name for each in tokens.list_tokens(tx).items} == {"short", "usual"}
        assert len(tokens.list_tokens(tx, is_with_revoked=True).items) == 3
        assert short.revoked_at is None


def test_a_token_reaches_some_workspaces_only(database: Database, admin: Caller, rival: Organization) -> None:
    with database.write(admin) as tx:
        one, two = (workspaces.create_workspace(tx, name=name) for name in ("one", "two"))
        made, text = tokens.create_token(tx, name="ci", role=Role.EDITOR, workspaces=["one", one.id])
        assert made.workspaces == (one.id,)
        found = tokens.authenticate_token(tx, text)
        assert found is not None
        with pytest.raises(WorkspaceUnknown):
            tokens.create_token(tx, name="x", workspaces=["one", "three"])
        with pytest.raises(WorkspaceUnknown):
            workspaces.find_workspace(tx, found, two.id)
        assert workspaces.find_workspace(tx, found, "one") == one
    with database.read(found) as read:
        assert [each.name for each in workspaces.list_workspaces(read).items] == ["one"]
    stranger = replace(admin, org_id=rival.id)
    with database.write(stranger) as tx:
        with pytest.raises(WorkspaceUnknown):
            tokens.create_token(tx, name="x", workspaces=[one.id])
        with pytest.raises(TokenUnknown):
            tokens.read_token(tx, made.id)


def test_others_see_and_revoke_their_own_tokens_only(database: Database, admin: Caller, editor: Caller) -> None:
    with database.write(admin) as tx:
        theirs, _ = tokens.create_token(tx, name="theirs")
    with database.write(editor) as tx:
        mine, _ = tokens.create_token(tx, name="mine", role=Role.EDITOR)
        assert tokens.list_tokens(tx).items == (mine,)
        with pytest.raises(TokenUnknown):
            tokens.read_token(tx, theirs.id)
        with pytest.raises(TokenTooPowerful):
            tokens.create_token(tx, name="x", role=Role.APPROVER)


def test_the_installations_own_token_replaces_the_former(database: Database, acme: Organization) -> None:
    with database.write() as tx:
        _, first = tokens.create_bootstrap_token(tx, acme.id)
        _, second = tokens.create_bootstrap_token(tx, acme.id)
        _, gateway = tokens.create_bootstrap_token(tx, acme.id, name="gateway", kind="gateway")
        assert tokens.authenticate_token(tx, first) is None
        root = tokens.authenticate_token(tx, second)
        assert root is not None
        assert (root.is_root, root.role) == (True, Role.ADMIN)
        link = tokens.authenticate_token(tx, gateway)
        assert link is not None
        assert (link.kind, link.is_root, link.role) == ("gateway", True, Role.VIEWER)


def test_uses_are_written_at_most_once_a_minute(
    database: Database, admin: Caller, acme: Organization, clock: FrozenClock
) -> None:
    uses = tokens.TokenUses()
    with database.write(admin) as tx:
        made, _ = tokens.create_token(tx, name="ci")
    started = clock.now()
    for expected in (1, 0, 0, 0, 1):
        uses.note(made.id, clock.now())
        assert uses.has_news == bool(expected)
        with database.write(SYSTEM) as tx:
            assert uses.flush(tx) == expected
        clock.advance(15)
    with database.read(admin) as read:
        assert tokens.read_token(read, made.id).last_used_at == started + timedelta(minutes=1)
    uses.note("gone", clock.now())
    with database.write(SYSTEM) as tx:
        assert uses.flush(tx) == 1
