"""The snapshot: everything a gateway needs to answer, and nothing else."""

from __future__ import annotations

import msgspec

from mockops.core.json import Json
from mockops.mocking.model import Persona, Scenario, Stub
from mockops.workspaces.model.settings import Settings


class TargetSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace as the gateway serves it."""

    name: str
    environment: str = "dev"
    contract: bytes = b""
    """A compiled contract (`contracts.rules.artefact`); empty: stubs only."""
    stubs: tuple[Stub, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    personas: tuple[Persona, ...] = ()
    settings: Settings = Settings()
    labels: dict[str, Json] = msgspec.field(default_factory=dict)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All targets of a gateway, at one moment."""

    targets: tuple[TargetSnapshot, ...] = ()
    revision: int = 0
