"""Stubs, scenarios and personas as a server keeps them: what people wrote, with where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from mockops.core.errors import Conflict, NotFound, Stale

if TYPE_CHECKING:
    from datetime import datetime

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import JsonObject
    from mockops.mocking.model import Scenario, Stub

Kind = Literal["stub", "scenario", "persona"]

ScenarioStatus = Literal["draft", "published", "deprecated"]
"""Of a scenario: never published; published at least once; not to be used any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWrite:
    """An item as somebody wants it to be."""

    key: str
    """Unique among its kind in its workspace (personas: organization): a stub's `id`, else the name."""
    document: JsonObject
    """As people write it, shorthands and all."""
    files: dict[str, str] = field(default_factory=dict)
    """Base64 (RFC 4648 section 4) of each file that the document's `file:` keys name, by that name."""
    path: str = ""
    """File it lies in; empty: unknown, what is known stays."""
    base_digest: str = ""
    """Digest of what files or import say now, the base of later three-way merges; empty: the base stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedItem:
    """An item as it is kept."""

    id: str
    owner_id: str
    """Id of the workspace; of a persona: of the organization."""
    key: str
    ordinal: int
    """Orders a workspace's items: of stubs of equal priority the one with the highest is tried first."""
    document: JsonObject
    files: dict[str, str]
    digest: str
    """Of document and files (`workspaces.rules.digests.digest_of`)."""
    base_digest: str
    """Of what files or an import last said; empty: neither ever did."""
    origin: str
    """`api`, `apply` or `import:FORMAT:NAME`."""
    path: str
    version: int
    """Counts changes, from 1."""
    created_at: datetime
    updated_at: datetime
    name: str = ""
    """For people; of a stub only."""
    method: str = ""
    """HTTP method that a stub answers; empty: any, or not known."""
    request_path: str = ""
    """Path template that a stub answers; empty: any, or not known."""
    operation: str = ""
    """Key of the contract's operation that a stub answers; empty: it names none."""
    status: ScenarioStatus = "draft"
    """Of a scenario only."""
    published_hash: str = ""
    """Digest of what was published last; of a scenario only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What saving many items at once did, by key."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    is_reordered: bool = False
    """Whether items have other places among the others."""

    @property
    def is_change(self) -> bool:
        """Whether anything is different now."""
        return bool(self.created or self.updated or self.deleted or self.is_reordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A config version's content: settings, and which stubs."""

    settings: JsonObject
    stubs: tuple[tuple[str, str, int], ...] = ()
    """Key, digest and ordinal of each stub, by ordinal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What versions pinned in an environment say about its answers."""

    stubs: tuple[Stub, ...] = ()
    """Oldest first."""
    scenarios: tuple[Scenario, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    """Why something that is pinned is left out."""


class ItemUnknown(NotFound):
    """There is no such stub, scenario or persona."""

    code: ClassVar[str] = "mocking.unknown"


class ItemExists(Conflict):
    """There is a stub, scenario or persona of this name already."""

    code: ClassVar[str] = "mocking.exists"


class ItemChanged(Stale):
    """Somebody else changed the stub, scenario or persona since it was read."""

    code: ClassVar[str] = "mocking.changed_meanwhile"


class NothingPublished(Conflict):
    """The scenario was never published."""

    code: ClassVar[str] = "mocking.nothing_published"
