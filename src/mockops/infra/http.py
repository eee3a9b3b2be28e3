"""Outgoing HTTP: one guard for every URL that a person or a document names.

The host is resolved once, each address is checked, and the connection goes to an address that was checked: a name
that changes its mind between check and connection (DNS rebinding) gains nothing. Redirects pass the guard again.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urljoin, urlsplit

from mockops.core.errors import Denied, Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPResponse
    from urllib.parse import SplitResult

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = frozenset(
    # cloud metadata services that are not link-local
    map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"))
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CHUNK_BYTES = 1 << 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class EgressDenied(Denied):
    """An outgoing call that the guard refuses."""

    code: ClassVar[str] = "egress.denied"


class UrlInvalid(Invalid):
    """A text is no URL that can be fetched."""

    code: ClassVar[str] = "egress.url_invalid"


class FetchFailed(Unavailable):
    """A server did not answer as needed."""

    code: ClassVar[str] = "egress.failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """What outgoing calls may reach."""

    schemes: frozenset[str] = frozenset({"http", "https"})
    allow_loopback: bool = False
    """This machine: 127.0.0.0/8 and ::1."""
    allow_private: bool = False
    """Private networks (RFC 1918, RFC 4193, RFC 6598). Link-local and metadata addresses are never allowed."""
    max_bytes: int = 64 << 20
    timeout_s: float = 30.0
    """For the whole fetch, redirects included."""
    max_redirects: int = 5


def fetch(url: str, policy: EgressPolicy | None = None, *, accept: str = "*/*") -> bytes:
    """Return the body that a GET of `url` answers.

    Raises:
        UrlInvalid: it is no URL.
        EgressDenied: the policy forbids its scheme or every address of its host.
        FetchFailed: no answer in time, a status other than 2xx, or too much of it.

    """
    policy = policy or EgressPolicy()
    deadline = time.monotonic() + policy.timeout_s
    for _ in range(policy.max_redirects + 1):
        parts = _split(url, policy)
        try:
            found = _get(url, parts, policy, deadline, accept)
        except TimeoutError as error:
            raise FetchFailed(f"{url} did not answer within {policy.timeout_s:g} s") from error
        except OSError as error:
            raise FetchFailed(f"{url} cannot be fetched: {error or type(error).__name__}") from error
        if isinstance(found, bytes):
            return found
        url = urljoin(url, found)
    raise FetchFailed(f"{url} redirects more than {policy.max_redirects} times")


def fetcher(policy: EgressPolicy | None = None) -> Callable[[str], bytes]:
    """Return `fetch` for documents under one policy; by default public addresses and this machine are reached."""
    policy = policy or EgressPolicy(allow_loopback=True)
    return partial(fetch, policy=policy, accept="application/json, application/yaml;q=0.9, */*;q=0.8")


def check_address(address: Address, policy: EgressPolicy) -> str | None:
    """Return why the policy forbids an address, None if it does not."""
    address = _unwrapped(address)
    if address in _METADATA or address.is_link_local:
        return "a link-local or metadata address"
    if address.is_unspecified or address.is_multicast:
        return "no address of a server"
    if address.is_loopback:
        return None if policy.allow_loopback else "a loopback address, which is not allowed here"
    if not address.is_global:
        return None if policy.allow_private else "a private address, which is not allowed here"
    return None


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address carries (mapped, 6to4, NAT64), else the address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _split(url: str, policy: EgressPolicy) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UrlInvalid(f"{url!r} is no URL: {error}") from error
    if parts.scheme.lower() not in policy.schemes:
        raise EgressDenied(f"{url!r}: only {' and '.join(sorted(policy.schemes))} URLs are fetched")
    if not parts.hostname:
        raise UrlInvalid(f"{url!r} names no host")
    if any(ord(character) <= 32 for character in url):
        raise UrlInvalid(f"{url!r} contains blanks or control characters")
    return parts


def _addresses(parts: SplitResult, policy: EgressPolicy) -> list[tuple[str, int]]:
    """Return the addresses of a host that may be connected to; raises EgressDenied if there is none."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchFailed(f"the name {host!r} cannot be resolved: {error}") from error
    reasons = []
    allowed = []
    for _, _, _, _, where in found:
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        reason = check_address(address, policy)
        if reason is None:
            allowed.append((str(where[0]), port))
        else:
            reasons.append(f"{address} is {reason}")
    # one forbidden address among allowed ones is an attempt to slip through
    if reasons or not allowed:
        raise EgressDenied(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]} is not fetched: {reasons[0]}")
    return allowed


def _remaining_s(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connect(addresses: list[tuple[str, int]], deadline: float) -> socket.socket:
    last: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection(address, timeout=_remaining_s(deadline))
        except OSError as error:
            last = error
    raise last or TimeoutError


def _get(url: str, parts: SplitResult, policy: EgressPolicy, deadline: float, accept: str) -> bytes | str:
    """Return the body of one GET, or where it redirects to."""
    from http.client import HTTPConnection, HTTPException  # noqa: PLC0415 (20 ms; most processes fetch nothing)

    connected = _connect(_addresses(parts, policy), deadline)
    try:
        connected = _secured(connected, parts)
        connection = HTTPConnection(parts.hostname or "", parts.port)
        connection.sock = connected
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        host = parts.netloc.rpartition("@")[2]
        for name, value in (("Host", host), ("Accept", accept), ("User-Agent", "mockops"), ("Connection", "close")):
            connection.putheader(name, value)
        connection.endheaders()
        connected.settimeout(_remaining_s(deadline))
        response = connection.getresponse()
        if response.status in _REDIRECTS and (location := response.getheader("Location")):
            return location
        if not 200 <= response.status < 300:
            raise FetchFailed(f"{url} answered {response.status} {response.reason}")
        return _body(url, response, connected, policy, deadline)
    except HTTPException as error:
        raise FetchFailed(f"{url} does not speak HTTP: {error or type(error).__name__}") from error
    finally:
        connected.close()


def _secured(connected: socket.socket, parts: SplitResult) -> socket.socket:
    """Return the connection with TLS where the scheme wants it; the certificate must fit the host's name."""
    if parts.scheme.lower() != "https":
        return connected
    import ssl  # noqa: PLC0415 (15 ms; most processes fetch nothing)

    return ssl.create_default_context().wrap_socket(connected, server_hostname=parts.hostname)


def _body(url: str, response: HTTPResponse, connected: socket.socket, policy: EgressPolicy, deadline: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        connected.settimeout(_remaining_s(deadline))
        chunk = response.read1(_CHUNK_BYTES)
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
        if size > policy.max_bytes:
            raise FetchFailed(f"{url} answers more than {policy.max_bytes:,} bytes")
    if response.length:
        raise FetchFailed(f"{url} closed the connection before the end")
    return b"".join(chunks)
