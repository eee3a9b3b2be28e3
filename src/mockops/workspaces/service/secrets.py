"""Secrets of an organization: set by admins, used by what runs for it, told to nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.core.diagnostics import Diagnostic
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.model.secrets import MAX_SECRET_BYTES, Secret, SecretInvalid, SecretUnknown
from mockops.workspaces.rules.editing import check_latest
from mockops.workspaces.store import secrets as store

if TYPE_CHECKING:
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.infra.secrets import Vault

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def set_secret(tx: Tx, vault: Vault, name: str, value: str, *, version: int | None = None) -> tuple[Secret, bool]:
    """Keep a value, sealed, under a name; return what may be known of it, and whether it is new. Admins may.

    Raises:
        SecretInvalid: The name is no identifier, or the value is empty or too long.
        Changed: `version` is not the latest.

    """
    caller = tx.caller
    caller.require(Role.ADMIN)
    _check(name, value)
    known = store.find_secret(tx, caller.org_id, name)
    check_latest(known.version if known else 0, version)
    author = f"{caller.kind}:{caller.name}"
    sealed = vault.seal(value.encode(), context=_context(caller.org_id, name))
    if known is None:
        secret = Secret(name=name, version=1, created_at=tx.now, updated_at=tx.now, updated_by=author)
        row = {field: getattr(secret, field) for field in secret.__dataclass_fields__}
        store.insert_secret(tx, {**row, "org_id": caller.org_id, "sealed": sealed})
    else:
        values = {"sealed": sealed, "updated_by": author}
        if not store.update_secret(tx, caller.org_id, name, values, version=known.version):
            raise Changed("Somebody changed the secret meanwhile; read it again.")
        secret = Secret(
            name=name,
            version=known.version + 1,
            created_at=known.created_at,
            updated_at=tx.now,
            updated_by=author,
        )
    tx.audit("secret.updated" if known else "secret.created", "secret", name)
    return secret, known is None


def _check(name: str, value: str) -> None:
    faults = []
    if not _NAME.fullmatch(name):
        hint = "letters, digits and _, at most 100, not beginning with a digit: `SLACK_URL`"
        faults.append(("", f"{name[:100]!r} cannot be the name of a secret", hint))
    size = len(value.encode(errors="replace"))
    if not 0 < size <= MAX_SECRET_BYTES:
        problem = "the value is empty" if not size else f"the value has {size:,} bytes"
        faults.append(("/value", problem, f"give 1 to {MAX_SECRET_BYTES:,} bytes"))
    elif any("\ud800" <= each <= "\udfff" for each in value):
        faults.append(("/value", "the value has half of a surrogate pair", "write whole characters"))
    if faults:
        found = [
            Diagnostic(code=SecretInvalid.code, message=message, source="", pointer=where, hint=hint)
            for where, message, hint in faults
        ]
        raise SecretInvalid("; ".join(f"{message}: {hint}" for _, message, hint in faults), found)


def _context(org_id: str, name: str) -> str:
    return f"secret {name!r} of organization {org_id}"


def list_secrets(tx: ReadTx, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[Secret]:
    """Return a page of what may be known of the organization's secrets, by name; editors may, to refer to them."""
    tx.caller.require(Role.EDITOR)
    return store.read_secrets(tx, tx.caller.org_id, cursor=cursor, limit=limit)


def describe_secret(tx: ReadTx, name: str) -> Secret:
    """Return what may be known of a secret of the caller's organization.

    Raises:
        SecretUnknown: There is none of that name.

    """
    tx.caller.require(Role.EDITOR)
    found = store.find_secret(tx, tx.caller.org_id, name)
    if found is None:
        raise _unknown(name)
    return found


def delete_secret(tx: Tx, name: str, *, version: int | None = None) -> None:
    """Forget a secret; admins may.

    Raises:
        SecretUnknown: There is none of that name.
        Changed: `version` is not the latest.

    """
    tx.caller.require(Role.ADMIN)
    known = store.find_secret(tx, tx.caller.org_id, name)
    if known is None:
        raise _unknown(name)
    check_latest(known.version, version)
    store.delete_secret(tx, tx.caller.org_id, name)
    tx.audit("secret.deleted", "secret", name)


def read_secret(tx: ReadTx, vault: Vault, org_id: str, name: str) -> str:
    """Return a secret's value, for what runs on the organization's behalf; never to be logged or answered.

    Raises:
        SecretUnknown: There is none of that name.
        SecretKeyUnavailable: It was sealed with a key that is lost.

    """
    sealed = store.find_sealed(tx, org_id, name)
    if sealed is None:
        raise _unknown(name)
    return vault.open(sealed, context=_context(org_id, name)).decode()


def _unknown(name: str) -> SecretUnknown:
    message = f"The organization has no secret {name[:100]!r}."
    return SecretUnknown(message)
