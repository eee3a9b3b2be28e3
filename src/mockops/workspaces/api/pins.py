"""`…/environments/{environment}/pins` and `/environments/{environment}/personas`: which version is live where."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from mockops.core.actor import WorkspaceUnknown
from mockops.infra.web.bodies import Body, Listed, Shown
from mockops.infra.web.router import Read, Router, Write
from mockops.workspaces.api.shapes import IdOrName, Key
from mockops.workspaces.model.environments import Environment, EnvironmentUnknown, Workspace
from mockops.workspaces.model.versions import (
    EntityType,
    PersonaPin,
    Pin,
    PinUnknown,
    PromotionRequired,
    VersionUnknown,
)
from mockops.workspaces.service import pins as service
from mockops.workspaces.service.environments import read_environment
from mockops.workspaces.service.versions import read_pins
from mockops.workspaces.service.workspaces import find_workspace

router = Router("workspaces", tag="environments")

EntityKey = Annotated[Key, Field(description="Name of the scenario; empty for contract and config.")]
Named = Annotated[str, Field(min_length=1, max_length=64, description="The version's id, hash, label or number.")]


class PinShown(Shown):
    """A version that is live."""

    entity_type: EntityType
    entity_key: str
    version_id: str
    number: int
    label: str
    hash: str


class PersonaPinShown(Shown):
    """A version of a persona that is live wherever an environment has a name."""

    persona: str
    version_id: str
    number: int
    label: str
    hash: str


class PinWish(Body):
    """A version to be live."""

    entity_type: EntityType
    entity_key: EntityKey = ""
    version: Named


class PersonaPinWish(Body):
    """A version of a persona to be live."""

    persona: Key
    version: Named


def show(pin: Pin) -> PinShown:
    """Return a pin as it is shown."""
    return PinShown.model_construct(**{name: getattr(pin, name) for name in PinShown.model_fields})


def show_persona(pin: PersonaPin) -> PersonaPinShown:
    """Return a persona's pin as it is shown."""
    return PersonaPinShown.model_construct(**{name: getattr(pin, name) for name in PersonaPinShown.model_fields})


_PINS = "/workspaces/{workspace}/environments/{environment}/pins"
_PERSONAS = "/environments/{environment}/personas"


def _find(work: Read | Write, workspace: str, environment: str) -> tuple[Workspace, Environment]:
    found = find_workspace(work.tx, work.caller, workspace)
    return found, read_environment(work.tx, found, environment)


@router.reads("GET", _PINS, errors=(WorkspaceUnknown, EnvironmentUnknown))
def list_pins(work: Read, workspace: IdOrName, environment: IdOrName) -> Listed[PinShown]:
    """List what is live in an environment, all at once."""
    _, one = _find(work, workspace, environment)
    return Listed[PinShown].model_construct(items=tuple(map(show, read_pins(work.tx, one.id))), next=None)


@router.writes("PUT", _PINS, errors=(WorkspaceUnknown, EnvironmentUnknown, VersionUnknown, PromotionRequired))
def set_pin(work: Write, workspace: IdOrName, environment: IdOrName, body: PinWish) -> PinShown:
    """Make a version live; in later environments only one that is live in the one before, by an approver."""
    found, one = _find(work, workspace, environment)
    return show(service.change_pin(work.tx, found, one, body.entity_type, body.entity_key, body.version))


@router.writes("DELETE", _PINS, errors=(WorkspaceUnknown, EnvironmentUnknown, PinUnknown))
def remove_pin(
    work: Write,
    workspace: IdOrName,
    environment: IdOrName,
    entity_type: Annotated[EntityType, Query()],
    entity_key: Annotated[str, Query(max_length=255)] = "",
) -> None:
    """Make nothing of an entity live in an environment."""
    found, one = _find(work, workspace, environment)
    service.remove_pin(work.tx, found, one, entity_type, entity_key)


@router.reads("GET", _PERSONAS, errors=(EnvironmentUnknown,))
def list_persona_pins(work: Read, environment: IdOrName) -> Listed[PersonaPinShown]:
    """List which version of each persona is live in environments of a name, all at once."""
    found = service.list_persona_pins(work.tx, environment)
    return Listed[PersonaPinShown].model_construct(items=tuple(map(show_persona, found)), next=None)


@router.writes("PUT", _PERSONAS, errors=(EnvironmentUnknown, VersionUnknown, PromotionRequired))
def set_persona_pin(work: Write, environment: IdOrName, body: PersonaPinWish) -> PersonaPinShown:
    """Make a version of a persona live in every environment of a name; later ones as with other pins."""
    return show_persona(service.change_persona_pin(work.tx, environment, body.persona, body.version))


@router.writes("DELETE", _PERSONAS, errors=(EnvironmentUnknown, PinUnknown))
def remove_persona_pin(
    work: Write, environment: IdOrName, persona: Annotated[str, Query(min_length=1, max_length=255)]
) -> None:
    """Make nothing of a persona live in environments of a name."""
    service.remove_persona_pin(work.tx, environment, persona)
