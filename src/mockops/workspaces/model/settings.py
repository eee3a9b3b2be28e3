"""How a target answers."""

from __future__ import annotations

from typing import Literal

import msgspec


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
