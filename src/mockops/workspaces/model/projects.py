"""A project as it lies in files and as a server holds it, and what would make the one the other (SEMANTICS 10).

These nouns are the JSON bodies of `POST /api/v1/projects/plan` (`PlanRequest` → `Plan`), `POST /api/v1/projects/apply`
(`ApplyRequest` → `Applied`) and the answer of `GET /api/v1/projects/export` (`ProjectState`). Contracts travel apart,
beforehand, by digest (`POST /api/v1/contracts`): here they are only named.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mockops.core.errors import Conflict, Invalid, Stale
from mockops.core.json import Json, JsonObject

DEFAULT_ENVIRONMENTS = ("dev", "test", "prod")
"""Of a workspace that names none, in the order of promotion."""

Kind = Literal["workspace", "environment", "contract", "stub", "scenario", "persona"]
"""What an item is. A workspace's item is what `workspace.yaml` says, without what has an item of its own."""

Action = Literal["create", "update", "delete", "unchanged", "kept", "merged", "conflict", "unmanaged"]
"""What happens to an item.

- `create`, `update`, `delete`: the server becomes as the files are.
- `unchanged`: both are the same.
- `kept`: only the server was edited since the files were last applied; it stays (`mockops pull` fetches it).
- `merged`: both were edited, in different places; the server becomes the union.
- `conflict`: both were edited in the same place; nothing at all is applied unless one side is preferred.
- `unmanaged`: the server has it, the files do not, and nobody asked to prune.
"""

EFFECTS: frozenset[Action] = frozenset({"create", "update", "delete", "merged"})
"""Actions that change the server."""

Preference = Literal["", "files", "server"]
"""Which side wins where both were edited in the same place; empty: neither, it is a conflict."""


class ProjectInvalid(Invalid):
    """A project cannot be planned or applied as it is."""

    code: ClassVar[str] = "workspace.project_invalid"


class ProjectConflict(Conflict):
    """Files and server were edited in the same place, and nobody said which wins."""

    code: ClassVar[str] = "workspace.project_conflict"

    def __init__(self, message: str, members: JsonObject | None = None) -> None:
        super().__init__(message)
        self.members = members or {}
        """Further members of the problem document: the plan, with its conflicts."""


class PlanOutdated(Stale):
    """The server changed since the plan was made."""

    code: ClassVar[str] = "workspace.plan_outdated"


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stub, scenario or persona."""

    key: str
    """Unique among its kind in its workspace: a stub's `id`, else the name."""
    document: JsonObject
    """As people write it, shorthands and all."""
    files: dict[str, str] = msgspec.field(default_factory=dict)
    """Base64 (RFC 4648 section 4) of each file that the document's `file:` keys name, by that name."""
    path: str = ""
    """File it lies in, relative to the project's root, POSIX; after `#` the JSON Pointer where one file holds several.

    Not part of the digest: moving an item changes nothing.
    """


class ContractItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract of a workspace, by content."""

    root: str
    """Name in `files` of the document that the others hang from."""
    files: dict[str, str]
    """SHA-256 in hex of each file by its name, relative to a common folder, POSIX."""
    digest: str
    """Of the whole bundle (`contracts.Bundle`)."""
    path: str = ""
    """File or URL it came from, as `workspace.yaml` names it; not part of the digest."""


class EnvironmentState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An environment of a workspace."""

    name: str
    settings: JsonObject = msgspec.field(default_factory=dict)
    """Laid over the workspace's."""


class WorkspaceState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workspace with everything in it."""

    name: str
    """A host name's label."""
    title: str = ""
    description: str = ""
    team: str = ""
    settings: JsonObject = msgspec.field(default_factory=dict)
    """By the names of `Settings`; what the project says for all is laid under it already."""
    environments: tuple[EnvironmentState, ...] = ()
    """In the order of promotion; empty stands for `DEFAULT_ENVIRONMENTS` without settings."""
    contract: ContractItem | None = None
    stubs: tuple[Item, ...] = ()
    """In the order of files: of equal priority the last is tried first."""
    scenarios: tuple[Item, ...] = ()


class ProjectState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole project: of an organization those workspaces and personas that its files manage."""

    name: str = ""
    org: str = ""
    """Empty: the caller's."""
    workspaces: tuple[WorkspaceState, ...] = ()
    personas: tuple[Item, ...] = ()


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One value that differs."""

    pointer: str
    """JSON Pointer (RFC 6901) into the item's document; `/files/NAME` stands for a file beside it.

    `/stubs` of a workspace: the ids of its stubs in their order, which changed.
    """
    before: Json | UnsetType = UNSET
    """On the server; unset: not there. Of what is `kept`: in the files."""
    after: Json | UnsetType = UNSET
    """Once applied; unset: removed."""


class FieldConflict(msgspec.Struct, frozen=True, kw_only=True):
    """One value that both sides edited since the files were last applied; unset: not there."""

    pointer: str
    base: Json | UnsetType = UNSET
    ours: Json | UnsetType = UNSET
    """The server's."""
    theirs: Json | UnsetType = UNSET
    """The files'."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one item, complete enough to be executed."""

    action: Action
    kind: Kind
    workspace: str = ""
    """Its workspace's name; empty for personas."""
    key: str = ""
    """A stub's id, the name of a scenario, persona or environment; a workspace's name; empty for a contract."""
    fields: tuple[FieldChange, ...] = ()
    conflicts: tuple[FieldConflict, ...] = ()
    """Of action `conflict`, and what a preference decided."""
    document: JsonObject | UnsetType = UNSET
    """The item's document after the change; unset for delete and conflict.

    Workspace: `{title, description, team, settings, environments: [name]}`. Environment: `{settings}`. Contract:
    `{root, digest, files}`.
    """
    files: dict[str, str] = msgspec.field(default_factory=dict)
    """The item's files after the change."""
    digest: str = ""
    """Of document and files after the change; empty when there is none after."""
    base_digest: str = ""
    """Of what the files say now: to be kept as the base of the next plan; empty: the base stays as it is."""
    path: str = ""
    """Where the files have it."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a project's files would do."""

    changes: tuple[Change, ...] = ()
    """In the order in which they can be executed: a workspace before what is in it; deletions last, backwards.

    A workspace's creation and deletion include what is in it: what it is created with is listed, what goes with it is
    not. What is `unchanged` is listed only if its base is to be kept anew, since most of a project is.
    """
    counts: dict[Action, int] = msgspec.field(default_factory=dict)
    """How many items something happens to, the unlisted included."""
    fingerprint: str = ""
    """Of the server's state the plan was made from; `apply` refuses (`PlanOutdated`) when it is another by then."""

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """The items that stand in the way."""
        return tuple(change for change in self.changes if change.action == "conflict")

    @property
    def effects(self) -> tuple[Change, ...]:
        """The items that applying would change on the server."""
        return tuple(change for change in self.changes if change.action in EFFECTS)

    @property
    def has_effects(self) -> bool:
        """Whether applying would change the server."""
        return any(self.counts.get(action) for action in EFFECTS)


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/v1/projects/plan`."""

    project: ProjectState
    prune: bool = False
    """Whether what the files no longer have is deleted."""
    prefer: Preference = ""


class ApplyRequest(PlanRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/v1/projects/apply`."""

    fingerprint: str = ""
    """Of the plan that was shown; empty: whatever is there now."""


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `POST /api/v1/projects/apply`."""

    plan: Plan
    """What was done."""
    revision: int = 0
    """Snapshot revision from which gateways serve it; 0: nothing changed for them."""
