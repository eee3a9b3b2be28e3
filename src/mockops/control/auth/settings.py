"""How callers are told apart, and where it is safe to listen with that."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from mockops.core.actor import Role
from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping


class AuthMode(StrEnum):
    """What a request without a token means."""

    LOCAL = "local"
    """This machine's user, who may do everything; only where nobody else can connect."""
    TOKEN = "token"  # noqa: S105 (a word, no password)
    """Nobody: 401."""
    OIDC = "oidc"
    """Whoever the session cookie says has logged in; else nobody."""


class AuthInvalid(Invalid):
    """The options about authentication contradict each other, or it would be unsafe."""

    code: ClassVar[str] = "auth.options_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """An OpenID Connect provider, and what MockOps is there."""

    issuer: str
    """URL, as `iss` in its tokens."""
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty: a public client, PKCE alone protects the code."""
    audience: str = ""
    """`aud` that bearer tokens must have; by default the client id."""
    default_role: Role | None = None
    """Of people who log in and are no members; None: they are refused."""
    scopes: str = "openid email profile"
    trusts_email: bool = False
    """Whether addresses count that the provider does not call verified; for those that never say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """How this control process tells callers apart."""

    mode: AuthMode = AuthMode.LOCAL
    oidc: Oidc | None = None
    public_url: str = ""
    """What people's browsers call, as `https://mockops.example.com`; empty: whatever the request says."""
    session_key: bytes = field(default=b"", repr=False)
    """32 bytes; empty: made from the client secret, or afresh (then a restart logs everyone out)."""
    session_s: int = 8 * 3600
    """How long a login lasts, in seconds."""


def read_auth(
    environment: Mapping[str, str],
    *,
    mode: str = "",
    host: str = "127.0.0.1",
    default_role: str = "",
    public_url: str = "",
) -> AuthSettings:
    """Return how to tell callers apart, from options and `MOCKOPS_OIDC_…`.

    Raises:
        AuthInvalid: Options contradict each other, or others than this machine's users could do everything.

    """
    oidc = _oidc(environment, default_role)
    is_local_host = is_loopback(host)
    chosen = AuthMode(mode) if mode else AuthMode.OIDC if oidc else AuthMode.LOCAL
    if chosen is AuthMode.LOCAL and not is_local_host:
        message = (
            f"refusing to listen on {host}: everyone who can reach it could change everything. Choose `--auth token` "
            f"(the first start writes an admin token, see --bootstrap-token-file), or set MOCKOPS_OIDC_ISSUER and "
            f"MOCKOPS_OIDC_CLIENT_ID for logins; or listen on 127.0.0.1."
        )
        raise AuthInvalid(message)
    if chosen is AuthMode.OIDC and oidc is None:
        message = (
            "`--auth oidc` needs MOCKOPS_OIDC_ISSUER and MOCKOPS_OIDC_CLIENT_ID (and …_CLIENT_SECRET, if it has one)"
        )
        raise AuthInvalid(message)
    public_url = public_url or environment.get("MOCKOPS_PUBLIC_URL", "")
    if public_url and urlsplit(public_url).scheme not in ("http", "https"):
        message = f"--public-url must be a URL like https://mockops.example.com; it is {public_url!r}"
        raise AuthInvalid(message)
    key = environment.get("MOCKOPS_SECRET_KEY", "")
    return AuthSettings(
        mode=chosen,
        oidc=oidc if chosen is AuthMode.OIDC else None,
        public_url=public_url.rstrip("/"),
        session_key=key.encode(),
    )


def _oidc(environment: Mapping[str, str], default_role: str) -> Oidc | None:
    issuer = environment.get("MOCKOPS_OIDC_ISSUER", "").strip()
    client_id = environment.get("MOCKOPS_OIDC_CLIENT_ID", "").strip()
    if not issuer and not client_id:
        return None
    if not issuer or not client_id:
        missing = "MOCKOPS_OIDC_CLIENT_ID" if issuer else "MOCKOPS_OIDC_ISSUER"
        message = f"{missing} is not set; logins need both the issuer's URL and the client's id"
        raise AuthInvalid(message)
    parts = urlsplit(issuer)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not is_safe or not parts.hostname:
        message = f"MOCKOPS_OIDC_ISSUER must be an https URL (http only on this machine); it is {issuer!r}"
        raise AuthInvalid(message)
    role = default_role or environment.get("MOCKOPS_OIDC_DEFAULT_ROLE", "")
    if role and role not in tuple(Role):
        message = f"--oidc-default-role must be one of {', '.join(Role)}; it is {role!r}"
        raise AuthInvalid(message)
    return Oidc(
        issuer=issuer,
        client_id=client_id,
        client_secret=environment.get("MOCKOPS_OIDC_CLIENT_SECRET", ""),
        audience=environment.get("MOCKOPS_OIDC_AUDIENCE", ""),
        default_role=Role(role) if role else None,
        trusts_email=environment.get("MOCKOPS_OIDC_TRUST_EMAIL", "").lower() in ("1", "true", "yes"),
    )


def is_loopback(host: str) -> bool:
    """Say whether a host's name or address can only be this machine; names are judged as browsers do (RFC 6761)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
