"""What editing shares: no lost updates, and what an edit changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mockops.workspaces.model.organizations import Changed

if TYPE_CHECKING:
    from mockops.core.json import JsonObject

_NOT_TOLD = frozenset({"version", "updated_at", "created_at", "org_id", "workspace_id", "id"})
"""What an audit entry says elsewhere, or what says nothing."""


def check_latest(latest: int, demanded: int | None) -> None:
    """Refuse an edit of something that is no longer as it was read.

    Args:
        latest: The version there is.
        demanded: The version that was read; None: whatever there is.

    Raises:
        Changed: They differ.

    """
    if demanded is not None and demanded != latest:
        message = f"Somebody changed it meanwhile: version {demanded} was read, {latest} is the latest. Read it again."
        raise Changed(message)


def told(noun: object) -> JsonObject:
    """Return a noun as an audit entry tells it."""
    members: JsonObject = msgspec.to_builtins(noun)
    return {name: value for name, value in members.items() if name not in _NOT_TOLD}


def differing(before: object, after: object) -> tuple[JsonObject, JsonObject]:
    """Return those members of two nouns of a kind that differ, before and after."""
    old, new = told(before), told(after)
    names = [name for name in new if old.get(name) != new[name]]
    return {name: old[name] for name in names}, {name: new[name] for name in names}


def given(**members: Any) -> JsonObject:
    """Return the members that were given: those that are not None."""
    return {name: value for name, value in members.items() if value is not None}
