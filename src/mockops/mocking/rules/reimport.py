"""Importing again what was imported before: what upstream changed comes in, what people changed here stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockops.workspaces.rules.digests import digest_of
from mockops.workspaces.rules.merge import MISSING, MergeTooDeep, merge

if TYPE_CHECKING:
    from mockops.core.json import JsonObject
    from mockops.workspaces.rules.merge import MergeConflict, Missing

Action = Literal["created", "updated", "unchanged", "kept", "merged", "conflict", "removed"]
"""What becomes of an item.

- `created`, `updated`, `removed`: it becomes as upstream is.
- `unchanged`: both are the same.
- `kept`: only people edited it; it stays.
- `merged`: both edited it, in different places; it has both now.
- `conflict`: both edited the same place; it stays as people want it, and a person must decide.
"""
Preference = Literal["", "import", "server"]
"""Which side wins a conflict; empty: neither, it is listed and stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reimported:
    """What becomes of one item."""

    action: Action
    document: JsonObject | None = None
    """What is to be saved; None: it stays, or goes."""
    base_digest: str = ""
    """What to keep as the base of the next import; empty: the one there is."""
    conflicts: tuple[MergeConflict, ...] = ()


def reimport(
    *,
    ours: JsonObject | None,
    theirs: JsonObject | None,
    base: JsonObject | None,
    ours_digest: str = "",
    base_digest: str = "",
    prefer: Preference = "",
) -> Reimported:
    """Decide about one item.

    Args:
        ours: What the server has; None: nothing.
        theirs: What upstream has now; None: nothing.
        base: What upstream had at the last import; None: not known.
        ours_digest: Digest of what the server has, with its files.
        base_digest: Digest of what upstream had.
        prefer: Who wins a conflict.

    """
    if theirs is None:
        is_edited = ours_digest != base_digest
        return Reimported(action="kept" if is_edited else "removed")
    digest = digest_of(theirs)
    if ours is None:
        return Reimported(action="created", document=theirs, base_digest=digest)
    if ours_digest == digest:
        return Reimported(action="unchanged", base_digest=digest)
    if digest == base_digest:
        return Reimported(action="kept")
    if ours_digest == base_digest:
        return Reimported(action="updated", document=theirs, base_digest=digest)
    return _both_edited(MISSING if base is None else base, ours, theirs, digest, prefer)


def _both_edited(
    base: JsonObject | Missing, ours: JsonObject, theirs: JsonObject, digest: str, prefer: Preference
) -> Reimported:
    try:
        merged = merge(base, ours, theirs)
        if merged.conflicts and prefer == "import":
            # of two values in conflict the first side's stays
            merged = merge(base, theirs, ours)
    except MergeTooDeep:
        return Reimported(action="conflict")
    if merged.conflicts and not prefer:
        return Reimported(action="conflict", conflicts=merged.conflicts)
    document = merged.value if isinstance(merged.value, dict) else ours
    return Reimported(action="merged", document=document, base_digest=digest, conflicts=merged.conflicts)
