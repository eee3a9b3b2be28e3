"""Who is asking, for each request: a token, a login, or this machine's user."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mockops.control.auth.identity import Identity, NoMember, Origin
from mockops.control.auth.local import OriginRefused, is_same_origin
from mockops.control.auth.settings import AuthMode
from mockops.core.errors import Denied
from mockops.infra.web.problems import HeaderInvalid, NotAuthenticated

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from mockops.control.auth.identity import Directory
    from mockops.control.auth.sessions import Sessions
    from mockops.control.auth.settings import AuthSettings
    from mockops.core.actor import Caller
    from mockops.infra.db.transactions import ReadTx

ORG_HEADER = "mockops-org"
IDENTITY = "mockops.identity"
"""In the scope: whom a bearer token of the identity provider vouches for."""
IDENTITY_UNTIL = "mockops.identity_until"
"""In the scope: until when it does, in seconds since the epoch."""
CALLER = "mockops.caller"
"""In the scope: who was asking, for the log."""
_GATEWAYS = "/gateway/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_AGENT = 500


class SessionExpired(NotAuthenticated):
    """The login has ended, or was made elsewhere."""

    code: ClassVar[str] = "access.session_expired"


class GatewayOnly(Denied):
    """A gateway's token is used for something else."""

    code: ClassVar[str] = "access.gateway_only"


class Authenticator:
    """What `Services.authenticate` is: called with each request's transaction, on a worker thread."""

    def __init__(self, settings: AuthSettings, directory: Directory, sessions: Sessions | None = None) -> None:
        self._settings = settings
        self._directory = directory
        self._sessions = sessions

    def __call__(self, tx: ReadTx, connection: HTTPConnection) -> Caller:
        """Return who is asking.

        Raises:
            NotAuthenticated: Nobody that is known.
            NoMember: Somebody known, but no member.
            GatewayOnly: A gateway, and this is not its protocol.
            OriginRefused: Another site's page asks in the name of who is logged in.
            NotFound: The organization asked for is unknown to the caller.

        """
        headers = connection.headers
        client = connection.client
        origin = Origin(
            org=headers.get(ORG_HEADER, "").strip(),
            address=client.host if client else "",
            user_agent=headers.get("user-agent", "")[:_MAX_AGENT],
        )
        caller = self._find(tx, connection, origin)
        if caller.kind == "gateway" and not connection.scope["path"].startswith(_GATEWAYS):
            raise GatewayOnly(
                "This token is a gateway's: it fetches snapshots and sends traffic, and does nothing else."
            )
        connection.scope[CALLER] = f"{caller.kind}:{caller.name}"
        return caller

    def _find(self, tx: ReadTx, connection: HTTPConnection, origin: Origin) -> Caller:
        authorization = connection.headers.get("authorization")
        if authorization is not None:
            identity = connection.scope.get(IDENTITY)
            if isinstance(identity, Identity):
                if connection.scope[IDENTITY_UNTIL] <= tx.now.timestamp():  # it came with a request that waits
                    raise SessionExpired("The token has expired.")
                return self._person(tx, identity, origin)
            return self._directory.find_token(tx, _bearer(authorization), origin)
        if self._settings.mode is AuthMode.LOCAL:
            return self._directory.find_local(tx, origin)
        if self._sessions is not None and (cookie := connection.cookies.get(self._sessions.cookie)) is not None:
            identity = self._sessions.open(cookie)
            if identity is None:
                raise SessionExpired("Your login has ended; log in again at /auth/login.")
            self._refuse_foreign_page(connection)
            return self._person(tx, identity, origin)
        where = " Or log in at /auth/login." if self._sessions is not None else ""
        message = (
            f"Send an API token: `Authorization: Bearer …`; an admin makes one with `mockops token create`.{where}"
        )
        raise NotAuthenticated(message)

    def _person(self, tx: ReadTx, identity: Identity, origin: Origin) -> Caller:
        caller = self._directory.find_person(tx, identity, origin)
        if caller is None:
            who = identity.email or identity.name or identity.subject
            raise NoMember(f"{who} is not a member of any organization here; an admin can add you.")
        return caller

    def _refuse_foreign_page(self, connection: HTTPConnection) -> None:
        """Cookies travel with what other sites' pages send: what changes something must come from our own."""
        if connection.scope.get("method", "GET") in _SAFE:
            return
        headers = connection.headers
        sent = headers.get("origin")
        own = self._settings.public_url
        is_own = sent is not None and (
            sent == own or is_same_origin(sent, headers.get("host", ""), connection.url.scheme)
        )
        if not is_own:
            message = f"A change with a login cookie must come from MockOps' own pages, not from {sent or 'nowhere'!r}."
            raise OriginRefused(message)


def _bearer(authorization: str) -> str:
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise HeaderInvalid("Authorization must be `Bearer TOKEN`.")
    return text.strip()
