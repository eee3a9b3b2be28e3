"""The body of a recorded answer: text, Base64, a file beside the recording, compressed or not."""

from __future__ import annotations

import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import Invalid
from mockops.mocking.importers.foreign_parts import MAX_BODY_BYTES, as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json


class BodyLost(Invalid):
    """The recording does not hold a body that can be used."""

    code: ClassVar[str] = "mocking.har"


def read_content(content: Json, encodings: str, read_file: Callable[[str], bytes]) -> bytes:
    """Return the body that a response's `content` holds (HAR 1.2, content), decoded.

    Args:
        content: The object.
        encodings: The answer's Content-Encoding; undone only where the body is still compressed, as some tools keep it.
        read_file: Returns a file beside the recording: Playwright keeps bodies there, under `_file`.

    Raises:
        BodyLost: Its text says why.

    """
    data = as_object(content)
    body = _raw(data, read_file)
    if len(body) > MAX_BODY_BYTES:
        raise BodyLost(f"bodies above {MAX_BODY_BYTES >> 20} MiB")
    for encoding in reversed([each.strip().lower() for each in encodings.split(",") if each.strip()]):
        body = _decoded(body, encoding)
    return body


def _raw(data: dict[str, Json], read_file: Callable[[str], bytes]) -> bytes:
    text = data.get("text")
    name = data.get("_file")
    if text is None and isinstance(name, str) and name:
        if name.startswith(("/", "\\", "~")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:2]:
            raise BodyLost("bodies in files that are not beside the recording")
        try:
            return read_file(name)
        except (Invalid, OSError, ValueError) as error:
            raise BodyLost("bodies in files that cannot be read") from error
    if not isinstance(text, str):
        size = data.get("size")
        if isinstance(size, int) and size > 0:
            raise BodyLost("bodies that the recorder did not keep")
        return b""
    if as_text(data.get("encoding")).lower() != "base64":
        return text.encode("utf-8", "replace")
    try:
        return b64decode(text)
    except (Base64Error, ValueError) as error:
        raise BodyLost("bodies that are no Base64") from error


def _decoded(body: bytes, encoding: str) -> bytes:
    """Undo one content coding (RFC 9110 section 8.4) where the body still has it."""
    if encoding in ("gzip", "x-gzip"):
        return _inflated(body, 31) if body[:2] == b"\x1f\x8b" else body
    if encoding == "deflate":
        return _inflated(body, 15) if body[:1] == b"\x78" and int.from_bytes(body[:2], "big") % 31 == 0 else body
    if encoding == "zstd" and body[:4] == b"\x28\xb5\x2f\xfd":
        return _unzstd(body)
    if encoding == "br":
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BodyLost("bodies that are still compressed with Brotli") from error
    return body


def _inflated(body: bytes, window: int) -> bytes:
    engine = zlib.decompressobj(window)
    try:
        plain = engine.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise BodyLost("bodies whose compression is broken") from error
    if len(plain) > MAX_BODY_BYTES:
        raise BodyLost(f"bodies above {MAX_BODY_BYTES >> 20} MiB")
    return plain


def _unzstd(body: bytes) -> bytes:
    import zstandard  # noqa: PLC0415 (few recordings need it)

    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(body) as reader:
            plain = reader.read(MAX_BODY_BYTES + 1)
    except zstandard.ZstdError as error:
        raise BodyLost("bodies whose compression is broken") from error
    if len(plain) > MAX_BODY_BYTES:
        raise BodyLost(f"bodies above {MAX_BODY_BYTES >> 20} MiB")
    return plain
