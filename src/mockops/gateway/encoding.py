"""Content codings: gzip out when asked, gzip and deflate in (RFC 9110 section 8.4)."""

from __future__ import annotations

import gzip
import zlib

from mockops.core.errors import Invalid

_SMALLEST_BYTES = 1024
_COMPRESSIBLE = ("json", "text/", "xml", "javascript", "yaml", "csv", "x-www-form-urlencoded")


class CodingUnsupported(Invalid):
    """The request's body is coded in a way the gateway does not know."""

    code = "gateway.content_coding_unsupported"


class CodingBroken(Invalid):
    """The request's body is not what its Content-Encoding says."""

    code = "gateway.content_coding_broken"


class DecodedTooLarge(CodingBroken):
    """The request's body is larger than a body may be, once its coding is undone."""

    code = "gateway.body_too_large"


def wants_gzip(accept_encoding: str) -> bool:
    """Say whether a client takes gzip (RFC 9110 section 12.5.3; `q=0` refuses)."""
    for choice in accept_encoding.lower().split(","):
        coding, _, weight = choice.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def is_compressible(media_type: str, body: bytes) -> bool:
    """Say whether a body is worth compressing."""
    return len(body) >= _SMALLEST_BYTES and any(part in media_type for part in _COMPRESSIBLE)


def compress(body: bytes) -> bytes:
    """Return `body` gzipped, the same bytes for the same input (no time stamp)."""
    return gzip.compress(body, compresslevel=5, mtime=0)


def decode(body: bytes, coding: str, *, max_bytes: int) -> bytes:
    """Undo a request's Content-Encoding.

    Raises:
        CodingUnsupported: A coding other than gzip, deflate and identity, or more than one.
        CodingBroken: The bytes are not so coded.
        DecodedTooLarge: They decode to more than `max_bytes`.

    """
    name = coding.strip().lower()
    if name in ("", "identity") or not body:
        return body
    if name not in ("gzip", "x-gzip", "deflate"):
        message = f"Content-Encoding {coding!r} is not understood; send gzip, deflate or identity."
        raise CodingUnsupported(message)
    # deflate means zlib's wrapper, but raw deflate is what many clients send
    windows = (zlib.MAX_WBITS | 16,) if "gzip" in name else (zlib.MAX_WBITS, -zlib.MAX_WBITS)
    for window in windows:
        decoder = zlib.decompressobj(window)
        try:
            decoded = decoder.decompress(body, max_bytes + 1)
        except zlib.error as error:
            problem = str(error)
            continue
        if len(decoded) > max_bytes:
            message = f"The request's body is larger than {max_bytes} bytes once its {name} coding is undone."
            raise DecodedTooLarge(message)
        if not decoder.eof:
            problem = "it ends too early"
            continue
        return decoded
    message = f"The body is not {name}: {problem}."
    raise CodingBroken(message)
