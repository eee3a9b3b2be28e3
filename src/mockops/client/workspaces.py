"""Workspaces, their environments and roles, the versions of what is in them, and where those are live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.client.base import segment
from mockops.client.bodies import said
from mockops.client.listing import Listing, WholeListing
from mockops.client.shown.access import WorkspaceRole
from mockops.client.shown.workspaces import Environment, PersonaPin, Pin, Version, Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockops.client.base import Api
    from mockops.core.actor import Role
    from mockops.core.json import JsonObject
    from mockops.workspaces.model.versions import EntityType


class Workspaces:
    """Workspaces, by id or name."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self, *, q: str = "", name: str = "", team: str = "", labels: Sequence[str] = ()) -> Listing[Workspace]:
        """Return the workspaces by name.

        Args:
            q: Stands in name or title.
            name: `*` is any text, `?` any character.
            team: Id or name.
            labels: `key:value`, or `key` for any value; all of them.

        """
        return Listing(self._api, "workspaces", Workspace, q=q, name=name, team=team, label=labels)

    def get(self, workspace: str) -> Workspace:
        """Return a workspace."""
        return self._api.get(f"workspaces/{segment(workspace)}").read(Workspace)

    def create(
        self,
        name: str,
        *,
        title: str = "",
        description: str = "",
        team: str = "",
        settings: JsonObject | None = None,
        labels: Mapping[str, str] | None = None,
        environments: Sequence[str | JsonObject] | None = None,
    ) -> Workspace:
        """Create a workspace with its environments; needs an editor.

        Args:
            name: Lower-case letters, digits and hyphens: it is part of host names.
            title: For people.
            description: Markdown.
            team: Id or name.
            settings: How it answers, as under `settings:` of a workspace file.
            labels: To filter by.
            environments: Names, or `{"name": …, "settings": …}`, in the order of promotion; None: as the organization
                has it.

        """
        body = said(
            name=name,
            title=title,
            description=description,
            team=team,
            settings=settings,
            labels=labels,
            environments=environments,
        )
        return self._api.post("workspaces", body).read(Workspace)

    def update(
        self,
        workspace: str,
        *,
        name: str | None = None,
        title: str | None = None,
        description: str | None = None,
        team: str | None = None,
        settings: JsonObject | None = None,
        labels: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> Workspace:
        """Change a workspace; what is None stays, settings and labels are replaced as a whole.

        With `version` only if it is the latest, else ApiStale. An empty team takes it out of its team.
        """
        body = said(name=name, title=title, description=description, team=team, settings=settings, labels=labels)
        return self._api.patch(f"workspaces/{segment(workspace)}", body, if_match=version).read(Workspace)

    def delete(self, workspace: str, *, version: int | None = None) -> None:
        """Delete a workspace with all that is in it."""
        self._api.delete(f"workspaces/{segment(workspace)}", if_match=version)


class Roles:
    """Members' roles in one workspace, instead of those in the organization."""

    def __init__(self, api: Api, workspace: str) -> None:
        self._api = api
        self._path = f"workspaces/{segment(workspace)}/roles"

    def list(self) -> Listing[WorkspaceRole]:
        """Return the members with a role of their own here."""
        return Listing(self._api, self._path, WorkspaceRole)

    def set(self, member: str, role: Role) -> WorkspaceRole:
        """Give a member (id or email address) a role here."""
        return self._api.put(f"{self._path}/{segment(member)}", {"role": role}).read(WorkspaceRole)

    def unset(self, member: str) -> None:
        """Let a member have the organization's role here again."""
        self._api.delete(f"{self._path}/{segment(member)}")


class Environments:
    """Environments of one workspace, by id or name."""

    def __init__(self, api: Api, workspace: str) -> None:
        self._api = api
        self._path = f"workspaces/{segment(workspace)}/environments"

    def list(self) -> Listing[Environment]:
        """Return the environments, in the order of promotion."""
        return WholeListing(self._api, self._path, Environment)

    def get(self, environment: str) -> Environment:
        """Return an environment."""
        return self._api.get(f"{self._path}/{segment(environment)}").read(Environment)

    def create(self, name: str, *, settings: JsonObject | None = None, position: int | None = None) -> Environment:
        """Add an environment, by default the last; its settings are laid over the workspace's."""
        return self._api.post(self._path, said(name=name, settings=settings, position=position)).read(Environment)

    def update(
        self,
        environment: str,
        *,
        name: str | None = None,
        settings: JsonObject | None = None,
        position: int | None = None,
        version: int | None = None,
    ) -> Environment:
        """Change an environment; what is None stays. With `version` only if it is the latest, else ApiStale."""
        body = said(name=name, settings=settings, position=position)
        return self._api.patch(f"{self._path}/{segment(environment)}", body, if_match=version).read(Environment)

    def delete(self, environment: str, *, version: int | None = None) -> None:
        """Remove an environment with what is pinned in it."""
        self._api.delete(f"{self._path}/{segment(environment)}", if_match=version)


class Pins:
    """What is live in one environment of a workspace."""

    def __init__(self, api: Api, workspace: str, environment: str) -> None:
        self._api = api
        self._path = f"workspaces/{segment(workspace)}/environments/{segment(environment)}/pins"

    def list(self) -> Listing[Pin]:
        """Return what is pinned."""
        return WholeListing(self._api, self._path, Pin)

    def set(self, entity_type: EntityType, version: str, *, key: str = "") -> Pin:
        """Make a version live.

        Args:
            entity_type: What it is a version of.
            version: Number, label, hash or id.
            key: Name of the scenario; empty: the contract or config.

        """
        body = {"entity_type": entity_type, "entity_key": key, "version": version}
        return self._api.put(self._path, body).read(Pin)

    def remove(self, entity_type: EntityType, *, key: str = "") -> None:
        """Let nothing of an entity be live."""
        self._api.delete(self._path, entity_type=entity_type, entity_key=key)


class PersonaPins:
    """Which versions of personas are live in the environments of one name, of all workspaces."""

    def __init__(self, api: Api, environment: str) -> None:
        self._api = api
        self._path = f"environments/{segment(environment)}/personas"

    def list(self) -> Listing[PersonaPin]:
        """Return what is pinned."""
        return WholeListing(self._api, self._path, PersonaPin)

    def set(self, persona: str, version: str) -> PersonaPin:
        """Make a version of a persona live."""
        return self._api.put(self._path, {"persona": persona, "version": version}).read(PersonaPin)

    def remove(self, persona: str) -> None:
        """Let no version of a persona be live."""
        self._api.delete(self._path, persona=persona)


class Versions:
    """Versions of what is in one workspace, by id; their content never changes."""

    def __init__(self, api: Api, workspace: str) -> None:
        self._api = api
        self._path = f"workspaces/{segment(workspace)}/versions"

    def list(self, *, entity_type: EntityType | None = None, key: str = "") -> Listing[Version]:
        """Return the versions, newest first: of one type, of the scenario of one name."""
        return Listing(self._api, self._path, Version, entity_type=entity_type, entity_key=key)

    def get(self, version: str) -> Version:
        """Return a version."""
        return self._api.get(f"{self._path}/{segment(version)}").read(Version)

    def content(self, version: str) -> bytes:
        """Return what a version holds, as it was saved."""
        return self._api.get(f"{self._path}/{segment(version)}/content").content

    def label(self, version: str, label: str) -> Version:
        """Give a version without label one, a semantic version, which also keeps it from being pruned."""
        return self._api.patch(f"{self._path}/{segment(version)}", {"label": label}).read(Version)


class PersonaVersions:
    """Versions of personas, by id."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self, *, persona: str = "") -> Listing[Version]:
        """Return the versions, newest first."""
        return Listing(self._api, "versions", Version, persona=persona)

    def get(self, version: str) -> Version:
        """Return a version."""
        return self._api.get(f"versions/{segment(version)}").read(Version)

    def content(self, version: str) -> bytes:
        """Return what a version holds, as it was saved."""
        return self._api.get(f"versions/{segment(version)}/content").content
