"""Texts of a format in other lengths, where a schema bounds what the usual text of that format breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_LENGTH = 200_000


def variants(name: str, text: str, low: int, high: int | None) -> Iterator[str]:
    """Yield texts of the format `name` that are longer or shorter than `text`; the caller checks which one fits."""
    make = _MAKERS.get(name)
    if make is not None and low <= _MAX_LENGTH:
        yield from make(text, low, high if high is not None else max(low, 64))


def _moments(text: str, _low: int, _high: int) -> Iterator[str]:
    plain = text.removesuffix("Z")
    for ending in (".000Z", "+00:00", ".000000Z", ".000+00:00", ".0000000Z", ".000000+00:00", ".0Z", ".00Z", ".0000Z"):
        yield plain + ending


def _emails(text: str, low: int, high: int) -> Iterator[str]:
    local, _, domain = text.partition("@")
    wanted = low - len(domain) - 1
    if wanted > len(local):
        # A local part has at most 64 characters (RFC 5321 section 4.5.3.1.1); labels of the domain take the rest.
        local = local.ljust(min(wanted, 64), "x")
        missing = low - len(local) - 1 - len(domain)
        while missing > 0:
            label = min(max(missing - 1, 1), 60)
            domain = f"{'x' * label}.{domain}"
            missing -= label + 1
        yield f"{local}@{domain}"
    for short in (f"{local}@a.test", f"{local[:1]}@example.com", "a@a.test", "a@test"):
        if len(short) <= high:
            yield short


def _urls(text: str, low: int, high: int) -> Iterator[str]:
    yield text + "/" + "x" * max(0, low - len(text) - 1)
    for short in ("https://example.com", "https://a.test", "urn:a:b", "a:b"):
        if len(short) <= high:
            yield short.ljust(low, "x")


def _hosts(_text: str, low: int, high: int) -> Iterator[str]:
    yield "example.com"
    yield "a.test"
    yield "a" if high < 6 else "x" * max(0, min(low - 12, 60)) + ".example.com"


def _base64(_text: str, low: int, high: int) -> Iterator[str]:
    length = -(-max(low, 1) // 4) * 4
    yield "bW9j" * (length // 4)
    yield "bW9j" * (low // 4) + ("bQ==", "", "bQ", "bW8")[low % 4]
    yield "bQ" if high >= 2 else ""


def _addresses(_text: str, low: int, _high: int) -> Iterator[str]:
    for address in ("192.0.2.1", "192.0.2.10", "192.0.2.100", "198.51.100.10", "198.51.100.100", "203.0.113.1"):
        if len(address) >= low:
            yield address


def _addresses6(_text: str, _low: int, _high: int) -> Iterator[str]:
    yield from ("::", "::1", "2001:db8::1", "2001:db8:0:0:0:0:0:1", "2001:0db8:0000:0000:0000:0000:0000:0001")


_MAKERS: dict[str, Callable[[str, int, int], Iterator[str]]] = {
    "date-time": _moments,
    "email": _emails,
    "idn-email": _emails,
    "uri": _urls,
    "url": _urls,
    "iri": _urls,
    "hostname": _hosts,
    "byte": _base64,
    "base64": _base64,
    "ipv4": _addresses,
    "ipv6": _addresses6,
}
