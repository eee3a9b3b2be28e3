"""What Python test suites use: `MockServer` and the pytest plugin.

Names are imported on first use: the pytest plugin lives in this package and is loaded in every pytest run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockops.testing.server import MockServer
    from mockops.testing.verify import NotVerified

__all__ = ["MockServer", "NotVerified"]

_HOMES = {"MockServer": "mockops.testing.server", "NotVerified": "mockops.testing.verify"}


def __getattr__(name: str) -> Any:
    """Return a public name, importing its module."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
