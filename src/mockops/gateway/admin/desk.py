"""What the routes of the admin API work on: the gateway, its listeners, and when all this began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.gateway.admin.refusals import Refused
from mockops.gateway.exchanges import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mockops.core.json import JsonObject
    from mockops.gateway.counters import StubKey
    from mockops.gateway.gateway import Gateway
    from mockops.gateway.http.server import Server
    from mockops.gateway.target import Target


class Desk:
    """One gateway as its admin port sees it."""

    def __init__(self, gateway: Gateway, *, servers: Sequence[Server], started: tuple[datetime, float]) -> None:
        """Take a gateway.

        Args:
            gateway: The gateway.
            servers: Its listeners.
            started: When the admin port began, in UTC and on the monotonic clock.

        """
        self.gateway = gateway
        self.servers = servers
        self.started_at, self._started_s = started
        self.originals: dict[StubKey, JsonObject] = {}
        """WireMock mappings as they were sent, by the stub made of them."""

    @property
    def uptime_s(self) -> float:
        """How long the admin port has been there, in seconds."""
        return self.gateway.clock.monotonic_s() - self._started_s

    def target(self, name: str) -> Target:
        """Return the target called `name` or `name@environment`; an empty name means the only one there is.

        Raises:
            Refused: There is no such target, or there are several and none was named.

        """
        table = self.gateway.table
        names = [f"{target.name}@{target.environment}" for target in table]
        if name:
            found = table.get(name)
            if found is None:
                detail = f"There is no target {name!r}{did_you_mean(name, [*table.names, *names]) or '.'}"
                raise Refused(404, "gateway.unknown_target", detail, targets=names)
            return found
        if len(table) != 1:
            detail = "Say which target is meant, with `target`." if names else "No target is served yet."
            raise Refused(400, "admin.target_missing", detail, targets=names)
        return next(iter(table))

    def targets(self, name: str) -> list[Target]:
        """Return the target of a name; without one, all."""
        return [self.target(name)] if name else list(self.gateway.table)


def installed_version() -> str:
    """Return MockOps's version, as installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (25 ms, asked for seldom)

    try:
        return version("mockops")
    except PackageNotFoundError:
        return "0+unknown"
