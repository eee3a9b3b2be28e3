"""The snapshot: everything a gateway needs to answer, and nothing else."""

from __future__ import annotations

from typing import Literal

import msgspec

from mockops.core.json import Json
from mockops.mocking.model import Persona, Scenario, Stub


class Cors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cross-origin answers (Fetch standard)."""

    enabled: bool = True
    origins: tuple[str, ...] = ("*",)
    """Origins allowed; `*` echoes any."""
    credentials: bool = True
    max_age_s: int = 600


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a target answers; the same words as under `settings:` of a workspace file."""

    validation: Literal["enforce", "warn", "off"] = "enforce"
    seed: int = 0
    stateful: bool = False
    session_ttl_s: float = 3600.0
    max_session_bytes: int = 8 << 20
    response_headers: bool = True
    """Whether answers carry the `MockOps-*` headers."""
    cors: Cors = Cors()
    persona: str = ""
    """Persona when the request names none."""
    scenario: str = ""
    """Scenario when the request names none."""
    listen: int | None = None
    """A port of its own."""


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
