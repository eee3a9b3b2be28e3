"""Applying a project: one plan, one transaction, all of it or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.actor import Role
from mockops.publishing.service.projects.executing import Executor
from mockops.publishing.service.projects.state import read_server_state
from mockops.publishing.store import projects as store
from mockops.workspaces.model.projects import Applied, PlanOutdated, ProjectConflict, ProjectInvalid
from mockops.workspaces.rules.digests import canonical_json
from mockops.workspaces.rules.entries import Entry, entries_of
from mockops.workspaces.rules.plan import brief, plan
from mockops.workspaces.service.blobs import read_blobs, save_blobs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.projects import ApplyRequest, Change, Plan, PlanRequest
    from mockops.workspaces.rules.entries import Name


def plan_project(tx: ReadTx, request: PlanRequest) -> Plan:
    """Return what applying a project's files would do.

    Raises:
        ProjectInvalid: Two items have one name.
        NotAllowed: The caller may not see it.

    """
    return brief(_plan(tx, request)[0])


def apply_project(tx: Tx, request: ApplyRequest) -> Applied:
    """Make the server's project as its files are.

    Returns:
        What was done; its revision is known once the transaction has ended.

    Raises:
        ProjectInvalid: Two items have one name.
        ProjectConflict: Files and server were edited in one place; nothing was changed.
        PlanOutdated: The server changed since the plan whose fingerprint was sent.
        Invalid: An item cannot be used; all that is wrong is named.
        NotAllowed: The caller may not change something of it.

    """
    made, former = _plan(tx, request)
    if request.fingerprint and request.fingerprint != made.fingerprint:
        message = "The server changed since this plan was made: plan again, look at it, and apply that."
        raise PlanOutdated(message)
    if made.conflicts:
        raise _conflict(made)
    theirs = entries_of(request.project)
    Executor(tx, request.project).execute(made)
    _keep_bases(tx, request.project.name, made.changes, theirs, former)
    return Applied(plan=brief(made))


def _plan(tx: ReadTx, request: PlanRequest) -> tuple[Plan, set[Name]]:
    """Return the plan, and what the project applied before."""
    project = request.project
    tx.caller.require(Role.VIEWER)
    if project.org not in ("", tx.caller.org):
        message = (
            f"The files are of the organization {project.org!r}, but this request is for {tx.caller.org!r}: "
            "send `MockOps-Org`, or change `org` in mockops.yaml."
        )
        raise ProjectInvalid(message)
    _refuse_twice(request)
    applied = store.read_bases(tx, tx.caller.org_id, project.name)
    names = {each.name for each in project.workspaces}
    names |= {key for kind, _, key in applied if kind == "workspace"}
    ours = read_server_state(tx, names=names, project=project.name)

    def read_base(digest: str) -> Entry | None:
        content = read_blobs(tx, [digest]).get(digest)
        if content is None:
            return None
        kept = msgspec.json.decode(content)
        return Entry(document=kept["document"], files=kept["files"])

    bases = {name: digest for name, (digest, _) in applied.items()}
    made = plan(bases, ours, project, read_base=read_base, prune=request.prune, prefer=request.prefer)
    return made, set(applied)


def _keep_bases(tx: Tx, project: str, changes: Iterable[Change], theirs: dict[Name, Entry], former: set[Name]) -> None:
    """Remember what the files said, for the next plan."""
    org_id = tx.caller.org_id
    bases: dict[Name, tuple[str, str]] = {}
    gone: list[Name] = []
    for change in changes:
        name: Name = (change.kind, change.workspace, change.key)
        if change.action == "delete":
            gone.append(name)
            if change.kind == "workspace":
                gone += [each for each in former if each[1] == change.key and each[0] != "persona"]
        elif change.base_digest:
            bases[name] = (change.base_digest, change.path)
    contents = (theirs[name] for name in bases)
    save_blobs(tx, [canonical_json({"document": each.document, "files": each.files}) for each in contents])
    store.replace_bases(tx, org_id, project, bases)
    store.forget_bases(tx, org_id, project, gone)


def _conflict(made: Plan) -> ProjectConflict:
    names = [f"{each.kind} {each.workspace}/{each.key}".rstrip("/") for each in made.conflicts]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    message = (
        f"Files and server were both edited in the same place: {shown}. Nothing was changed. "
        "Pull and merge, or apply with a preference for the files or the server."
    )
    return ProjectConflict(message, {"plan": msgspec.to_builtins(brief(made))})


def _refuse_twice(request: PlanRequest) -> None:
    project = request.project
    seen: set[tuple[str, str, str]] = set()
    twice = []
    for kind, workspace, key in _names(request):
        if (kind, workspace, key) in seen:
            twice.append(f"{kind} {key!r}" + (f" of {workspace}" if workspace and kind != "workspace" else ""))
        seen.add((kind, workspace, key))
    if twice:
        raise ProjectInvalid(f"Named twice in {project.name or 'the project'}: {', '.join(twice[:20])}.")


def _names(request: PlanRequest) -> Iterable[tuple[str, str, str]]:
    project = request.project
    for persona in project.personas:
        yield "persona", "", persona.key
    for workspace in project.workspaces:
        yield "workspace", workspace.name, workspace.name
        for environment in workspace.environments:
            yield "environment", workspace.name, environment.name
        for stub in workspace.stubs:
            yield "stub", workspace.name, stub.key
        for scenario in workspace.scenarios:
            yield "scenario", workspace.name, scenario.key
