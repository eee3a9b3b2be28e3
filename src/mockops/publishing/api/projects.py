"""Files as code over HTTP: plan, apply, export."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from mockops.infra.web.raw import RawBody, decode, encoded, gives, takes
from mockops.infra.web.router import Raw, Read, Router, Write
from mockops.publishing.service.projects.apply import apply_project, plan_project
from mockops.publishing.service.projects.state import export_project
from mockops.workspaces.model.projects import (
    Applied,
    ApplyRequest,
    Plan,
    PlanOutdated,
    PlanRequest,
    ProjectConflict,
    ProjectInvalid,
    ProjectState,
)

router = Router("projects", tag="projects")


@router.reads(
    "POST",
    "/projects/plan",
    errors=(ProjectInvalid,),
    openapi_extra=takes(PlanRequest),
    responses=gives(Plan),
)
def plan(work: Read, body: RawBody) -> Raw:
    """Say what applying a project's files would do; nothing is changed."""
    return encoded(plan_project(work.tx, decode(body, PlanRequest)))


@router.writes(
    "POST",
    "/projects/apply",
    errors=(ProjectInvalid, ProjectConflict, PlanOutdated),
    openapi_extra=takes(ApplyRequest),
    responses=gives(Applied),
)
def apply(work: Write, body: RawBody) -> Raw:
    """Make the organization as a project's files are: all of it in one transaction, or nothing.

    Contracts are uploaded before (`POST /contracts`). The header `MockOps-Revision` of the answer tells from which
    revision on gateways serve it.
    """
    return encoded(apply_project(work.tx, decode(body, ApplyRequest)))


@router.reads("GET", "/projects/export", responses=gives(ProjectState))
def export(
    work: Read,
    project: Annotated[str, Query(max_length=255, description="Only what this project applied.")] = "",
    workspaces: Annotated[str, Query(max_length=20_000, description="Names, separated by commas; empty: all.")] = "",
) -> Raw:
    """Return what the organization has, as files would say it."""
    names = [each.strip() for each in workspaces.split(",") if each.strip()]
    return encoded(export_project(work.tx, project=project, workspaces=names))
