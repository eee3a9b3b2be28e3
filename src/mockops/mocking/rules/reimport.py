"""Importing again what was imported before: what upstream changed comes in, what people changed here stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockops.workspaces.rules.digests import digest_of
from mockops.workspaces.rules.merge import MISSING, MergeTooDeep, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import JsonObject
    from mockops.workspaces.rules.merge import MergeConflict

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
class Kept:
    """An item's content with its digest."""

    content: JsonObject
    """`{document, files}`."""
    digest: str

    @classmethod
    def of(cls, document: JsonObject, files: Mapping[str, str]) -> Kept:
        """Return a content with its digest."""
        return cls(content={"document": document, "files": dict(files)}, digest=digest_of(document, files))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reimported:
    """What becomes of one item."""

    action: Action
    content: JsonObject | None = None
    """`{document, files}` to be saved; None: it stays, or goes."""
    base_digest: str = ""
    """What to keep as the base of the next import; empty: the one there is."""
    conflicts: tuple[MergeConflict, ...] = ()
    """Pointers begin with `/document` or `/files`; with a preference, what it decided."""


def reimport(
    *,
    ours: Kept | None,
    theirs: Kept | None,
    base: JsonObject | None,
    base_digest: str = "",
    prefer: Preference = "",
) -> Reimported:
    """Decide about one item.

    Args:
        ours: What the server has; None: nothing.
        theirs: What upstream has now; None: nothing.
        base: Content that upstream had at the last import; None: not known.
        base_digest: Digest of what upstream had; empty: it was never imported.
        prefer: Who wins a conflict.

    """
    if theirs is None or ours is None:
        return _one_sided(ours, theirs, base_digest)
    if ours.digest == theirs.digest:
        return Reimported(action="unchanged", base_digest=theirs.digest)
    if theirs.digest == base_digest:
        return Reimported(action="kept")
    if ours.digest == base_digest:
        return Reimported(action="updated", content=theirs.content, base_digest=theirs.digest)
    return _both_edited(base, ours, theirs, prefer)


def _one_sided(ours: Kept | None, theirs: Kept | None, base_digest: str) -> Reimported:
    if theirs is not None:
        return Reimported(action="created", content=theirs.content, base_digest=theirs.digest)
    is_edited = ours is not None and ours.digest != base_digest
    return Reimported(action="kept" if is_edited else "removed")


def _both_edited(base: JsonObject | None, ours: Kept, theirs: Kept, prefer: Preference) -> Reimported:
    before = MISSING if base is None else base
    try:
        merged = merge(before, ours.content, theirs.content)
        conflicts = merged.conflicts
        if conflicts and prefer == "import":
            # of two values in conflict the first side's stays
            merged = merge(before, theirs.content, ours.content)
    except MergeTooDeep:
        return Reimported(action="conflict")
    if conflicts and not prefer:
        return Reimported(action="conflict", conflicts=conflicts)
    content = merged.value if isinstance(merged.value, dict) else ours.content
    return Reimported(action="merged", content=content, base_digest=theirs.digest, conflicts=conflicts)
