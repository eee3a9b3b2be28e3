"""Who may give what to whom: nobody gives more than they have."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from mockops.core.actor import Caller, Role
from mockops.core.diagnostics import Diagnostic
from mockops.workspaces.model.access import MemberInvalid, TokenInvalid, TokenTooPowerful

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from mockops.workspaces.model.access import TokenKind

TOKEN_LIFE = timedelta(days=90)
"""Of a token whose maker says nothing else."""
MAX_TOKEN_LIFE = timedelta(days=366)
"""Of a token that expires at all; a year may be a leap year."""
MAX_EMAIL = 254
"""RFC 5321 section 4.5.3.1.3, without the brackets."""

_EMAIL = re.compile(r"[^\s@<>\",;:\\\[\]()]{1,64}@[^\s@<>\",;:\\\[\]().]+(?:\.[^\s@<>\",;:\\\[\]().]+)*")


def check_email(email: str, *, where: str = "/email") -> str:
    """Return an email address in lower case.

    Raises:
        MemberInvalid: It is none.

    """
    found = email.strip().lower()
    if len(found) <= MAX_EMAIL and _EMAIL.fullmatch(found):
        return found
    message = f"{email[:80]!r} is no email address."
    hint = "write somebody@example.com, without a name around it"
    found_fault = Diagnostic(code=MemberInvalid.code, message=message, source="", pointer=where, hint=hint)
    raise MemberInvalid(message, [found_fault])


def ceiling(caller: Caller, workspaces: Collection[str] | None) -> Role:
    """Return the highest role that a caller has everywhere in a reach.

    Args:
        caller: Who gives.
        workspaces: Ids; None: the whole organization, where a lower role in any one workspace counts.

    """
    if workspaces is None:
        roles = [caller.role, *caller.workspace_roles.values()]
    else:
        roles = [caller.workspace_roles.get(each, caller.role) for each in workspaces]
    order = tuple(Role)
    return min(roles, key=order.index, default=Role.VIEWER)


def check_grant(caller: Caller, role: Role, workspaces: Collection[str] | None, kind: TokenKind) -> None:
    """Refuse a token that may do more than who makes it, or that they may not make.

    Args:
        caller: Who makes it: a person for themselves, or an admin.
        role: What it may do.
        workspaces: Ids of the only workspaces that it reaches; None: all.
        kind: What it is for; gateways serve everybody, so only admins make theirs.

    Raises:
        NotAllowed: A program that is no admin makes no tokens.
        TokenInvalid: A gateway's token reads, and nothing else.
        TokenTooPowerful: It reaches further, or has a higher role.

    """
    if kind == "gateway" or caller.kind not in ("user", "local"):
        caller.require(Role.ADMIN)
    if kind == "gateway" and role is not Role.VIEWER:
        message = (
            f"A gateway's token has the role viewer, not {role}: a gateway fetches and reports, and changes nothing."
        )
        raise TokenInvalid(message, [Diagnostic(code=TokenInvalid.code, message=message, source="", pointer="/role")])
    if caller.workspaces is not None and (workspaces is None or not caller.workspaces.issuperset(workspaces)):
        message = f"{caller.name!r} reaches some workspaces only; name some of them as the token's."
        raise TokenTooPowerful(message)
    highest = ceiling(caller, workspaces)
    if not highest.covers(role):
        message = f"{caller.name!r} has the role {highest} there and cannot make a token with the role {role}."
        raise TokenTooPowerful(message)


def expiry(
    now: datetime, wanted: datetime | None, *, is_endless: bool = False, latest: datetime | None = None
) -> datetime | None:
    """Return when a token made now expires; None: never.

    Args:
        now: When it is made.
        wanted: When it shall expire; None: after `TOKEN_LIFE`.
        is_endless: Whether it was said that it never shall.
        latest: When the token expires that makes it: one that leaks must not live on in others. None: no token does.

    Raises:
        TokenInvalid: That is past, or further away than `MAX_TOKEN_LIFE`.
        TokenTooPowerful: It would outlive the one that makes it.

    """
    if latest is not None and (is_endless or (wanted is not None and wanted > latest)):
        message = f"This token expires at {latest.isoformat()} and makes none that lives longer."
        raise TokenTooPowerful(message)
    if is_endless:
        return None
    if wanted is None:
        return now + TOKEN_LIFE if latest is None else min(now + TOKEN_LIFE, latest)
    if now < wanted <= now + MAX_TOKEN_LIFE:
        return wanted
    fault = "is past" if wanted <= now else f"is more than {MAX_TOKEN_LIFE.days} days away"
    message = f"A token cannot expire at {wanted.isoformat()}: that {fault}."
    hint = "give a moment within a year, or say `never` in so many words"
    raise TokenInvalid(
        message, [Diagnostic(code=TokenInvalid.code, message=message, source="", pointer="/expires_at", hint=hint)]
    )
