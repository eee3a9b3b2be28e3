"""Where a server is, and what can be told to it in a header."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from mockops.client.errors import ServerInvalid

DEFAULT_SERVER = "http://127.0.0.1:7070"


def server_url(text: str) -> str:
    """Return a server's URL without trailing slash; raises ServerInvalid."""
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise ServerInvalid(f"{text!r} is no URL of a server; write for instance {DEFAULT_SERVER}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ServerInvalid(f"{parts.hostname}: a server's URL has no user, password, query or fragment; use --token")
    return url


def header(what: str, value: str) -> str:
    """Return a value that goes into a header; raises ServerInvalid."""
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ServerInvalid(f"the {what} has characters that none has; was it copied whole, without line ends?")
    return value


def is_loopback(url: str) -> bool:
    """Say whether a URL is of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
