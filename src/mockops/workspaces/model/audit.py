"""The audit trail: who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from mockops.core.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change."""

    id: str
    number: int
    """Later commits have higher ones."""
    at: datetime
    org_id: str
    workspace_id: str
    """Empty: it concerns the organization."""
    actor_kind: str
    actor_id: str
    actor: str
    """Name of who did it, as it was then."""
    action: str
    """`entity.what_happened`."""
    entity_type: str
    entity_id: str
    before: Json
    """The members that changed, as they were."""
    after: Json
    """The members that changed, as they are; never a secret."""
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which changes somebody wants to see; what is empty does not filter."""

    actor: str = ""
    """Id or name."""
    entity_type: str = ""
    entity_id: str = ""
    action: str = ""
    """`*` and `?` as in file names: `workspace.*`."""
    workspace_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """The first moment that is too late."""
