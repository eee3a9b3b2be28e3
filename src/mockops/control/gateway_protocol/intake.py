"""Bodies that gateways send: bounded before and after they are unpacked."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, ClassVar, TypeVar

import msgspec
import zstandard

from mockops.core.errors import Invalid
from mockops.infra.web.problems import BodyTooLarge, HeaderInvalid

if TYPE_CHECKING:
    from starlette.requests import Request

T = TypeVar("T")

_CHUNK_BYTES = 1 << 20
_WINDOW_BYTES = 1 << 27


class BodyInvalid(Invalid):
    """A gateway's body is not what the protocol says."""

    code: ClassVar[str] = "publishing.body_invalid"
    status: ClassVar[int] = 400


async def read_body(request: Request, *, max_bytes: int) -> bytes:
    """Return a body as it was sent.

    Raises:
        BodyTooLarge: It is larger than `max_bytes`.

    """
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise BodyTooLarge(f"The body is larger than {max_bytes:,} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def unpacked(content: bytes, coding: str, *, max_bytes: int) -> bytes:
    """Return a body as it was before its content coding, `zstd` or none.

    Raises:
        HeaderInvalid: It is coded otherwise.
        BodyInvalid: It is damaged.
        BodyTooLarge: It unpacks to more than `max_bytes`.

    """
    coding = coding.strip().lower() or "identity"
    if coding == "identity":
        return content
    if coding != "zstd":
        raise HeaderInvalid(f"Content-Encoding must be zstd or absent; it is {coding[:80]!r}.")
    chunks = []
    size = 0
    try:
        with zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).stream_reader(BytesIO(content)) as reader:
            while chunk := reader.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:
                    raise BodyTooLarge(f"The body unpacks to more than {max_bytes:,} bytes.")
                chunks.append(chunk)
    except zstandard.ZstdError as error:
        raise BodyInvalid(f"The body is not zstd: {error}") from error
    return b"".join(chunks)


def decoded(content: bytes, kind: type[T]) -> T:
    """Return a body as a struct.

    Raises:
        BodyInvalid: It is not one.

    """
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyInvalid(f"The body is no {kind.__name__}: {error}") from error
