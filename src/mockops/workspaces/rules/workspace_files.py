"""What `workspace.yaml` has to say for a workspace to be as it is: not what the project says for all already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from mockops.workspaces.model.projects import DEFAULT_ENVIRONMENTS, EnvironmentState
from mockops.workspaces.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockops.core.json import Json, JsonObject
    from mockops.workspaces.model.projects import WorkspaceState

_DEFAULTS: JsonObject = msgspec.to_builtins(Settings())


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What `mockops.yaml` says for every workspace."""

    settings: JsonObject = field(default_factory=dict)
    team: str = ""
    environments: tuple[EnvironmentState, ...] = ()


def workspace_document(workspace: WorkspaceState, inherited: Inherited, *, contract: str = "") -> JsonObject:
    """Return the document of a `workspace.yaml`.

    Args:
        workspace: What it shall say.
        inherited: What it need not repeat. What the workspace has not, though inherited, is set to its default.
        contract: Where the contract is, from the workspace's folder; empty: there is none, or it is found by its name.

    """
    document: JsonObject = {"name": workspace.name}
    for name in ("title", "description"):
        if getattr(workspace, name):
            document[name] = getattr(workspace, name)
    if workspace.team != inherited.team:
        document["team"] = workspace.team
    if contract:
        document["contract"] = contract
    if settings := _beyond(workspace.settings, inherited.settings, _DEFAULTS):
        document["settings"] = settings
    environments = _environments(workspace.environments, inherited.environments)
    if environments is not None:
        document["environments"] = environments
    return document


def _beyond(wanted: JsonObject, below: JsonObject, defaults: Mapping[str, Any]) -> JsonObject:
    """Return what laid over `below` gives `wanted`; what must be taken back gets its default."""
    found: JsonObject = {}
    for key, value in wanted.items():
        known = below.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            members = _beyond(value, known, defaults.get(key, {}))
            if members:
                found[key] = members
        elif key not in below or known != value:
            found[key] = value
    found.update({key: defaults[key] for key in below if key not in wanted and key in defaults})
    return found


def _environments(wanted: Sequence[EnvironmentState], inherited: Sequence[EnvironmentState]) -> Json:
    """Return what stands at `environments`; None: nothing needs to."""
    if tuple(wanted) == tuple(inherited):
        return None
    default = tuple(EnvironmentState(name=name) for name in DEFAULT_ENVIRONMENTS)
    named = tuple(wanted) or default
    if not inherited and named == default:
        return None
    known = {each.name: each.settings for each in inherited}
    settings = {each.name: _beyond(each.settings, known.get(each.name, {}), _DEFAULTS) for each in named}
    return settings if any(settings.values()) else [*settings]
