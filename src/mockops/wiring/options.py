"""What `mockops serve` was asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.json import JsonObject

DEFAULT_PORT = 7080
DEFAULT_ADMIN_PORT = 7081


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """One gateway over files."""

    sources: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    admin_port: int | None = None
    """None: 7081, or any free one when that is taken."""
    overrides: JsonObject = field(default_factory=dict)
    watch: bool = False
    workers: int = 1
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    journal_bytes: int = 16 << 20
    max_body_bytes: int = 10 << 20
    allow_remote_refs: bool = False
    allow_private: bool = False
    """Whether URLs may lead into private networks."""
    use_cache: bool = True
