"""Organizations: who owns everything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.actor import NotAllowed, Role
from mockops.core.ids import new_id
from mockops.infra.db.pages import DEFAULT_LIMIT
from mockops.workspaces.model.environments import NewEnvironment
from mockops.workspaces.model.organizations import (
    DEFAULT_ORGANIZATION,
    Changed,
    Organization,
    OrganizationExists,
    OrganizationNotEmpty,
    OrganizationUnknown,
)
from mockops.workspaces.model.projects import DEFAULT_ENVIRONMENTS
from mockops.workspaces.rules.config import check_config
from mockops.workspaces.rules.editing import check_latest, differing, given, told
from mockops.workspaces.rules.names import check_name, is_id
from mockops.workspaces.store import environments as environment_rows
from mockops.workspaces.store import organizations as store
from mockops.workspaces.store import workspaces as workspace_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.infra.db.pages import Page
    from mockops.infra.db.transactions import ReadTx, Tx


def ensure_organization(tx: Tx, name: str = DEFAULT_ORGANIZATION) -> Organization:
    """Return the organization of a name, made now if there is none; on nobody's behalf."""
    found = store.find_by_name(tx, name)
    return found if found is not None else _insert(tx, name, "", DEFAULT_ENVIRONMENTS)


def _insert(tx: Tx, name: str, title: str, environments: Sequence[str]) -> Organization:
    organization = Organization(
        id=new_id(),
        name=check_name(name, what="organization"),
        title=title,
        environments=tuple(environments),
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    row = {field: getattr(organization, field) for field in organization.__dataclass_fields__}
    store.insert_organization(tx, {**row, "environments": list(environments)})
    tx.audit("organization.created", "organization", organization.id, org_id=organization.id, after=told(organization))
    return organization


def find_organization(tx: ReadTx, id_or_name: str) -> Organization | None:
    """Return an organization, on nobody's behalf."""
    return store.find_by_id(tx, id_or_name) if is_id(id_or_name) else store.find_by_name(tx, id_or_name)


def read_organization(tx: ReadTx, id_or_name: str) -> Organization:
    """Return an organization that the caller may know of: their own, or any when they manage the installation.

    Raises:
        OrganizationUnknown: There is none, or it is not the caller's.

    """
    found = find_organization(tx, id_or_name)
    if found is None or not (tx.caller.is_root or found.id == tx.caller.org_id):
        raise OrganizationUnknown("There is no such organization.")
    return found


def read_own(tx: ReadTx) -> Organization:
    """Return the caller's organization.

    Raises:
        OrganizationUnknown: It was deleted meanwhile.

    """
    return read_organization(tx, tx.caller.org_id)


def list_organizations(tx: ReadTx, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[Organization]:
    """Return a page of the organizations that the caller may know of, by name."""
    ids = None if tx.caller.is_root else [tx.caller.org_id]
    return store.read_organizations(tx, ids=ids, cursor=cursor, limit=limit)


def create_organization(
    tx: Tx, *, name: str, title: str = "", environments: Sequence[str] | None = None
) -> Organization:
    """Create an organization; whoever manages the installation may.

    Raises:
        NotAllowed: The caller does not.
        NameInvalid: The name is no label of a host name.
        WorkspaceInvalid: The list of environments is wrong.
        OrganizationExists: There is one of that name.

    """
    _require_root(tx, "Creating an organization")
    names = DEFAULT_ENVIRONMENTS if environments is None else environments
    check_name(name, what="organization")
    check_config(environments=[NewEnvironment(name=each) for each in names])
    _refuse_taken(tx, name)
    return _insert(tx, name, title, names)


def update_organization(
    tx: Tx,
    organization: Organization,
    *,
    name: str | None = None,
    title: str | None = None,
    environments: Sequence[str] | None = None,
    version: int | None = None,
) -> Organization:
    """Change an organization; what is None stays. Its admins may.

    Another list of environments holds for workspaces created from now on, and orders the pins of personas.

    Raises:
        Changed: `version` is not the latest.
        NameInvalid: The name is no label of a host name.
        WorkspaceInvalid: The list of environments is wrong.
        OrganizationExists: There is another one of that name.

    """
    if not tx.caller.is_root:
        tx.caller.require(Role.ADMIN)
    check_latest(organization.version, version)
    if environments is not None:
        check_config(environments=[NewEnvironment(name=each) for each in environments])
    if name is not None and name != organization.name:
        _refuse_taken(tx, check_name(name, what="organization"))
    values = given(name=name, title=title)
    if environments is not None:
        values["environments"] = tuple(environments)
    after = replace(organization, **values)
    if after == organization:
        return organization
    columns = {**values, "environments": list(after.environments)}
    if not store.update_organization(tx, organization.id, columns, version=organization.version):
        raise Changed("Somebody changed the organization meanwhile; read it again.")
    after = replace(after, version=organization.version + 1, updated_at=tx.now)
    if after.name != organization.name:
        tx.touch(*environment_rows.read_ids_of(tx, organization.id))  # targets are called by it
    old, new = differing(organization, after)
    tx.audit("organization.updated", "organization", organization.id, org_id=organization.id, before=old, after=new)
    return after


def delete_organization(tx: Tx, organization: Organization, *, version: int | None = None) -> None:
    """Delete an organization without workspaces; whoever manages the installation may, but not their own.

    Raises:
        NotAllowed: The caller does not.
        Changed: `version` is not the latest.
        OrganizationNotEmpty: It has workspaces, or the caller is in it.

    """
    _require_root(tx, "Deleting an organization")
    check_latest(organization.version, version)
    if organization.id == tx.caller.org_id:
        raise OrganizationNotEmpty("You are in this organization; delete it as somebody of another one.")
    if workspace_rows.has_workspaces(tx, organization.id):
        message = f"The organization {organization.name!r} has workspaces; delete them first."
        raise OrganizationNotEmpty(message)
    # in the trail of who does it: nobody reads that of an organization which is gone
    tx.audit("organization.deleted", "organization", organization.id, before=told(organization))
    store.delete_organization(tx, organization.id)


def _require_root(tx: Tx, what: str) -> None:
    if not tx.caller.is_root:
        message = f"{what} needs somebody who manages the installation; {tx.caller.name!r} is of one organization."
        raise NotAllowed(message)


def _refuse_taken(tx: Tx, name: str) -> None:
    if store.find_by_name(tx, name) is not None:
        message = f"There is an organization {name!r} already."
        raise OrganizationExists(message)
