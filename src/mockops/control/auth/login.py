"""`/auth/login`, `/auth/callback`, `/auth/logout`: a browser's way through the provider and back."""

from __future__ import annotations

import logging
import secrets
from html import escape
from typing import TYPE_CHECKING, ClassVar

from fastapi import APIRouter
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mockops.control.auth.bearer import admit
from mockops.control.auth.identity import NoMember
from mockops.control.auth.local import OriginRefused, is_same_origin
from mockops.control.auth.provider import LoginFailed
from mockops.control.auth.sessions import LOGIN_S, Login
from mockops.core.errors import MockOpsError, NotFound
from mockops.infra.web.problems import status_of

if TYPE_CHECKING:
    from mockops.control.auth.identity import Directory
    from mockops.control.auth.provider import Provider
    from mockops.control.auth.sessions import Sessions
    from mockops.control.auth.settings import AuthSettings
    from mockops.infra.db.database import Database

log = logging.getLogger("mockops.auth")

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>MockOps: {title}</title>
<h1>{title}</h1><p>{text}</p><p><a href="/auth/login">Log in</a></p></html>
"""
_MAX_VALUE = 4096


class NoLogins(NotFound):
    """Nobody logs in here: there is no identity provider."""

    code: ClassVar[str] = "auth.no_logins"


class Logins:
    """The three endpoints over one provider."""

    def __init__(
        self, settings: AuthSettings, provider: Provider, sessions: Sessions, directory: Directory, database: Database
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._sessions = sessions
        self._directory = directory
        self._database = database

    def routes(self) -> APIRouter:
        """Return the endpoints."""
        router = APIRouter(prefix="/auth", include_in_schema=False)
        router.add_api_route("/login", self.login, methods=["GET"])
        router.add_api_route("/callback", self.callback, methods=["GET"])
        router.add_api_route("/logout", self.logout, methods=["POST"])
        return router

    def login(self, request: Request, next: str = "/") -> Response:
        """Send somebody to the provider; `next` is the path to come back to."""
        login = Login(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            next=local_path(next),
            redirect_uri=self._base(request) + "/auth/callback",
        )
        response = RedirectResponse(self._provider.authorization_url(login), 303)
        self._keep(response, self._sessions.login_cookie, self._sessions.seal_login(login), LOGIN_S)
        return response

    def callback(self, request: Request, code: str = "", state: str = "", error: str = "") -> Response:
        """Take what the provider sends back, and begin the session."""
        sealed = request.cookies.get(self._sessions.login_cookie, "")
        try:
            response = self._finish(sealed, code[:_MAX_VALUE], state, error[:200])
        except MockOpsError as refusal:
            log.warning("login failed: %s", refusal)
            title = "You are no member" if isinstance(refusal, NoMember) else "The login failed"
            response = HTMLResponse(_PAGE.format(title=title, text=escape(str(refusal))), status_of(refusal))
        response.delete_cookie(self._sessions.login_cookie, path="/", secure=self._sessions.is_secure, httponly=True)
        return response

    def _finish(self, sealed: str, code: str, state: str, error: str) -> Response:
        if error:
            raise LoginFailed(f"The identity provider says {error!r}.")
        login = self._sessions.open_login(sealed)
        if login is None:
            raise LoginFailed("The login took too long, or was begun in another browser; begin again.")
        if not code or not secrets.compare_digest(login.state.encode(), state.encode()):
            raise LoginFailed("The answer does not belong to the login that this browser has begun; begin again.")
        identity = self._provider.exchange(login, code)
        if not admit(self._database, self._directory, self._provider, identity):
            who = identity.email or identity.name or identity.subject
            raise NoMember(f"{who} is not a member of any organization here; an admin can add you.")
        response = RedirectResponse(login.next, 303)
        self._keep(response, self._sessions.cookie, self._sessions.seal(identity), self._sessions.lifetime_s)
        return response

    def logout(self, request: Request) -> Response:
        """End the session, here and at the provider.

        Raises:
            OriginRefused: Another site's page asks for it.

        """
        origin = request.headers.get("origin")
        base = self._base(request)
        if origin not in (None, base) and not is_same_origin(str(origin), request.headers.get("host", "")):
            raise OriginRefused(f"A page of {str(origin)[:100]!r} may not log you out.")
        response = RedirectResponse(self._provider.logout_url(base + "/") or "/", 303)
        response.delete_cookie(self._sessions.cookie, path="/", secure=self._sessions.is_secure, httponly=True)
        return response

    def _base(self, request: Request) -> str:
        return self._settings.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"

    def _keep(self, response: Response, name: str, value: str, lifetime_s: int) -> None:
        response.set_cookie(
            name, value, max_age=lifetime_s, path="/", secure=self._sessions.is_secure, httponly=True, samesite="lax"
        )


def no_logins(home: str = "") -> APIRouter:
    """Return the endpoints where there is no provider: logging in goes `home` if no login is needed, else 404."""
    router = APIRouter(prefix="/auth", include_in_schema=False)

    def login(next: str = "/") -> Response:
        if home:
            return RedirectResponse(local_path(next) if next != "/" else home, 303)
        raise NoLogins("There are no logins here, only API tokens; to have some, set MOCKOPS_OIDC_ISSUER.")

    router.add_api_route("/login", login, methods=["GET"])
    return router


def local_path(text: str) -> str:
    """Return a path to go to after the login: of this site only, whatever was asked for."""
    is_local = text.startswith("/") and not text.startswith(("//", "/\\")) and len(text) <= 1000
    return text if is_local and text.isprintable() and "\\" not in text else "/"
