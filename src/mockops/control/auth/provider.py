"""The OpenID Connect provider: discovery, the code flow with PKCE, its tokens checked against its published keys."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlencode

import httpx2
import msgspec
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mockops.control.auth.identity import Identity
from mockops.core.errors import Unavailable
from mockops.infra.web.problems import NotAuthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.control.auth.sessions import Login
    from mockops.control.auth.settings import Oidc
    from mockops.core.clock import Clock
    from mockops.core.json import JsonObject

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures made with a private key; never `none`, never one keyed with what we know too."""
_KEPT_S = 3600.0
"""Seconds that the provider's configuration and keys are believed."""
_REFRESH_S = 10.0
"""Keys are fetched again for an unknown key id, but not more often than this."""
_AGAIN_S = 5.0
"""After a failure nothing is fetched for so long: who waits for the provider waits once."""
_LEEWAY_S = 60
_TIMEOUT_S = 10.0
_MAX_BYTES = 1 << 20


class ProviderDown(Unavailable):
    """The identity provider does not answer as it should."""

    code: ClassVar[str] = "auth.provider_unavailable"


class LoginFailed(NotAuthenticated):
    """The login did not come to an end."""

    code: ClassVar[str] = "auth.login_failed"


class JwtRefused(NotAuthenticated):
    """A token is forged, expired, or made for somebody else."""

    code: ClassVar[str] = "access.jwt_refused"


class Metadata(msgspec.Struct, frozen=True):
    """What is used of OpenID Connect Discovery 1.0 section 3."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Provider:
    """Any thread may use it; what it fetches is kept."""

    def __init__(self, oidc: Oidc, *, clock: Clock) -> None:
        self.oidc = oidc
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys = KeySet([])
        self._keys_at = -_KEPT_S
        self._failures: dict[str, tuple[float, str]] = {}
        """When a URL could not be read, and why."""

    def metadata(self) -> Metadata:
        """Return the provider's configuration.

        Raises:
            ProviderDown: It cannot be had, or is another issuer's.

        """
        with self._lock:
            now = self._clock.monotonic_s()
            if self._metadata is not None and now - self._metadata_at < _KEPT_S:
                return self._metadata
            url = self.oidc.issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                found = msgspec.convert(self._fetch(url), Metadata)
            except msgspec.ValidationError as error:
                raise ProviderDown(f"{url} is no configuration of an OpenID Connect provider: {error}") from error
            if found.issuer != self.oidc.issuer:
                message = (
                    f"{url} says that its issuer is {found.issuer!r}, not {self.oidc.issuer!r}; they must be equal"
                )
                raise ProviderDown(message)
            self._metadata, self._metadata_at = found, now
            return found

    def authorization_url(self, login: Login) -> str:
        """Return where to send somebody who wants to log in."""
        client = self._client(login)
        url, _ = client.create_authorization_url(
            self.metadata().authorization_endpoint,
            state=login.state,
            code_verifier=login.verifier,
            nonce=login.nonce,
        )
        return cast("str", url)

    def exchange(self, login: Login, code: str) -> Identity:
        """Return who has logged in, for the code that the provider sent back.

        Raises:
            LoginFailed: The provider refuses the code, or its ID token is not for this login.
            ProviderDown: It does not answer.

        """
        with self._client(login) as client:
            try:
                token = client.fetch_token(
                    self.metadata().token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=login.verifier,
                    redirect_uri=login.redirect_uri,
                )
            except OAuthError as error:
                raise LoginFailed(f"The identity provider refused the login: {error}") from error
            except (httpx2.HTTPError, ValueError) as error:
                raise ProviderDown(f"The identity provider does not answer: {error or type(error).__name__}") from error
        text = token.get("id_token") if isinstance(token, dict) else None
        if not isinstance(text, str):
            raise LoginFailed("The identity provider sent no ID token; allow the scope `openid` for this client.")
        claims = self._verify(text, {self.oidc.client_id})
        if claims.get("nonce") != login.nonce:
            raise LoginFailed("The ID token belongs to another login; begin again.")
        return self._identity(claims)

    def verify(self, text: str) -> tuple[Identity, float]:
        """Return whom a bearer token stands for, and until when (seconds since the epoch).

        Raises:
            JwtRefused: It was forged, has expired, or is for somebody else.
            ProviderDown: The keys cannot be had.

        """
        claims = self._verify(text, {self.oidc.client_id, self.oidc.audience} - {""})
        return self._identity(claims), float(claims["exp"])

    def logout_url(self, back: str) -> str:
        """Return where to log out at the provider, too; empty when it has no such place."""
        endpoint = self.metadata().end_session_endpoint
        if not endpoint:
            return ""
        mark = "&" if "?" in endpoint else "?"
        return endpoint + mark + urlencode({"client_id": self.oidc.client_id, "post_logout_redirect_uri": back})

    def _client(self, login: Login) -> Any:
        is_post_only = "client_secret_basic" not in self.metadata().token_endpoint_auth_methods_supported
        method = "none" if not self.oidc.client_secret else "client_secret_post" if is_post_only else None
        return OAuth2Client(
            self.oidc.client_id,
            self.oidc.client_secret or None,
            token_endpoint_auth_method=method,
            scope=self.oidc.scopes,
            redirect_uri=login.redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )

    def _verify(self, text: str, audiences: set[str]) -> JsonObject:
        try:
            token = self._decode(text)
        except (JoseError, ValueError) as error:
            raise JwtRefused(f"The token is refused: {error or type(error).__name__}") from error
        now = int(self._clock.now().timestamp())
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": self.oidc.issuer},
            sub={"essential": True},
            exp={"essential": True},
        )
        claims: JsonObject = token.claims
        try:
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise JwtRefused(f"The token is refused: {error}") from error
        found = claims.get("aud")
        named = (
            {found} if isinstance(found, str) else {str(each) for each in found} if isinstance(found, list) else set()
        )
        if not named & audiences:
            message = (
                f"The token is for {', '.join(sorted(named)) or 'nobody'}, not for {', '.join(sorted(audiences))}."
            )
            raise JwtRefused(message)
        return claims

    def _decode(self, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._key_set(), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            fresh = self._key_set(is_unknown=True)  # perhaps a key that is newer than what is kept
            return jwt.decode(text, fresh, algorithms=list(ALGORITHMS))

    def _key_set(self, *, is_unknown: bool = False) -> KeySet:
        uri = self.metadata().jwks_uri
        with self._lock:
            now = self._clock.monotonic_s()
            age = now - self._keys_at
            if age >= _KEPT_S or (is_unknown and age >= _REFRESH_S):
                document = self._fetch(uri)
                try:
                    self._keys = KeySet.import_key_set(document)
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise ProviderDown(f"{uri} holds no keys that can be used: {error}") from error
                self._keys_at = now
            return self._keys

    def _fetch(self, url: str) -> Any:
        """Return a JSON document; called with the lock. Raises ProviderDown, without asking soon after a failure."""
        failed = self._failures.get(url)
        if failed is not None and self._clock.monotonic_s() - failed[0] < _AGAIN_S:
            raise ProviderDown(failed[1])
        try:
            found = _get(url)
        except ProviderDown as error:
            self._failures[url] = self._clock.monotonic_s(), str(error)
            raise
        self._failures.pop(url, None)
        return found

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        email = claims.get("email")
        is_verified = claims.get("email_verified") is True or self.oidc.trusts_email
        return Identity(
            subject=f"{claims['iss']}|{claims['sub']}",
            email=email.lower() if isinstance(email, str) and is_verified else "",
            name=str(claims.get("name") or claims.get("preferred_username") or "")[:200],
        )


def _get(url: str) -> Any:
    """Return a JSON document of the provider's; it is the operator who named it."""
    try:
        with httpx2.stream("GET", url, timeout=_TIMEOUT_S, follow_redirects=True) as response:
            response.raise_for_status()
            content = b""
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _MAX_BYTES:
                    raise ProviderDown(f"{url} answers more than {_MAX_BYTES:,} bytes")
        return msgspec.json.decode(content)
    except (httpx2.HTTPError, msgspec.DecodeError) as error:
        raise ProviderDown(f"{url} cannot be read: {error or type(error).__name__}") from error
