"""Small files that are valid and always the same."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json

_JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
_GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><rect width="1" height="1" fill="#1e6fd9"/></svg>'


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png() -> bytes:
    """Return a picture of one blue pixel (PNG, ISO 15948)."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    # A stored block, written out: how zlib compresses differs from build to build, these bytes do not.
    row = b"\x00\x1e\x6f\xd9"
    stored = b"\x01" + struct.pack("<HH", len(row), len(row) ^ 0xFFFF) + row
    data = b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(row))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def pdf() -> bytes:
    """Return a document of one empty page (PDF 1.4, ISO 32000)."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    )
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return body + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def empty_zip() -> bytes:
    """Return an archive without members (ZIP)."""
    return b"PK\x05\x06" + b"\x00" * 18


def gzip_of(text: bytes) -> bytes:
    """Return a text in a gzip member (RFC 1952), stored and without a time."""
    stored = b"\x01" + struct.pack("<HH", len(text), len(text) ^ 0xFFFF) + text
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + stored + struct.pack("<II", zlib.crc32(text), len(text))


def wav() -> bytes:
    """Return eight samples of silence (WAVE, PCM, 8 kHz, mono)."""
    samples = b"\x80" * 8
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


_FILES: dict[str, Callable[[], bytes]] = {
    "image/png": png,
    "image/*": png,
    "image/jpeg": lambda: _JPEG,
    "image/jpg": lambda: _JPEG,
    "image/gif": lambda: _GIF,
    "image/svg+xml": lambda: _SVG,
    "application/pdf": pdf,
    "application/zip": empty_zip,
    "application/x-zip-compressed": empty_zip,
    "application/gzip": lambda: gzip_of(b"mock"),
    "application/x-gzip": lambda: gzip_of(b"mock"),
    "audio/wav": wav,
    "audio/x-wav": wav,
    "audio/wave": wav,
}


def file_of(value: Json, kind: str) -> bytes:
    """Return a small valid file of a media type; of one not known, a text as it is or the value as JSON."""
    make = _FILES.get(kind)
    if make is not None:
        return make()
    if isinstance(value, str):
        return value.encode()
    return msgspec.json.encode(value)
