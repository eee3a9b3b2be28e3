"""Organizations and who is in them: teams, members, tokens, secrets, and the record of what they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mockops.client.base import segment
from mockops.client.bodies import change_many, said
from mockops.client.listing import Listing
from mockops.client.shown.access import AuditEntry, Member, NewToken, Organization, Secret, Team, Token
from mockops.core.actor import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mockops.client.base import Api
    from mockops.client.shown.bulk import BulkChange, BulkResults


class Organizations:
    """Organizations, by id or name."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self) -> Listing[Organization]:
        """Return the organizations that you belong to."""
        return Listing(self._api, "orgs", Organization)

    def get(self, org: str) -> Organization:
        """Return an organization."""
        return self._api.get(f"orgs/{segment(org)}").read(Organization)

    def create(self, name: str, *, title: str = "", environments: Sequence[str] | None = None) -> Organization:
        """Create an organization; needs whoever manages the installation.

        Args:
            name: Lower-case letters, digits and hyphens.
            title: For people.
            environments: What its workspaces have, in the order of promotion; None: dev, test, prod.

        """
        return self._api.post("orgs", said(name=name, title=title, environments=environments)).read(Organization)

    def update(
        self,
        org: str,
        *,
        name: str | None = None,
        title: str | None = None,
        environments: Sequence[str] | None = None,
        version: int | None = None,
    ) -> Organization:
        """Change an organization; what is None stays. With `version` only if it is the latest, else ApiStale."""
        body = said(name=name, title=title, environments=environments)
        return self._api.patch(f"orgs/{segment(org)}", body, if_match=version).read(Organization)

    def delete(self, org: str, *, version: int | None = None) -> None:
        """Delete an organization."""
        self._api.delete(f"orgs/{segment(org)}", if_match=version)


class Teams:
    """Teams of the organization, by id or name."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self, *, q: str = "") -> Listing[Team]:
        """Return the teams; `q` stands in name or title."""
        return Listing(self._api, "teams", Team, q=q)

    def get(self, team: str) -> Team:
        """Return a team."""
        return self._api.get(f"teams/{segment(team)}").read(Team)

    def create(self, name: str, *, title: str = "") -> Team:
        """Create a team."""
        return self._api.post("teams", said(name=name, title=title)).read(Team)

    def update(
        self, team: str, *, name: str | None = None, title: str | None = None, version: int | None = None
    ) -> Team:
        """Change a team; what is None stays. With `version` only if it is the latest, else ApiStale."""
        return self._api.patch(f"teams/{segment(team)}", said(name=name, title=title), if_match=version).read(Team)

    def delete(self, team: str, *, version: int | None = None) -> None:
        """Delete a team; its workspaces and members stay."""
        self._api.delete(f"teams/{segment(team)}", if_match=version)


class Members:
    """Members of the organization, by id or email address."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self, *, q: str = "", role: Role | None = None, team: str = "") -> Listing[Member]:
        """Return the members by email address; `q` stands in name or address."""
        return Listing(self._api, "members", Member, q=q, role=role, team=team)

    def get(self, member: str) -> Member:
        """Return a member."""
        return self._api.get(f"members/{segment(member)}").read(Member)

    def create(self, email: str, *, name: str = "", role: Role = Role.VIEWER, teams: Sequence[str] = ()) -> Member:
        """Add a member, in teams by id or name; needs an admin."""
        return self._api.post("members", said(email=email, name=name, role=role, teams=teams)).read(Member)

    def update(
        self,
        member: str,
        *,
        email: str | None = None,
        name: str | None = None,
        role: Role | None = None,
        teams: Sequence[str] | None = None,
        version: int | None = None,
    ) -> Member:
        """Change a member; what is None stays. With `version` only if it is the latest, else ApiStale."""
        body = said(email=email, name=name, role=role, teams=teams)
        return self._api.patch(f"members/{segment(member)}", body, if_match=version).read(Member)

    def delete(self, member: str, *, version: int | None = None) -> None:
        """Remove a member, and revoke the tokens that the member made."""
        self._api.delete(f"members/{segment(member)}", if_match=version)

    def bulk(self, changes: Sequence[BulkChange]) -> BulkResults:
        """Make many changes, each done or refused by itself; a thousand at a time are one transaction."""
        return change_many(self._api, "members/bulk", changes)


class Tokens:
    """API tokens and tokens of gateways, by id."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self, *, revoked: bool = False) -> Listing[Token]:
        """Return the tokens, newest first; with `revoked` those that let nobody in any more, too."""
        return Listing(self._api, "tokens", Token, revoked=revoked)

    def get(self, token: str) -> Token:
        """Return what may be known of a token."""
        return self._api.get(f"tokens/{segment(token)}").read(Token)

    def create(
        self,
        name: str,
        *,
        role: Role = Role.VIEWER,
        workspaces: Sequence[str] | None = None,
        kind: Literal["api", "gateway"] = "api",
        expires_at: datetime | Literal["never"] | None = None,
    ) -> NewToken:
        """Make a token; its text is in this answer and nowhere else.

        Args:
            name: What it is used for.
            role: At most yours.
            workspaces: Ids or names of the only ones that it reaches; None: all.
            kind: `gateway` for a gateway's process.
            expires_at: At most a year from now; None: 90 days from now.

        """
        body = said(name=name, role=role, workspaces=workspaces, kind=kind, expires_at=expires_at)
        return self._api.post("tokens", body).read(NewToken)

    def revoke(self, token: str) -> None:
        """Let nobody in with a token any more, from the next request on."""
        self._api.delete(f"tokens/{segment(token)}")


class Secrets:
    """Secrets of the organization; what they are is never told again."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self) -> Listing[Secret]:
        """Return the secrets' names."""
        return Listing(self._api, "secrets", Secret)

    def get(self, name: str) -> Secret:
        """Return what may be known of a secret."""
        return self._api.get(f"secrets/{segment(name)}").read(Secret)

    def set(self, name: str, value: str, *, version: int | None = None) -> Secret:
        """Keep a secret, sealed. With `version` only if it is the latest, else ApiStale."""
        return self._api.put(f"secrets/{segment(name)}", {"value": value}, if_match=version).read(Secret)

    def delete(self, name: str, *, version: int | None = None) -> None:
        """Forget a secret."""
        self._api.delete(f"secrets/{segment(name)}", if_match=version)


class Audit:
    """Who changed what."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(
        self,
        *,
        actor: str = "",
        entity_type: str = "",
        entity_id: str = "",
        action: str = "",
        workspace: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Listing[AuditEntry]:
        """Return the changes, newest first.

        Args:
            actor: Id or name of who made them.
            entity_type: Of what was changed: `workspace`, `stub`, `token` …
            entity_id: Its id.
            action: Such as `stub.created`; `*` is any text, `?` any character.
            workspace: Id or name.
            since: The first moment, with a time zone.
            until: The first moment that is too late.

        """
        return Listing(
            self._api,
            "audit",
            AuditEntry,
            **{"from": moment(since), "to": moment(until)},
            actor=actor,
            entity_type=entity_type,
            entity_id=entity_id,
            action=action,
            workspace=workspace,
        )


def moment(value: datetime | None) -> str | None:
    """Return a moment as queries have it (RFC 3339)."""
    return None if value is None else value.isoformat()
