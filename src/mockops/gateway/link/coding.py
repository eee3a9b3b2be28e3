"""zstd (RFC 8878) on the wire and on disk; what comes from outside is bounded before it is unpacked."""

from __future__ import annotations

from io import BytesIO

import zstandard

from mockops.gateway.encoding import CodingBroken

_CHUNK_BYTES = 1 << 20
_WINDOW_BYTES = 1 << 27
_LEVEL = 3


def compress(content: bytes) -> bytes:
    """Return content compressed."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(content)


def decompress(content: bytes, *, max_bytes: int) -> bytes:
    """Return content as it was.

    Raises:
        CodingBroken: It is not compressed content, cut off, or more than `max_bytes`.

    """
    chunks: list[bytes] = []
    size = 0
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES)
    try:
        declared = zstandard.frame_content_size(content)
        with decompressor.stream_reader(BytesIO(content)) as reader:
            while chunk := reader.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:
                    raise CodingBroken(f"it unpacks to more than {max_bytes:,} bytes")
                chunks.append(chunk)
    except zstandard.ZstdError as error:
        raise CodingBroken(f"it is not zstd: {error}") from error
    if not content or (declared >= 0 and declared != size):
        raise CodingBroken("it is cut off")
    return b"".join(chunks)
