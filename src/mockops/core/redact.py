"""Secrets are masked before anyone sees or keeps an exchange: well-known fields, telling names, and telling values."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_plus

import msgspec

MASK = "***"
"""What stands where a secret stood."""
REDACTED_EMAIL = "redacted@example.com"
"""What stands where an e-mail address stood: still one by its form."""

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
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ALSO_TELLING = re.compile(
    r"(?:^|[-_.])(?:session[-_]?(?:id|key)|private[-_]?key|secret[-_]?key|access[-_]?key|one[-_]?time[-_]?(?:code|password)"
    r"|card[-_]?number|account[-_]?key|client[-_]?assertion|code[-_]?verifier|x[-_]amz[-_][a-z-]+)(?:$|[-_.])"
    r"|^(?:otp|cvv|cvc|ssn|iban|sid|sig|passcode|jsessionid|phpsessid)$",
    re.IGNORECASE,
)
_VALUES = (
    re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*"),
    re.compile(r"(?i)(?<=\bbearer )[A-Za-z0-9._~+/-]{8,}=*"),
    re.compile(r"(?i)(?<=\bbasic )[A-Za-z0-9+/]{8,}={0,2}(?![A-Za-z0-9+/])"),
    re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})"),
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}"),
    re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    re.compile(r"\bAIza[A-Za-z0-9_-]{30,}"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
"""JSON Web Tokens (RFC 7519), credentials of RFC 6750 and RFC 7617, and tokens that well-known services prefix."""
_SUSPICIOUS = re.compile(
    r"eyJ|bearer |basic |gh[pousr]_|github_pat_|glpat-|AKIA|ASIA|[srp]k_|sk-|xox|AIza|-----BEGIN", re.IGNORECASE
)
"""How what `_VALUES` finds begins: most texts have none of it, and are looked at once."""
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b")


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


@lru_cache(maxsize=8192)
def is_telling(name: str) -> bool:
    """Whether a name says that its value is a secret, in any spelling: `userAccessToken`, `client-secret`, `otp`.

    Stricter than what `Secrets` masks in passing traffic: for what is written into files and kept.
    """
    spelled = _HUMP.sub("_", name)
    return any(found.search(each) for found in (_TELLING, _ALSO_TELLING) for each in {name, spelled})


def mask_values(text: str, *, emails: bool = False) -> tuple[str, int, int]:
    """Mask what looks like a credential wherever it stands in a text.

    Args:
        text: Any text.
        emails: Whether e-mail addresses are replaced as well.

    Returns:
        The text, how many credentials and how many addresses were replaced.

    """
    secrets = addresses = 0
    for pattern in _VALUES if _SUSPICIOUS.search(text) else ():
        text, count = pattern.subn(MASK, text)
        secrets += count
    if emails and "@" in text:
        text, addresses = _EMAIL.subn(REDACTED_EMAIL, text)
    return text, secrets, addresses


def _mask_member(match: re.Match[bytes]) -> bytes:
    if _TELLING.search(match[1].decode("utf-8", "replace")) is None:
        return match[0]
    return b'"%s"%s"%s"' % (match[1], match[2], MASK.encode())


def _mask_pair(pair: str) -> str:
    name, sign, _ = pair.partition("=")
    return f"{name}={MASK}" if sign else MASK
