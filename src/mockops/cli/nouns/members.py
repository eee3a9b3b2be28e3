"""`mockops member`: members of the organization, and their roles."""

from __future__ import annotations

from typing import Annotated

import typer

from mockops.cli.nouns.bulk import send_changes
from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import File, Search, Workspace
from mockops.core.actor import Role

app = noun("member", "Members of the organization, and their roles.")
_LIST = {"EMAIL": "email", "NAME": "name", "ROLE": "role", "TEAMS": "teams", "LOGGED IN": "has_logged_in"}
_ROLES = {"EMAIL": "email", "NAME": "name", "ROLE": "role"}

Member = Annotated[str, typer.Argument(help="Email address, or id.", metavar="EMAIL")]
Name = Annotated[str | None, typer.Option("--name", help="For people.", metavar="TEXT")]
Teams = Annotated[list[str] | None, typer.Option("--team", help="Id or name; repeatable.", metavar="NAME")]


@command(app, "list", lists=True)
def list_(
    work: Work,
    *,
    search: Search = "",
    role: Annotated[Role | None, typer.Option("--role", help="Only with this role.")] = None,
    team: Annotated[str, typer.Option("--team", help="Only of this team.", metavar="NAME")] = "",
) -> None:
    """List members, by email address.

    Example: mockops member list --role admin

    """
    work.list(work.api.members.list(q=search, role=role, team=team), _LIST)


@command(app, "get")
def get(work: Work, member: Member) -> None:
    """Show a member.

    Example: mockops member get ada@example.com

    """
    work.show(work.api.members.get(member))


@command(app, "create")
def create(
    work: Work,
    email: Annotated[str, typer.Argument(help="Email address.", metavar="EMAIL")],
    *,
    name: Name = None,
    role: Annotated[Role, typer.Option("--role", help="In the organization.")] = Role.VIEWER,
    team: Teams = None,
) -> None:
    """Add a member; needs an admin.

    Example: mockops member create ada@example.com --role editor --team payments

    """
    work.show(work.api.members.create(email, name=name or "", role=role, teams=team or ()))


@command(app, "update")
def update(
    work: Work,
    member: Member,
    *,
    email: Annotated[str | None, typer.Option("--email", help="The new address.", metavar="EMAIL")] = None,
    name: Name = None,
    role: Annotated[Role | None, typer.Option("--role", help="In the organization.")] = None,
    team: Teams = None,
    if_version: Version = None,
) -> None:
    """Change a member; what is not said stays. The teams that are said replace those there were.

    Example: mockops member update ada@example.com --role approver

    """
    work.show(
        work.api.members.update(member, email=email, name=name, role=role, teams=team or None, version=if_version)
    )


@command(app, "delete")
def delete(work: Work, member: Member, *, yes: Yes = False, if_version: Version = None) -> None:
    """Remove a member, and revoke the tokens that the member made.

    Example: mockops member delete ada@example.com --yes

    """
    agree(f"Remove {member} from the organization, and revoke the tokens made by them?", yes=yes)
    work.api.members.delete(member, version=if_version)
    work.done(f"member {member} removed")


@command(app, "bulk")
def bulk(work: Work, file: File) -> None:
    """Add, change and remove many members: a list of `{action, id, document}`; each is done or refused by itself.

    Example: mockops member bulk people.yaml

    """
    send_changes(work, file, work.api.members.bulk)


@command(app, "roles", lists=True)
def roles(work: Work, *, workspace: Workspace) -> None:
    """List the members that have a role of their own in a workspace.

    Example: mockops member roles --workspace payments

    """
    work.list(work.api.roles(workspace).list(), _ROLES)


@command(app, "set-role")
def set_role(
    work: Work, member: Member, role: Annotated[Role, typer.Argument(help="There.")], *, workspace: Workspace
) -> None:
    """Give a member a role in one workspace, instead of that in the organization.

    Example: mockops member set-role ada@example.com approver --workspace payments

    """
    work.show(work.api.roles(workspace).set(member, role))


@command(app, "unset-role")
def unset_role(work: Work, member: Member, *, workspace: Workspace) -> None:
    """Let a member have the organization's role in a workspace again.

    Example: mockops member unset-role ada@example.com --workspace payments

    """
    work.api.roles(workspace).unset(member)
    work.done(f"{member} has the organization's role in {workspace}")
