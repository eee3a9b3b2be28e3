"""Stateful resources: collections of a contract that remember what is created, changed and removed."""

from __future__ import annotations

from mockops.mocking.rules.resources.answer import answer
from mockops.mocking.rules.resources.collection import Collection, Collections, Role, infer_collections
from mockops.mocking.rules.resources.seeding import example_items, persona_items, seeded_state
from mockops.mocking.rules.resources.visit import Conforms, Fill, Missing, Seed, World

__all__ = [
    "Collection",
    "Collections",
    "Conforms",
    "Fill",
    "Missing",
    "Role",
    "Seed",
    "World",
    "answer",
    "example_items",
    "infer_collections",
    "persona_items",
    "seeded_state",
]
