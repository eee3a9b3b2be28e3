"""Logins kept in a cookie that only MockOps can read or make: a JWE (RFC 7516), direct encryption, AES-256-GCM."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from mockops.control.auth.identity import Identity

if TYPE_CHECKING:
    from mockops.control.auth.settings import AuthSettings
    from mockops.core.clock import Clock
    from mockops.core.json import JsonObject

_PROTECTED = {"alg": "dir", "enc": "A256GCM"}
_MAX_COOKIE = 4096
LOGIN_S = 600
"""How long somebody may take to log in at the provider."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A login under way: what its callback must match."""

    state: str
    nonce: str
    verifier: str
    """PKCE's (RFC 7636)."""
    next: str
    """Path to go to afterwards."""
    redirect_uri: str


class Sessions:
    """Seals and opens cookies; several control processes with one key open each other's."""

    def __init__(self, settings: AuthSettings, *, clock: Clock) -> None:
        self._clock = clock
        self.lifetime_s = settings.session_s
        secret = (
            settings.session_key or (settings.oidc.client_secret.encode() if settings.oidc else b"") or os.urandom(32)
        )
        issuer = settings.oidc.issuer if settings.oidc else ""
        self._session_key = _derive(secret, f"session {issuer}")
        self._login_key = _derive(secret, f"login {issuer}")
        self.is_secure = settings.public_url.startswith("https:")
        self.cookie = "__Host-mockops" if self.is_secure else "mockops"
        """Name of the session's cookie."""
        self.login_cookie = f"{self.cookie}-login"
        """Name of the cookie of a login under way."""

    def seal(self, identity: Identity) -> str:
        """Return the cookie of a login that begins now."""
        content = {"sub": identity.subject, "email": identity.email, "name": identity.name}
        return self._seal(content, self._session_key, self.lifetime_s)

    def open(self, cookie: str) -> Identity | None:
        """Return who logged in; None when the cookie is not ours or has expired."""
        content = self._open(cookie, self._session_key)
        if content is None:
            return None
        return Identity(subject=content["sub"], email=content["email"], name=content["name"])

    def seal_login(self, login: Login) -> str:
        """Return the cookie of a login that is under way."""
        return self._seal(msgspec.to_builtins(login), self._login_key, LOGIN_S)

    def open_login(self, cookie: str) -> Login | None:
        """Return the login that is under way; None when the cookie is not ours or has expired."""
        content = self._open(cookie, self._login_key)
        return None if content is None else msgspec.convert(content, Login)

    def _seal(self, content: JsonObject, key: OctKey, lifetime_s: int) -> str:
        expires_at = int(self._clock.now().timestamp()) + lifetime_s
        return jwe.encrypt_compact(_PROTECTED, msgspec.json.encode({**content, "exp": expires_at}), key)

    def _open(self, cookie: str, key: OctKey) -> JsonObject | None:
        if len(cookie) > _MAX_COOKIE:
            return None
        try:
            opened = jwe.decrypt_compact(cookie, key, algorithms=["dir", "A256GCM"]).plaintext
            content: JsonObject = msgspec.json.decode(opened or b"")
        except (JoseError, ValueError):  # whoever sent it did not get it from us
            return None
        return content if content["exp"] > self._clock.now().timestamp() else None


def _derive(secret: bytes, purpose: str) -> OctKey:
    salt = sha256(b"mockops").digest()
    return OctKey.import_key(HKDF(SHA256(), 32, salt, purpose.encode()).derive(secret))
