"""Who is who, as the workspaces slice knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.control.auth.identity import Directory, Identity, Origin
from mockops.core.actor import SYSTEM, Caller, Role
from mockops.infra.web.problems import NotAuthenticated
from mockops.workspaces.model.organizations import DEFAULT_ORGANIZATION, OrganizationUnknown
from mockops.workspaces.service import members, organizations, tokens

if TYPE_CHECKING:
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.organizations import Organization

GATEWAY_TOKEN = "gateway of mockops up"  # noqa: S105 (a name)


class People(Directory):
    """The directory of an installation; also remembers when tokens were used."""

    def __init__(self) -> None:
        self.uses = tokens.TokenUses()

    def prepare(self, tx: Tx) -> None:
        """Have the organization that a fresh installation begins with."""
        organizations.ensure_organization(tx)

    def find_local(self, tx: ReadTx, origin: Origin) -> Caller:
        """Return this machine's user, who may do everything, in the organization asked for."""
        organization = _organization(tx, origin.org or DEFAULT_ORGANIZATION)
        return Caller(
            kind="local",
            id="local",
            name="local",
            org_id=organization.id,
            org=organization.name,
            role=Role.ADMIN,
            is_root=True,
            address=origin.address,
            user_agent=origin.user_agent,
        )

    def find_token(self, tx: ReadTx, text: str, origin: Origin) -> Caller:
        """Return who a token stands for; one that manages the installation chooses among all organizations."""
        found = tokens.authenticate_token(tx, text, address=origin.address, user_agent=origin.user_agent)
        if found is None:
            raise NotAuthenticated(tokens.explain_refusal(tx, text))
        self.uses.note(found.id, tx.now)
        if not origin.org or origin.org in (found.org, found.org_id):
            return found
        if not found.is_root:
            raise OrganizationUnknown(f"The token is of the organization {found.org!r}, and there is no other for it.")
        organization = _organization(tx, origin.org)
        return Caller(
            kind=found.kind,
            id=found.id,
            name=found.name,
            org_id=organization.id,
            org=organization.name,
            role=found.role,
            is_root=True,
            expires_at=found.expires_at,
            address=origin.address,
            user_agent=origin.user_agent,
        )

    def find_person(self, tx: ReadTx, identity: Identity, origin: Origin) -> Caller | None:
        """Return the member that a person is, in the organization asked for or the first."""
        found = members.list_memberships(tx, subject=identity.subject)
        if not found:
            return None
        chosen = next((each for each in found if not origin.org or origin.org in (each.org, each.org_id)), None)
        if chosen is None:
            raise OrganizationUnknown("There is no such organization, or you are no member of it.")
        return members.member_caller(tx, chosen.member_id, address=origin.address, user_agent=origin.user_agent)

    def admit(self, tx: Tx, identity: Identity, role: Role | None) -> bool:
        """Link a person to the members with the verified address, or make one with a role; return whether one is."""
        found = members.list_memberships(tx, subject=identity.subject, email=identity.email)
        for each in found:
            member = members.find_member(tx, each.org_id, subject=identity.subject, email=identity.email)
            if member is not None:
                members.link_member(tx, member, subject=identity.subject, name=identity.name)
        if found:
            return True
        if role is None or not identity.email:
            return False
        organization = _organization(tx, DEFAULT_ORGANIZATION)
        tx.caller = _on_behalf_of(organization)
        member = members.create_member(tx, email=identity.email, name=identity.name, role=role)
        members.link_member(tx, member, subject=identity.subject)
        return True

    def has_admin(self, tx: ReadTx) -> bool:
        """Say whether any token can manage the installation."""
        return tokens.has_root_token(tx)

    def create_admin_token(self, tx: Tx, text: str = "") -> str:
        """Make a token that manages the installation, with a text of its own or the given one; return it."""
        organization = _organization(tx, DEFAULT_ORGANIZATION)
        _, made = tokens.create_bootstrap_token(tx, organization.id, text=text)
        return made

    def create_gateway_token(self, tx: Tx) -> str:
        """Make a token for the gateway that `mockops up` runs, instead of the one before; return its text."""
        organization = _organization(tx, DEFAULT_ORGANIZATION)
        _, made = tokens.create_bootstrap_token(tx, organization.id, name=GATEWAY_TOKEN, kind="gateway")
        return made

    def is_gateway_token(self, tx: ReadTx, text: str) -> bool:
        """Say whether a text lets a gateway in that serves every organization."""
        found = tokens.authenticate_token(tx, text)
        return found is not None and found.kind == "gateway" and found.is_root


def _organization(tx: ReadTx, name: str) -> Organization:
    found = organizations.find_organization(tx, name)
    if found is None:
        raise OrganizationUnknown(f"There is no organization {name[:100]!r}.")
    return found


def _on_behalf_of(organization: Organization) -> Caller:
    return Caller(
        kind="system",
        id=SYSTEM.id,
        name=SYSTEM.name,
        org_id=organization.id,
        org=organization.name,
        role=Role.ADMIN,
        is_root=True,
    )
