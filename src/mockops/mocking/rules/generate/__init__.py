"""Values made up to conform to JSON Schema, and to look like what their fields are named after."""

from mockops.mocking.rules.generate.generator import Generator, generate
from mockops.mocking.rules.generate.hints import Direction, Hints, Optional, Unsatisfiable

__all__ = ["Direction", "Generator", "Hints", "Optional", "Unsatisfiable", "generate"]
