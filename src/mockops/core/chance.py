"""Chance is an argument: every draw comes from a seed, so the same request meets the same luck."""

from __future__ import annotations

from hashlib import blake2b
from random import Random
from typing import TypeAlias

Chance: TypeAlias = Random
"""A source of draws, for those who may name its type but not import `random`."""


def seed_of(*parts: object) -> int:
    """Return a 64-bit seed that depends on all parts and nothing else (stable across processes and machines)."""
    digest = blake2b(digest_size=8)
    for part in parts:
        text = part if isinstance(part, bytes) else str(part).encode()
        digest.update(len(text).to_bytes(4, "big"))
        digest.update(text)
    return int.from_bytes(digest.digest(), "big")


def roll(*parts: object) -> Random:
    """Return a source of chance seeded by `seed_of(*parts)`."""
    return Random(seed_of(*parts))  # noqa: S311 (repeatable, not secret)
