"""Members: the people of an organization, and what they may do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.actor import Caller, Role
from mockops.core.ids import new_id
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.model.access import LastAdmin, Member, MemberExists, MemberUnknown
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.rules.access import check_email
from mockops.workspaces.rules.editing import check_latest, differing, given, told
from mockops.workspaces.rules.names import is_id
from mockops.workspaces.service.teams import read_team
from mockops.workspaces.service.tokens import revoke_excess
from mockops.workspaces.store import members as store
from mockops.workspaces.store import organizations as organization_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.access import Membership


def find_member(tx: ReadTx, org_id: str, *, subject: str = "", email: str = "") -> Member | None:
    """Return the member of an organization who logs in, on nobody's behalf.

    Args:
        tx: The transaction.
        org_id: The organization.
        subject: `issuer|sub` of the login; it wins.
        email: As the issuer has verified it; finds only members of whom no login was seen yet, so that another issuer
            that says the same address lets nobody in.

    """
    found = store.find_by_subject(tx, org_id, subject) if subject else None
    if found is not None or not email:
        return found
    found = store.find_by_email(tx, org_id, email.strip().lower())
    return found if found is not None and found.subject in ("", subject) else None


def list_memberships(tx: ReadTx, *, subject: str = "", email: str = "") -> list[Membership]:
    """Return the organizations that somebody who logs in belongs to, by name; as `find_member` finds them."""
    by_subject = store.read_memberships(tx, "subject", subject) if subject else []
    known = {each.org_id for each in by_subject}
    by_email = store.read_memberships(tx, "email", email.strip().lower()) if email else []
    fresh = [
        each
        for each in by_email
        if each.org_id not in known and find_member(tx, each.org_id, subject=subject, email=email) is not None
    ]
    return sorted([*by_subject, *fresh], key=lambda each: each.org)


def link_member(tx: Tx, member: Member, *, subject: str, name: str = "") -> Member:
    """Remember the login of a member at the first time, and the name if there is none yet; on nobody's behalf."""
    values: JsonObject = {"subject": subject, "name": member.name or name[:255]}
    after = replace(member, **values)
    if after == member:
        return member
    if not store.update_member(tx, member.id, values, version=member.version):
        raise Changed("Somebody changed the member meanwhile; log in again.")
    after = replace(after, version=member.version + 1, updated_at=tx.now)
    old, new = differing(member, after)
    tx.audit("member.linked", "member", member.id, org_id=member.org_id, before=old, after=new)
    return after


def member_caller(tx: ReadTx, member_id: str, *, address: str = "", user_agent: str = "") -> Caller | None:
    """Return a member as the caller of a request; None when the member is gone."""
    member = store.find_by_id(tx, member_id)
    organization = organization_rows.find_by_id(tx, member.org_id) if member is not None else None
    if member is None or organization is None:
        return None
    return Caller(
        kind="user",
        id=member.id,
        name=member.name or member.email,
        org_id=member.org_id,
        org=organization.name,
        role=member.role,
        workspace_roles=store.read_roles_of(tx, member.id),
        address=address,
        user_agent=user_agent,
    )


def read_member(tx: ReadTx, id_or_email: str) -> Member:
    """Return a member of the caller's organization.

    Raises:
        MemberUnknown: There is none, or it is another organization's.

    """
    if is_id(id_or_email):
        found = store.find_by_id(tx, id_or_email)
    else:
        found = store.find_by_email(tx, tx.caller.org_id, id_or_email.strip().lower())
    if found is None or found.org_id != tx.caller.org_id:
        raise MemberUnknown("The organization has no such member; name one by id or email address.")
    return found


def list_members(
    tx: ReadTx,
    *,
    q: str = "",
    role: Role | None = None,
    team: str = "",
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[Member]:
    """Return a page of the members of the caller's organization, by email address.

    Args:
        tx: The transaction.
        q: Only those with this in address or name.
        role: Only those with this role in the organization.
        team: Only this team's, by id or name.
        cursor: Of the page before.
        limit: At most so many.

    Raises:
        TeamUnknown: There is no such team.

    """
    team_id = read_team(tx, team).id if team else ""
    return store.read_members(
        tx, tx.caller.org_id, q=q, role=str(role or ""), team_id=team_id, cursor=cursor, limit=limit
    )


def create_member(tx: Tx, *, email: str, name: str = "", role: Role = Role.VIEWER, teams: Sequence[str] = ()) -> Member:
    """Add a person to the caller's organization; admins may.

    Raises:
        MemberInvalid: That is no email address.
        MemberExists: The organization has a member of that address.
        TeamUnknown: There is no team of that id or name.

    """
    tx.caller.require(Role.ADMIN)
    email = check_email(email)
    _refuse_taken(tx, email)
    member = Member(
        id=new_id(),
        org_id=tx.caller.org_id,
        email=email,
        name=name,
        subject="",
        role=role,
        teams=_team_ids(tx, teams),
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    row: JsonObject = {field: getattr(member, field) for field in member.__dataclass_fields__}
    store.insert_member(tx, row)
    tx.audit("member.created", "member", member.id, after=told(member))
    return member


def update_member(
    tx: Tx,
    member: Member,
    *,
    email: str | None = None,
    name: str | None = None,
    role: Role | None = None,
    teams: Sequence[str] | None = None,
    version: int | None = None,
) -> Member:
    """Change a member; what is None stays. Admins may.

    Another email address forgets the login that was seen: the next one links anew. A lower role revokes the API tokens
    that the member made and that may do more.

    Raises:
        Changed: `version` is not the latest.
        MemberInvalid: That is no email address.
        MemberExists: The organization has another member of that address.
        TeamUnknown: There is no team of that id or name.
        LastAdmin: Nobody else is admin.

    """
    tx.caller.require(Role.ADMIN)
    check_latest(member.version, version)
    values = given(name=name, role=role)
    if email is not None and check_email(email) != member.email:
        values |= {"email": check_email(email), "subject": ""}
        _refuse_taken(tx, values["email"])
    if teams is not None:
        values["teams"] = _team_ids(tx, teams)
    after = replace(member, **values)
    if after == member:
        return member
    if after.role is not Role.ADMIN:
        _keep_an_admin(tx, member)
    if not store.update_member(tx, member.id, values, version=member.version):
        raise Changed("Somebody changed the member meanwhile; read it again.")
    after = replace(after, version=member.version + 1, updated_at=tx.now)
    old, new = differing(member, after)
    tx.audit("member.updated", "member", member.id, before=old, after=new)
    revoke_excess(tx, member, highest=after.role)
    return after


def delete_member(tx: Tx, member: Member, *, version: int | None = None) -> None:
    """Remove a member with the roles in workspaces, and revoke the API tokens that the member made; admins may.

    Raises:
        Changed: `version` is not the latest.
        LastAdmin: Nobody else is admin.

    """
    tx.caller.require(Role.ADMIN)
    check_latest(member.version, version)
    _keep_an_admin(tx, member)
    store.delete_member(tx, member.id)
    revoke_excess(tx, member, highest=None)
    tx.audit("member.deleted", "member", member.id, before=told(member))


def _keep_an_admin(tx: Tx, member: Member) -> None:
    if member.role is Role.ADMIN and store.count_admins(tx, member.org_id) == 1:
        message = f"{member.email!r} is the organization's last admin; make somebody else admin first."
        raise LastAdmin(message)


def _refuse_taken(tx: Tx, email: str) -> None:
    if store.find_by_email(tx, tx.caller.org_id, email) is not None:
        message = f"The organization has a member {email!r} already."
        raise MemberExists(message)


def _team_ids(tx: ReadTx, teams: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(read_team(tx, each).id for each in teams))
