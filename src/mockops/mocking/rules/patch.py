"""JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockops.core.json import Json


def merge_patch(target: Json, patch: Json) -> Json:
    """Return `target` with `patch` applied (RFC 7396 section 2): null removes a member; neither argument changes."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
