"""The admin port as its listener sees it; what answers is loaded with the first request, so that mocks start sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.gateway.answers import HeaderKinds
from mockops.gateway.http.limits import Limits

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from mockops.gateway.admin.dispatch import Dispatch
    from mockops.gateway.gateway import Gateway
    from mockops.gateway.http.message import Answer, RawRequest
    from mockops.gateway.http.server import Server

ADMIN_LIMITS = Limits(max_body_bytes=32 << 20, max_connections=256, drain_timeout_s=1.0)
"""What an admin port's listener should allow."""


class AdminHandler:
    """Answers what comes in on the admin port."""

    wants_requests = False

    def __init__(
        self,
        gateway: Gateway,
        *,
        servers: Sequence[Server] = (),
        host: str = "127.0.0.1",
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        """Look after a gateway.

        Args:
            gateway: The gateway.
            servers: Its listeners, whose connections and remembered answers are reported; the sequence may grow.
            host: Where the admin port is bound. On a loopback address only this machine's names may be used.
            allowed_hosts: Further host names in that case, such as `host.docker.internal`; lower case, no port.

        """
        self.answers: dict[tuple[object, ...], Answer] = {}
        self.kinds: MutableMapping[bytes, int] = HeaderKinds(())
        self._gateway = gateway
        self._servers = servers
        self._host = host
        self._allowed_hosts = tuple(allowed_hosts)
        self._started = (gateway.clock.now(), gateway.clock.monotonic_s())
        self._dispatch: Dispatch | None = None

    def note(self, request_id: bytes, seconds: float, request: RawRequest | None, answer: Answer) -> None:
        """Write nothing down: looking at the journal is not in the journal."""

    def handle(self, request: RawRequest) -> Answer:
        """Answer a request."""
        if self._dispatch is None:
            self._dispatch = self._load()
        return self._dispatch.handle(request)

    def _load(self) -> Dispatch:
        from mockops.gateway.admin.desk import Desk  # noqa: PLC0415 (with all routes 40 ms, when first asked)
        from mockops.gateway.admin.dispatch import Dispatch  # noqa: PLC0415 (the same)
        from mockops.gateway.admin.guard import is_loopback  # noqa: PLC0415 (the same)

        desk = Desk(self._gateway, servers=self._servers, started=self._started)
        return Dispatch(desk, is_local=is_loopback(self._host), allowed_hosts=self._allowed_hosts)
