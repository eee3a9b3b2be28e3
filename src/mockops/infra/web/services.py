"""What control has wired, for endpoints to ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import HTTPConnection

    from mockops.core.actor import Caller
    from mockops.core.clock import Clock
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Services:
    """Kept at `app.state.services`."""

    database: Database
    clock: Clock
    authenticate: Callable[[ReadTx, HTTPConnection], Caller]
    """Tells who is asking; raises `infra.web.problems.NotAuthenticated` when nobody that is known."""
    _provided: dict[type[Any], Any] = field(default_factory=dict)

    def provide(self, service: object) -> None:
        """Let endpoints `get` an object by its class."""
        self._provided[type(service)] = service

    def get(self, kind: type[T]) -> T:
        """Return the object of a class that was provided; KeyError: control forgot it."""
        found: T = self._provided[kind]
        return found

    def find(self, kind: type[T]) -> T | None:
        """Return the object of a class, or None where none was provided."""
        return self._provided.get(kind)


def services_of(connection: HTTPConnection) -> Services:
    """Return the services of the application that a request came to."""
    services: Services = connection.app.state.services
    return services
