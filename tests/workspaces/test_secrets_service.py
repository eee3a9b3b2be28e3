"""Secrets: sealed in the database, told to nobody; and the vault that seals them."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from mockops.core.actor import Caller, NotAllowed, Role
from mockops.infra.db import tables
from mockops.infra.secrets import (
    KEY_FILE,
    KEY_VARIABLE,
    SecretKeyInvalid,
    SecretKeyUnavailable,
    Vault,
    open_vault,
    random_text,
)
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.model.secrets import SecretInvalid, SecretUnknown
from mockops.workspaces.service import secrets
from mockops.workspaces.store.tables import secrets as secrets_table

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.infra.db.database import Database
    from mockops.workspaces.model.organizations import Organization

KEY = bytes(range(32))
OTHER = bytes(32)
VAULT = Vault([KEY])


def test_a_secret_is_kept_sealed(database: Database, admin: Caller, acme: Organization) -> None:
    with database.write(admin) as tx:
        made, is_new = secrets.set_secret(tx, VAULT, "SLACK_URL", "https://hooks/öl")
        assert (made.version, is_new) == (1, True)
        again, is_new = secrets.set_secret(tx, VAULT, "SLACK_URL", "https://hooks/2", version=1)
        assert (again.version, is_new) == (2, False)
        assert secrets.read_secret(tx, VAULT, acme.id, "SLACK_URL") == "https://hooks/2"
        assert secrets.list_secrets(tx).items == (again,)
    with database.read() as read:
        kept = str(read.all(select(secrets_table))) + str(read.all(select(tables.audit)))
    assert "hooks" not in kept
    with database.write(admin) as tx:
        with pytest.raises(Changed):
            secrets.delete_secret(tx, "SLACK_URL", version=1)
        secrets.delete_secret(tx, "SLACK_URL", version=2)
        with pytest.raises(SecretUnknown):
            secrets.read_secret(tx, VAULT, acme.id, "SLACK_URL")
        with pytest.raises(SecretUnknown):
            secrets.delete_secret(tx, "SLACK_URL")


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A\n", "é", "x" * 101])
def test_names_are_identifiers(sqlite_database: Database, name: str) -> None:
    with sqlite_database.write() as tx, pytest.raises(SecretInvalid):
        secrets.set_secret(tx, VAULT, name, "x")


def test_values_are_bounded(database: Database, admin: Caller) -> None:
    with database.write(admin) as tx:
        for value in ("", "é" * 40_000, "\ud800"):
            with pytest.raises(SecretInvalid) as refused:
                secrets.set_secret(tx, VAULT, "A", value)
            assert refused.value.diagnostics[0].pointer == "/value"
            assert "é" not in str(refused.value)


def test_who_may(database: Database, editor: Caller) -> None:
    with database.write(editor) as tx:
        assert secrets.list_secrets(tx).items == ()
        with pytest.raises(NotAllowed):
            secrets.set_secret(tx, VAULT, "A", "x")
        with pytest.raises(NotAllowed):
            secrets.delete_secret(tx, "A")
    with database.read(replace(editor, role=Role.VIEWER)) as read, pytest.raises(NotAllowed):
        secrets.list_secrets(read)


def test_a_lost_key_or_a_moved_value_is_told(database: Database, admin: Caller, acme: Organization) -> None:
    with database.write(admin) as tx:
        secrets.set_secret(tx, VAULT, "A", "1")
        secrets.set_secret(tx, VAULT, "B", "2")
        with pytest.raises(SecretKeyUnavailable, match=f"give the former key as {KEY_VARIABLE}"):
            secrets.read_secret(tx, Vault([OTHER]), acme.id, "A")
        assert secrets.read_secret(tx, Vault([OTHER, KEY]), acme.id, "A") == "1"
        sealed = tx.scalar(select(secrets_table.c.sealed).where(secrets_table.c.name == "A"))
        tx.run(update(secrets_table).where(secrets_table.c.name == "B").values(sealed=sealed))
        with pytest.raises(SecretKeyUnavailable, match="changed or moved"):
            secrets.read_secret(tx, VAULT, acme.id, "B")


@given(st.binary(), st.text(alphabet="abc", max_size=5), st.integers(0))
def test_what_is_sealed_opens_unchanged_and_only_unchanged(value: bytes, context: str, at: int) -> None:
    sealed = VAULT.seal(value, context=context)
    assert VAULT.open(sealed, context=context) == value
    assert VAULT.seal(value, context=context) != sealed
    place = 1 + at % (len(sealed) - 1)
    broken = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    with pytest.raises(SecretKeyUnavailable):
        VAULT.open(broken, context=context)
    with pytest.raises(SecretKeyUnavailable):
        VAULT.open(sealed, context=context + "x")


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: open_vault(folder, {}), range(8)))
    sealed = vaults[0].seal(b"x", context="c")
    assert {each.open(sealed, context="c") for each in vaults} == {b"x"}
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == [KEY_FILE]


def test_the_variable_wins_and_may_have_former_keys(tmp_path: Path) -> None:
    former, new = (base64.b64encode(each).decode() for each in (KEY, OTHER))
    vault = open_vault(tmp_path, {KEY_VARIABLE: f"{new},{former}"})
    assert vault.open(VAULT.seal(b"x", context="c"), context="c") == b"x"
    assert list(tmp_path.iterdir()) == []
    for wrong in ("short", base64.b64encode(b"x" * 31).decode(), "é", f"{new},"):
        with pytest.raises(SecretKeyInvalid, match=KEY_VARIABLE) as refused:
            open_vault(tmp_path, {KEY_VARIABLE: wrong})
        assert wrong not in str(refused.value)
    with pytest.raises(SecretKeyInvalid):
        open_vault(None, {})
    (tmp_path / KEY_FILE).write_text("")
    with pytest.raises(SecretKeyInvalid, match=KEY_FILE):
        open_vault(tmp_path, {})


def test_random_texts_differ() -> None:
    found = {random_text(40) for _ in range(100)}
    assert len(found) == 100
    assert all(each.isascii() and each.isalnum() and len(each) == 40 for each in found)
