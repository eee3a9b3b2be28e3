"""Reading the declared parameters of a request: every location, every style, typed as the schema says."""

from __future__ import annotations

from mockops.mocking.rules.parameters.coerce import Coercion, Raw
from mockops.mocking.rules.parameters.reader import ParameterReader, ParameterValues

__all__ = ["Coercion", "ParameterReader", "ParameterValues", "Raw"]
