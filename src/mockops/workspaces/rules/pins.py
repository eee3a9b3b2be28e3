"""Where a version may be pinned: anywhere first, then only along the environments (SEMANTICS 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.workspaces.model.versions import PromotionRequired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.workspaces.model.versions import PersonaPin, Pin, Version


def needed_role(position: int) -> Role:
    """Return the role that changes what is live in the environment at a place of the order of promotion, from 0."""
    return Role.EDITOR if position == 0 else Role.APPROVER


def name_before(names: Sequence[str], name: str) -> str:
    """Return the environment before one in the order of promotion; empty for the first."""
    at = names.index(name)
    return names[at - 1] if at else ""


def check_promotion(version: Version, environment: str, before: str, live_before: Pin | PersonaPin | None) -> None:
    """Refuse to pin what did not come through the environment before.

    Args:
        version: What shall be pinned.
        environment: Where, by name.
        before: Name of the environment before it; empty: it is the first, where every version may be.
        live_before: What of the entity is pinned there.

    Raises:
        PromotionRequired: Something else is live before, or nothing; the message says what.

    """
    if not before or (live_before is not None and live_before.hash == version.hash):
        return
    entity = f"{version.entity_type} {version.entity_key}".rstrip()
    wanted = describe(version.label, version.number, version.hash)
    if live_before is None:
        there = f"nothing of it is pinned in {before!r}"
    else:
        there = f"{before!r} has {describe(live_before.label, live_before.number, live_before.hash)}"
    message = (
        f"{environment!r} takes of the {entity} only what is live in {before!r} before: {there}, not {wanted}. "
        f"Pin it in {before!r} first."
    )
    raise PromotionRequired(message)


def describe(label: str, number: int, hash_: str) -> str:
    """Return a version for people: `1.2.0 (3f2a9c…)`."""
    return f"{label or f'number {number}'} ({hash_[:12]})"
