"""`/orgs`: organizations."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.workspaces.api.shapes import IdOrName, Name, Title
from mockops.workspaces.model.organizations import (
    Changed,
    NameInvalid,
    Organization,
    OrganizationExists,
    OrganizationNotEmpty,
    OrganizationUnknown,
)
from mockops.workspaces.service import organizations as service

router = Router("workspaces", tag="organizations")


class OrganizationShown(Shown):
    """An organization."""

    id: str
    name: str
    title: str
    environments: tuple[str, ...] = Field(description="Of a new workspace, in the order of promotion.")
    version: int
    created_at: datetime
    updated_at: datetime


class NewOrganization(Body):
    """An organization to be."""

    name: Name
    title: Title = ""
    environments: list[Name] | None = Field(None, description="By default dev, test, prod.")


class OrganizationChanges(Body):
    """What is left out, or null, stays."""

    name: Name | None = None
    title: Title | None = None
    environments: list[Name] | None = None


def show(organization: Organization) -> OrganizationShown:
    """Return an organization as it is shown."""
    return OrganizationShown.model_construct(
        id=organization.id,
        name=organization.name,
        title=organization.title,
        environments=organization.environments,
        version=organization.version,
        created_at=organization.created_at,
        updated_at=organization.updated_at,
    )


@router.reads("GET", "/orgs")
def list_organizations(work: Read, limit: Limit = DEFAULT, cursor: Cursor = None) -> Listed[OrganizationShown]:
    """List the organizations you may know of, by name."""
    return Listed.of(service.list_organizations(work.tx, cursor=cursor, limit=limit), show)


@router.writes("POST", "/orgs", errors=(NameInvalid, OrganizationExists))
def create_organization(work: Write, body: NewOrganization) -> Created[OrganizationShown]:
    """Create an organization; needs somebody who manages the installation."""
    organization = service.create_organization(
        work.tx, name=body.name, title=body.title, environments=body.environments
    )
    return Created(show(organization), f"/orgs/{organization.id}")


@router.reads("GET", "/orgs/{org}", errors=(OrganizationUnknown,))
def get_organization(work: Read, org: IdOrName) -> OrganizationShown:
    """Return an organization."""
    return show(service.read_organization(work.tx, org))


@router.writes("PATCH", "/orgs/{org}", errors=(OrganizationUnknown, NameInvalid, OrganizationExists, Changed))
def update_organization(work: Write, org: IdOrName, body: OrganizationChanges) -> OrganizationShown:
    """Change an organization; needs its admin."""
    organization = service.read_organization(work.tx, org)
    changes = body.model_dump(exclude_none=True)
    return show(service.update_organization(work.tx, organization, **changes, version=work.if_match()))


@router.writes("DELETE", "/orgs/{org}", errors=(OrganizationUnknown, OrganizationNotEmpty, Changed))
def delete_organization(work: Write, org: IdOrName) -> None:
    """Delete an organization without workspaces; needs somebody who manages the installation."""
    organization = service.read_organization(work.tx, org)
    service.delete_organization(work.tx, organization, version=work.if_match())
