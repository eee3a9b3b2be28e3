"""The typed client of the HTTP API: what the command line, tests and users speak to a server with.

```python
from mockops.client import MockOps

with MockOps("http://127.0.0.1:7070", token="mo_…") as api:
    api.workspaces.create("payments", team="shop")
    api.stubs("payments").create({"match": {"method": "GET", "path": "/ping"}, "respond": {"body": "pong"}})
    api.gateways.wait_applied()
```

What is answered is in `mockops.client.shown`, what goes wrong in `mockops.client.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockops.client.base import Api
    from mockops.client.connection import MockOps
    from mockops.client.errors import (
        AnswerInvalid,
        ApiConflict,
        ApiDenied,
        ApiError,
        ApiFailed,
        ApiInvalid,
        ApiNotFound,
        ApiStale,
        NotApplied,
        ServerInvalid,
        ServerUnreachable,
    )
    from mockops.client.shown.bulk import BulkChange

__all__ = [
    "AnswerInvalid",
    "Api",
    "ApiConflict",
    "ApiDenied",
    "ApiError",
    "ApiFailed",
    "ApiInvalid",
    "ApiNotFound",
    "ApiStale",
    "BulkChange",
    "MockOps",
    "NotApplied",
    "ServerInvalid",
    "ServerUnreachable",
]

_HOMES = {"Api": "base", "MockOps": "connection", "BulkChange": "shown.bulk"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: the command line loads this package at every start."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 (start-up)

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
