"""Which gateways may talk: looked up once for a few seconds, since two hundred of them ask again and again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Denied
from mockops.publishing.service.snapshots import Scope

if TYPE_CHECKING:
    from starlette.requests import Request

    from mockops.core.actor import Caller
    from mockops.infra.web.services import Services

_KNOWN_FOR_S = 5.0
"""So long a token that was revoked may still be used."""
_MAX_KNOWN = 1_000
_KINDS = frozenset({"gateway", "local"})


class NoGateway(Denied):
    """The token is not a gateway's."""

    code: ClassVar[str] = "access.gateway_token_needed"


class Admission:
    """Remembers who asked; used on the event loop only."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller(self, request: Request) -> Caller:
        """Return the gateway that asks.

        Raises:
            NotAuthenticated: Nobody that is known.
            NoGateway: Somebody else: only tokens of the kind `gateway` are let in, and this machine's user.

        """
        now_s = asyncio.get_running_loop().time()
        authorization = request.headers.get("authorization", "")
        key = sha256(f"{authorization}\n{request.headers.get('mockops-org', '')}".encode()).digest()
        known = self._known.get(key)
        if known is not None and known[0] > now_s and authorization:
            return known[1]
        caller = await asyncio.to_thread(self._authenticate, request)
        if caller.kind not in _KINDS:
            raise NoGateway("Gateways need a token of the kind `gateway`: `mockops token create --kind gateway`.")
        self._known[key] = (now_s + _KNOWN_FOR_S, caller)
        self._known.move_to_end(key)
        while len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        return caller

    def _authenticate(self, request: Request) -> Caller:
        with self._services.database.read() as tx:
            return self._services.authenticate(tx, request)


def scope_of(caller: Caller) -> Scope:
    """Return what a gateway serves: its organization's targets; those of all if its token says so."""
    return Scope(org_id=None if caller.is_root else caller.org_id, home=caller.org)
