"""Bearer tokens of the identity provider, checked before any transaction begins: checking may fetch its keys."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

from mockops.control.auth.authenticate import IDENTITY, IDENTITY_UNTIL
from mockops.control.auth.identity import Origin
from mockops.core.errors import MockOpsError, NotFound
from mockops.infra.web.problems import respond

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from mockops.control.auth.identity import Directory, Identity
    from mockops.control.auth.provider import Provider
    from mockops.core.clock import Clock
    from mockops.infra.db.database import Database

_KEPT = 10_000
"""Tokens whose signatures were checked are remembered; so many at most."""
_BELIEVED_S = 300.0
"""Seconds until a signature is checked again: its key may have been withdrawn."""
_THREADS = 4
"""Of their own: while the provider does not answer, those who wait for it must not keep others from threads."""


class BearerJwt:
    """ASGI middleware: puts the identity that a JWT proves into the scope."""

    def __init__(
        self, app: ASGIApp, *, provider: Provider, directory: Directory, database: Database, clock: Clock
    ) -> None:
        self._app = app
        self._provider = provider
        self._directory = directory
        self._database = database
        self._clock = clock
        self._known: dict[bytes, tuple[Identity, float, float]] = {}
        self._threads = CapacityLimiter(_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at a request's token, if it is a JWT."""
        text = _jwt(scope)
        if text:
            try:
                scope[IDENTITY], scope[IDENTITY_UNTIL] = await self._identify(text)
            except MockOpsError as error:
                await respond(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _identify(self, text: str) -> tuple[Identity, float]:
        digest = sha256(text.encode()).digest()
        now = self._clock.now().timestamp()
        known = self._known.get(digest)
        if known is not None and known[1] > now and known[2] > now:
            return known[:2]
        identity, expires_at = await to_thread.run_sync(self._admit, text, limiter=self._threads)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[digest] = identity, expires_at, now + _BELIEVED_S
        return identity, expires_at

    def _admit(self, text: str) -> tuple[Identity, float]:
        found = self._provider.verify(text)
        admit(self._database, self._directory, self._provider, found[0])
        return found


def admit(database: Database, directory: Directory, provider: Provider, identity: Identity) -> bool:
    """Make sure that a person whom the provider knows is a member, if the settings let them be; return whether."""
    try:
        with database.read() as tx:
            if directory.find_person(tx, identity, Origin()) is not None:
                return True
    except NotFound:
        return False
    with database.write() as tx:
        return directory.admit(tx, identity, provider.oidc.default_role)


def _jwt(scope: Scope) -> str:
    if scope["type"] != "http":
        return ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            text: str = value.decode("latin-1")
            scheme, _, token = text.partition(" ")
            token = token.strip()
            is_jwt = scheme.lower() == "bearer" and token.startswith("eyJ") and token.count(".") == 2
            return token if is_jwt else ""
    return ""
