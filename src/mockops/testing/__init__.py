"""What Python test suites use: `MockServer` and the pytest plugin."""

from __future__ import annotations

from mockops.testing.server import MockServer
from mockops.testing.verify import NotVerified

__all__ = ["MockServer", "NotVerified"]
