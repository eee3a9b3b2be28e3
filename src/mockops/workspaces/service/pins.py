"""Pins: making a version live where the caller may and the order of promotion allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.actor import Role
from mockops.workspaces.model.environments import EnvironmentUnknown
from mockops.workspaces.model.versions import EntityType, PinUnknown, VersionDeprecated, VersionStatus, VersionUnknown
from mockops.workspaces.rules.pins import check_promotion, describe, name_before, needed_role
from mockops.workspaces.service.changes import announce_change
from mockops.workspaces.service.organizations import read_own
from mockops.workspaces.service.versions import find_version, pin, pin_persona, unpin, unpin_persona
from mockops.workspaces.store import environments as environment_rows
from mockops.workspaces.store import pins as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.environments import Environment, Workspace
    from mockops.workspaces.model.versions import PersonaPin, Pin, Version


def change_pin(
    tx: Tx, workspace: Workspace, environment: Environment, entity_type: EntityType, entity_key: str, named: str
) -> Pin:
    """Make a version live in an environment, if the caller may and the order of promotion allows it.

    Args:
        tx: The transaction.
        workspace: As it was found.
        environment: The first takes every version, from editors; later ones only from approvers, and only what is live
            in the environment before.
        entity_type: Of what.
        entity_key: Name of the scenario; empty for contract and config.
        named: The version's id, hash, label or number.

    Raises:
        VersionUnknown: The entity has no such version.
        PromotionRequired: It is not live in the environment before.
        VersionDeprecated: It should not be used any more.

    """
    names = [each.id for each in environment_rows.read_environments(tx, workspace.id)]
    place = names.index(environment.id)
    tx.caller.require(needed_role(place), workspace.id)
    version = find_version(
        tx,
        org_id=workspace.org_id,
        workspace_id=workspace.id,
        entity_type=entity_type,
        entity_key=entity_key,
        named=named,
    )
    if version is None:
        raise _unknown(entity_type, entity_key, named)
    if place:
        before = environment_rows.read_environments(tx, workspace.id)[place - 1]
        live = store.find_pin(tx, before.id, entity_type, entity_key)
        check_promotion(version, environment.name, before.name, live)
    replaced = store.find_pin(tx, environment.id, entity_type, entity_key)
    _refuse_deprecated(version, replaced)
    if pin(tx, environment.id, version):
        _tell(tx, workspace, environment, entity_type, entity_key, before=replaced, after=version)
    found = store.find_pin(tx, environment.id, entity_type, entity_key)
    assert found is not None  # noqa: S101 (pinned in the lines before)
    return found


def _refuse_deprecated(version: Version, live: Pin | PersonaPin | None) -> None:
    is_live = live is not None and live.version_id == version.id
    if version.status is VersionStatus.DEPRECATED and not is_live:
        name = f"{version.entity_type} {version.entity_key}".rstrip()
        message = f"Version {version.label or version.number} of the {name[:80]} is deprecated; publish it again first."
        raise VersionDeprecated(message)


def remove_pin(
    tx: Tx, workspace: Workspace, environment: Environment, entity_type: EntityType, entity_key: str
) -> None:
    """Make nothing of an entity live in an environment, if the caller may change what is live there.

    Raises:
        PinUnknown: Nothing of it was.

    """
    ids = [each.id for each in environment_rows.read_environments(tx, workspace.id)]
    tx.caller.require(needed_role(ids.index(environment.id)), workspace.id)
    replaced = store.find_pin(tx, environment.id, entity_type, entity_key)
    if replaced is None:
        entity = f"{entity_type} {entity_key}".rstrip()
        message = f"Nothing of the {entity[:80]} is pinned in {environment.name!r}."
        raise PinUnknown(message)
    unpin(tx, environment.id, entity_type, entity_key)
    _tell(tx, workspace, environment, entity_type, entity_key, before=replaced, after=None)


def _tell(
    tx: Tx,
    workspace: Workspace,
    environment: Environment,
    entity_type: EntityType,
    entity_key: str,
    *,
    before: Pin | None,
    after: Version | None,
) -> None:
    entity = f"{entity_type}/{entity_key}".rstrip("/")
    tx.audit(
        "pin.changed" if after is not None else "pin.removed",
        "pin",
        f"{environment.id}/{entity}",
        workspace_id=workspace.id,
        before=describe(before.label, before.number, before.hash) if before else None,
        after=describe(after.label, after.number, after.hash) if after else None,
    )
    action = "deleted" if after is None else "updated" if before else "created"
    announce_change(tx, workspace, "pin", environment=environment.name, name=entity, action=action)


def change_persona_pin(tx: Tx, environment_name: str, persona: str, named: str) -> PersonaPin:
    """Make a version of a persona live wherever an environment of the caller's organization has a name.

    The organization's list of environments is the order of promotion: the first takes every version, from editors;
    later ones only from approvers, and only what is live in the one before.

    Raises:
        EnvironmentUnknown: The name is not in the list.
        VersionUnknown: The persona has no such version.
        PromotionRequired: It is not live in the environment before.

    """
    org_id, names = _persona_order(tx, environment_name)
    tx.caller.require(needed_role(names.index(environment_name)))
    version = find_version(
        tx, org_id=org_id, workspace_id="", entity_type=EntityType.PERSONA, entity_key=persona, named=named
    )
    if version is None:
        raise _unknown(EntityType.PERSONA, persona, named)
    before = name_before(names, environment_name)
    live = store.find_persona_pin(tx, org_id, before, persona) if before else None
    check_promotion(version, environment_name, before, live)
    replaced = store.find_persona_pin(tx, org_id, environment_name, persona)
    _refuse_deprecated(version, replaced)
    if pin_persona(tx, org_id, environment_name, version):
        old = describe(replaced.label, replaced.number, replaced.hash) if replaced else None
        new = describe(version.label, version.number, version.hash)
        tx.audit("pin.changed", "persona_pin", f"{environment_name}/{persona}", before=old, after=new)
    found = store.find_persona_pin(tx, org_id, environment_name, persona)
    assert found is not None  # noqa: S101 (pinned in the lines before)
    return found


def remove_persona_pin(tx: Tx, environment_name: str, persona: str) -> None:
    """Make nothing of a persona live in environments of a name.

    Raises:
        EnvironmentUnknown: The name is not in the organization's list.
        PinUnknown: Nothing of it was.

    """
    org_id, names = _persona_order(tx, environment_name)
    tx.caller.require(needed_role(names.index(environment_name)))
    removed = store.find_persona_pin(tx, org_id, environment_name, persona)
    if removed is None or not unpin_persona(tx, org_id, environment_name, persona):
        message = f"Nothing of the persona {persona[:80]!r} is pinned in {environment_name!r}."
        raise PinUnknown(message)
    old = describe(removed.label, removed.number, removed.hash)
    tx.audit("pin.removed", "persona_pin", f"{environment_name}/{persona}", before=old)


def list_persona_pins(tx: ReadTx, environment_name: str) -> list[PersonaPin]:
    """Return which version of each persona is live in environments of a name, in the caller's organization.

    Raises:
        EnvironmentUnknown: The name is not in the organization's list.

    """
    tx.caller.require(Role.VIEWER)
    org_id, _ = _persona_order(tx, environment_name)
    return store.read_persona_pins(tx, org_id, environment_name)


def _persona_order(tx: ReadTx, environment_name: str) -> tuple[str, Sequence[str]]:
    organization = read_own(tx)
    names = organization.environments
    if environment_name not in names:
        message = (
            f"The organization's list of environments has no {environment_name[:60]!r}; it has {', '.join(names)}."
        )
        raise EnvironmentUnknown(message)
    return organization.id, names


def _unknown(entity_type: EntityType, entity_key: str, named: str) -> VersionUnknown:
    entity = f"{entity_type} {entity_key}".rstrip()
    message = f"The {entity[:80]} has no version {named[:64]!r}; name one by its number, label, hash or id."
    return VersionUnknown(message)
