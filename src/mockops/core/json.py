"""JSON values as Python sees them."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value (RFC 8259): dict with text keys, list, str, int, float, bool or None.

An alias of Any: msgspec decodes no recursive aliases, and narrowing each step of a walk buys no safety.
"""

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object."""
