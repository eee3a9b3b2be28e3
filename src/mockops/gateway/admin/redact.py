"""Secrets are masked before a person sees an exchange: well-known fields, telling names, and a contract's API keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.gateway.exchanges import Exchange
    from mockops.gateway.gateway import Gateway

MASK = "***"

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key", "apikey", "x-auth-token"})
_TELLING = re.compile(
    r"(?:^|[-_.])(?:api[-_]?key|(?:access|auth|refresh|id|csrf|xsrf|session|security|bearer)[-_]?token"
    r"|(?:client[-_]?)?secret|password|passwd|credentials?|signature|subscription[-_]?key)(?:$|[-_.])"
    r"|^(?:token|jwt|pwd|passphrase)$",  # these words alone: a `page_token` is none
    re.IGNORECASE,
)
_JSON_MEMBER = re.compile(
    rb'"((?:[^"\\]|\\.){1,80})"(\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^\s"\[\]{},]+)', re.DOTALL
)
"""A member with a scalar value, in JSON that may be cut off."""
_FORM = "application/x-www-form-urlencoded"


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """Names under which one operation takes credentials, beside those that are secret everywhere."""

    headers: frozenset[str] = frozenset()
    """In lower case."""
    query: frozenset[str] = frozenset()

    def header(self, name: str, value: str) -> str:
        """Return a header field's value with what is secret in it masked."""
        lower = name.lower()
        if lower == "cookie":
            return "; ".join(_mask_pair(pair.strip()) for pair in value.split(";"))
        if lower == "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            return _mask_pair(pair) + semicolon + attributes
        if lower in ("authorization", "proxy-authorization"):
            scheme, space, rest = value.partition(" ")
            return f"{scheme} {MASK}" if space and rest else MASK
        if lower in _SECRET_HEADERS or lower in self.headers or _TELLING.search(lower):
            return MASK
        return value

    def query_value(self, name: str, value: str) -> str:
        """Return a query parameter's value, masked where it is a secret."""
        return MASK if name in self.query or _TELLING.search(name) else value

    def url(self, url: str) -> str:
        """Return a URL with the secrets in its query masked."""
        path, mark, query = url.partition("?")
        if not mark:
            return url
        return path + mark + "&".join(self._pair(pair) for pair in query.split("&"))

    def body(self, body: bytes, media_type: str) -> bytes:
        """Return a body, or its beginning, with members and fields of telling names masked."""
        if media_type == _FORM:
            return "&".join(map(self._pair, body.decode("latin-1").split("&"))).encode("latin-1")
        if media_type.endswith("json") or body[:1] in (b"{", b"["):
            return _JSON_MEMBER.sub(_mask_member, body)
        return body

    def _pair(self, pair: str) -> str:
        name, sign, value = pair.partition("=")
        return name + sign + self.query_value(unquote_plus(name), value) if sign else pair


def secrets_of(exchange: Exchange, gateway: Gateway) -> Secrets:
    """Return under which names an exchange's operation takes API keys (OpenAPI 3.1 section 4.8.27)."""
    target = gateway.table.get(f"{exchange.target}@{exchange.environment}") if exchange.target else None
    method = exchange.operation.partition(" ")[0]
    hit = target.mock.operations.find(exchange.request, method) if target is not None and method else None
    if target is None or hit is None or hit.entry.is_open:
        return Secrets()
    security = target.mock.operations.ready(hit.index).operation.security
    keys = [scheme for alternative in security for scheme in alternative if scheme.kind == "apiKey"]
    return Secrets(
        headers=frozenset(scheme.parameter.lower() for scheme in keys if scheme.location == "header"),
        query=frozenset(scheme.parameter for scheme in keys if scheme.location == "query"),
    )


def join_fields(fields: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return values by name; a list where a name is repeated."""
    joined: dict[str, str | list[str]] = {}
    for name, value in fields:
        former = joined.get(name)
        if former is None:
            joined[name] = value
        else:
            joined[name] = [*former, value] if isinstance(former, list) else [former, value]
    return joined


def _mask_member(match: re.Match[bytes]) -> bytes:
    if _TELLING.search(match[1].decode("utf-8", "replace")) is None:
        return match[0]
    return b'"%s"%s"%s"' % (match[1], match[2], MASK.encode())


def _mask_pair(pair: str) -> str:
    name, sign, _ = pair.partition("=")
    return f"{name}={MASK}" if sign else MASK
