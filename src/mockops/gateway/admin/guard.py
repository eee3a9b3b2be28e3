"""Who may talk to an admin port that only this machine can reach: no web page, not even by DNS rebinding."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def is_loopback(host: str) -> bool:
    """Say whether a host name or address, with or without a port, means this machine (RFC 6761 section 6.3)."""
    name = _without_port(host.strip().lower()).rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def is_host_allowed(host: str | None, allowed: Collection[str] = ()) -> bool:
    """Say whether a `Host` may be talked to: a page of another name that resolves here is not meant.

    Only clients without a browser leave the field out (HTTP/1.0).
    """
    return host is None or is_loopback(host) or _without_port(host.strip().lower()) in allowed


def is_origin_allowed(origin: str | None, allowed: Collection[str] = ()) -> bool:
    """Say whether scripts of an `Origin` may change things here: `null` and other sites may not."""
    if origin is None:
        return True
    scheme, sign, host = origin.partition("://")
    return bool(sign) and scheme in ("http", "https") and is_host_allowed(host, allowed)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host
