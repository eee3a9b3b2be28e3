"""Tokens: what programs show to be let in. Only a hash is kept; the text is told once."""

from __future__ import annotations

import hmac
import threading
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from mockops.core.actor import SYSTEM, Caller, Role, WorkspaceUnknown
from mockops.core.ids import new_id
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.infra.secrets import random_text
from mockops.workspaces.model.access import Token, TokenInvalid, TokenUnknown
from mockops.workspaces.rules.access import check_grant, expiry
from mockops.workspaces.rules.editing import told
from mockops.workspaces.rules.names import is_id
from mockops.workspaces.store import tokens as store
from mockops.workspaces.store import workspaces as workspace_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy.engine import Row

    from mockops.core.json import JsonObject
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.access import Member, TokenKind

PREFIX = "mko_"
"""What every token begins with, so that scanners of leaked secrets can tell."""
_RANDOM = 40
_SHOWN = 8
_MAX_REACH = 500
"""Workspaces of one restricted token."""
_USE_INTERVAL = timedelta(minutes=1)


def create_token(
    tx: Tx,
    *,
    name: str,
    role: Role = Role.VIEWER,
    workspaces: Sequence[str] | None = None,
    kind: TokenKind = "api",
    expires_at: datetime | None = None,
    is_endless: bool = False,
) -> tuple[Token, str]:
    """Make a token; return it and its text, which is not kept and cannot be told again.

    Args:
        tx: The transaction.
        name: For people, to know what it is used for.
        role: What it may do; at most what the caller may, everywhere it reaches.
        workspaces: Ids or names of the only workspaces that it reaches; None: all of the organization.
        kind: What it is for.
        expires_at: At most a year from now; None: after 90 days.
        is_endless: Whether it never expires.

    Raises:
        TokenInvalid: The moment is past or too far away, or the role does not go with the kind.
        TokenTooPowerful: It may do more than the caller, or for longer.
        WorkspaceUnknown: There is no such workspace.

    """
    caller = tx.caller
    reach = _workspace_ids(tx, workspaces) if workspaces is not None else None
    check_grant(caller, role, reach, kind)
    expires = expiry(tx.now, expires_at, is_endless=is_endless, latest=caller.expires_at)
    return _insert(tx, org_id=caller.org_id, name=name, role=role, workspaces=reach, kind=kind, expires_at=expires)


def create_bootstrap_token(
    tx: Tx, org_id: str, *, name: str = "bootstrap", kind: TokenKind = "api", text: str = ""
) -> tuple[Token, str]:
    """Make an endless token for the installation itself, on nobody's behalf; the former one of that name goes.

    It manages every organization, as its admin or as a gateway. Its text is drawn, unless an operator has chosen it.

    Raises:
        TokenInvalid: The text has not the form of a token.

    """
    if text and not _has_form(text):
        message = f"A token must be {PREFIX} and {_RANDOM} letters and digits; the one given is not."
        raise TokenInvalid(message)
    store.delete_named(tx, org_id, name, _maker(SYSTEM))
    role = Role.ADMIN if kind == "api" else Role.VIEWER
    return _insert(
        tx,
        org_id=org_id,
        name=name,
        role=role,
        workspaces=None,
        kind=kind,
        expires_at=None,
        is_root=True,
        by=SYSTEM,
        text=text,
    )


def _insert(
    tx: Tx,
    *,
    org_id: str,
    name: str,
    role: Role,
    workspaces: tuple[str, ...] | None,
    kind: TokenKind,
    expires_at: datetime | None,
    is_root: bool = False,
    by: Caller | None = None,
    text: str = "",
) -> tuple[Token, str]:
    text = text or PREFIX + random_text(_RANDOM)
    token = Token(
        id=new_id(),
        org_id=org_id,
        name=name,
        prefix=text[:_SHOWN],
        role=role,
        workspaces=workspaces,
        kind=kind,
        is_root=is_root,
        created_by=_maker(by or tx.caller),
        created_at=tx.now,
        expires_at=expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    row: JsonObject = {field: getattr(token, field) for field in token.__dataclass_fields__}
    store.insert_token(tx, {**row, "hash": _hash(text)})
    tx.audit("token.created", "token", token.id, org_id=org_id, after=told(token))
    return token, text


def _maker(caller: Caller) -> str:
    return f"{caller.kind}:{caller.id}"


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _workspace_ids(tx: ReadTx, named: Sequence[str]) -> tuple[str, ...]:
    found = workspace_rows.find_ids(tx, tx.caller.org_id, named[:_MAX_REACH])
    for each in named:
        if each not in found or not tx.caller.sees(found[each]):
            message = "There is no such workspace."
            raise WorkspaceUnknown(message)
    return tuple(dict.fromkeys(found[each] for each in named))


def list_tokens(
    tx: ReadTx, *, is_with_revoked: bool = False, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> Page[Token]:
    """Return a page of tokens, newest first: to admins all of the organization, to others those that they made."""
    caller = tx.caller
    maker = None if caller.may(Role.ADMIN) else _maker(caller)
    return store.read_tokens(
        tx, caller.org_id, created_by=maker, is_with_revoked=is_with_revoked, cursor=cursor, limit=limit
    )


def read_token(tx: ReadTx, token_id: str) -> Token:
    """Return a token of the caller's organization: any to admins, to others one that they made or use.

    Raises:
        TokenUnknown: There is none, or none that the caller may know of.

    """
    caller = tx.caller
    found = store.find_by_id(tx, caller.org_id, token_id) if is_id(token_id) else None
    is_known = found is not None and (
        caller.may(Role.ADMIN) or found.created_by == _maker(caller) or found.id == caller.id
    )
    if found is None or not is_known:
        raise TokenUnknown("There is no such token.")
    return found


def revoke_token(tx: Tx, token: Token) -> Token:
    """Let nobody in with a token any more, from the next request on; whoever may read it may."""
    if token.revoked_at is not None:
        return token
    store.revoke_token(tx, token.id, tx.now)
    tx.audit("token.revoked", "token", token.id, org_id=token.org_id, before={"name": token.name})
    return replace(token, revoked_at=tx.now)


def revoke_excess(tx: Tx, member: Member, *, highest: Role | None, workspace_id: str = "") -> None:
    """Revoke the API tokens of a member that may do more than the member still may, and so those that these made.

    Args:
        tx: The transaction.
        member: Who made them.
        highest: The member's role now; None: the member is gone.
        workspace_id: Where; empty: in the organization.

    """
    makers, seen = [f"user:{member.id}"], set[str]()
    while makers:
        for token in store.read_made_by(tx, member.org_id, makers.pop()):
            if token.id in seen:
                continue
            seen.add(token.id)
            makers.append(f"token:{token.id}")
            is_there = not workspace_id or token.workspaces is None or workspace_id in token.workspaces
            if token.kind == "api" and is_there and (highest is None or not highest.covers(token.role)):
                revoke_token(tx, token)


def authenticate_token(tx: ReadTx, text: str, *, address: str = "", user_agent: str = "") -> Caller | None:
    """Return who shows a token, in one query; None when it lets nobody in, and `explain_refusal` says why.

    Looking up a hash takes a time that tells nothing of the token.
    """
    row = _find(tx, text)
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= tx.now):
        return None
    return Caller(
        kind="gateway" if row.kind == "gateway" else "token",
        id=row.id,
        name=row.name,
        org_id=row.org_id,
        org=row.org,
        role=Role(row.role),
        workspaces=frozenset(row.workspaces) if row.workspaces is not None else None,
        is_root=row.is_root,
        expires_at=row.expires_at,
        address=address,
        user_agent=user_agent,
    )


def explain_refusal(tx: ReadTx, text: str) -> str:
    """Return why a token lets nobody in, for people; what is said of a known token is no secret to who shows it."""
    if not _has_form(text):
        return f"That is no token of MockOps: one begins with {PREFIX} and has {len(PREFIX) + _RANDOM} characters."
    row = _find(tx, text)
    if row is None:
        return "There is no such token; it may have been deleted, or be another installation's."
    if row.revoked_at is not None:
        return f"The token {row.name!r} was revoked at {row.revoked_at:%Y-%m-%d %H:%M} UTC."
    return f"The token {row.name!r} expired at {row.expires_at:%Y-%m-%d %H:%M} UTC; make a new one."


def has_root_token(tx: ReadTx) -> bool:
    """Say whether some token lets an admin of the whole installation in, on nobody's behalf."""
    return store.has_root(tx, "api")


def _has_form(text: str) -> bool:
    return len(text) == len(PREFIX) + _RANDOM and text.startswith(PREFIX) and text.isascii()


def _find(tx: ReadTx, text: str) -> Row[Any] | None:
    if not _has_form(text):
        return None
    hash_ = _hash(text)
    row = store.find_by_hash(tx, hash_)
    return row if row is not None and hmac.compare_digest(row.hash, hash_) else None


class TokenUses:
    """When tokens were last used, kept in the process and written now and then: a request writes nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[str, datetime] = {}
        self._written: dict[str, datetime] = {}

    def note(self, token_id: str, at: datetime) -> None:
        """Remember a use; called with every request."""
        written = self._written.get(token_id)
        if written is None or at - written >= _USE_INTERVAL:
            self._pending[token_id] = at

    @property
    def has_news(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._pending)

    def flush(self, tx: Tx) -> int:
        """Write what was noted, for each token at most once a minute; return how many.

        What a failing commit loses is noted again by the next use, a minute later.
        """
        with self._lock:
            pending = {token_id: self._pending.pop(token_id) for token_id in list(self._pending)}
            for token_id, at in pending.items():
                if store.mark_used(tx, token_id, at):
                    self._written[token_id] = at
            oldest = tx.now - _USE_INTERVAL
            self._written = {token_id: at for token_id, at in self._written.items() if at > oldest}
        return len(pending)
