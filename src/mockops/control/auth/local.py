"""Local mode's guard: a web page that somebody visits must not reach what needs no login.

A page elsewhere can have a name of its own resolve to 127.0.0.1 (DNS rebinding): the Host it sends gives it away. It
can also post forms across origins (CSRF): browsers send the Origin with those. What it embeds (images, scripts) comes
without one, but with Fetch Metadata: streams it would hold open, and polls that say a gateway is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from mockops.control.auth.settings import is_loopback
from mockops.core.errors import Denied
from mockops.infra.web.problems import respond

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class HostRefused(Denied):
    """Without logins, only this machine's own names are answered."""

    code: ClassVar[str] = "access.host_refused"


class OriginRefused(Denied):
    """A web page of another origin is asking."""

    code: ClassVar[str] = "access.origin_refused"


class LocalGuard:
    """ASGI middleware: 403 for requests under foreign names and from foreign pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of this machine, refuse others."""
        if scope["type"] == "http":
            refusal = refuse_foreign(dict(scope["headers"]))
            if refusal is not None:
                await respond(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def refuse_foreign(headers: dict[bytes, bytes]) -> Denied | None:
    """Return why a request is refused, None if it is this machine's own. Header names are in lower case."""
    host = headers.get(b"host", b"").decode("latin-1")
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        name = ""
    if not is_loopback(name):
        return HostRefused(
            f"MockOps runs without logins and answers only under names of this machine, such as localhost; not as "
            f"{host[:100]!r}. To be reached from elsewhere, start it with --auth token or with OIDC."
        )
    origin = headers.get(b"origin")
    if origin is not None and not is_same_origin(origin.decode("latin-1"), host):
        return OriginRefused(
            f"A page of {origin.decode('latin-1')[:100]!r} may not use this API: it is open to this machine only, and "
            f"to its own pages."
        )
    site = headers.get(b"sec-fetch-site", b"none")
    if site not in (b"none", b"same-origin") and headers.get(b"sec-fetch-mode") != b"navigate":
        return OriginRefused("A page of another origin may link here, but not load anything from here into itself.")
    return None


def is_same_origin(origin: str, host: str, scheme: str = "") -> bool:
    """Say whether an `Origin` (RFC 6454) is that of a host as in `Host`; with an empty scheme any will do."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or (scheme and parts.scheme != scheme):
        return False
    return parts.netloc.lower() == host.lower()
