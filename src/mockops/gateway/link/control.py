"""The control plane as a gateway talks to it: three calls, authenticated, compressed, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode

import msgspec

from mockops.core.errors import Denied, Invalid, Unavailable
from mockops.gateway.encoding import CodingBroken
from mockops.gateway.link import coding
from mockops.gateway.link.rows import RowInvalid, read_page
from mockops.gateway.upstream.connection import UpstreamFailed
from mockops.publishing.model import BatchTaken, BlobsAsked, FrameInvalid, read_frames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.gateway.link.rows import Page
    from mockops.gateway.upstream.client import UpstreamClient
    from mockops.gateway.upstream.connection import Response
    from mockops.publishing.model import Blob

API = "/gateway/v1"
_MAX_PAGE_BYTES = 256 << 20
"""Pages are far smaller, unless a single target is that large."""
_MAX_BLOBS_BYTES = 1 << 30
_MAX_ANSWER_BYTES = 1 << 20
_CALL_S = 30.0
_BLOBS_S = 120.0
_GRACE_S = 10.0
"""How much longer than asked a long poll may take."""
_TRANSIENT = frozenset({408, 425, 429})


class ControlAway(Unavailable):
    """Control cannot be reached, or not now."""

    code: ClassVar[str] = "gateway.control_away"


class ControlRefused(Denied):
    """Control does not let this gateway in."""

    code: ClassVar[str] = "gateway.control_refused"


class BatchRefused(Invalid):
    """Control cannot take a batch, however often it is sent."""

    code: ClassVar[str] = "gateway.batch_refused"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a gateway is to control."""

    gateway: str
    """Its id, the same after each start."""
    boot: str
    """Of this start; sorts by time."""
    name: str
    """For people."""
    version: str
    """Of MockOps."""


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""


class Control:
    """Calls control on behalf of one gateway."""

    def __init__(self, client: UpstreamClient, token: str, identity: Identity) -> None:
        self._client = client
        self._identity = identity
        self._headers = (
            ("Authorization", f"Bearer {token}"),
            ("Accept-Encoding", "zstd"),
            ("User-Agent", f"mockops-gateway/{identity.version}"),
        )

    @property
    def url(self) -> str:
        """Where control is."""
        return self._client.origin.url

    async def page(self, cursor: int, *, wait_s: int) -> Page:
        """Return what changed since a cursor, waiting for something to change.

        Raises:
            ControlAway: Control does not answer, or not with a page.
            ControlRefused: It does not accept the token.

        """
        who = self._identity
        query = urlencode(
            {
                "cursor": cursor,
                "wait": wait_s,
                "gateway": who.gateway,
                "boot": who.boot,
                "name": who.name,
                "version": who.version,
                "workers": 1,
            }
        )
        response = await self._call("GET", f"/snapshots?{query}", timeout_s=wait_s + _GRACE_S, limit=_MAX_PAGE_BYTES)
        try:
            return read_page(_content(response, _MAX_PAGE_BYTES))
        except RowInvalid as error:
            raise ControlAway(str(error)) from error

    async def blobs(self, digests: Sequence[str]) -> list[Blob]:
        """Return some of the blobs asked for, at least one.

        Raises:
            ControlAway: Control does not answer, or not with blobs.
            ControlRefused: It does not accept the token.

        """
        asked = msgspec.json.encode(BlobsAsked(digests=tuple(digests)))
        headers = (("Content-Type", "application/json"),)
        response = await self._call(
            "POST", "/blobs", headers=headers, body=asked, timeout_s=_BLOBS_S, limit=_MAX_BLOBS_BYTES
        )
        try:
            found = list(read_frames(_content(response, _MAX_BLOBS_BYTES)))
        except FrameInvalid as error:
            raise ControlAway(str(error)) from error
        if not any(blob.digest in digests for blob in found):
            raise ControlAway(f"it answered none of {len(digests)} blobs asked for")
        return found

    async def send(self, batch: bytes) -> bool:
        """Send a compressed `TrafficBatch`; return whether it was new to control.

        Raises:
            ControlAway: Control does not answer, or cannot take it now.
            ControlRefused: It does not accept the token.
            BatchRefused: It will never take it.

        """
        headers = (("Content-Type", "application/json"), ("Content-Encoding", "zstd"))
        response = await self._call(
            "POST", "/traffic", headers=headers, body=batch, timeout_s=_CALL_S, limit=_MAX_ANSWER_BYTES, is_batch=True
        )
        try:
            return msgspec.json.decode(_content(response, _MAX_ANSWER_BYTES), type=BatchTaken).is_new
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ControlAway(f"its answer to a batch cannot be read: {error}") from error

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    async def _call(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        limit: int,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        is_batch: bool = False,
    ) -> Response:
        try:
            response = await self._client.request(
                method, API + path, headers=self._headers + headers, body=body, timeout_s=timeout_s, max_bytes=limit
            )
        except UpstreamFailed as error:
            raise ControlAway(str(error)) from error
        if 200 <= response.status < 300:
            return response
        said = _explanation(response)
        if response.status in (401, 403):
            raise ControlRefused(said)
        if is_batch and 400 <= response.status < 500 and response.status not in (*_TRANSIENT, 404):
            raise BatchRefused(said)
        if response.status == 404:
            said = f"{said}; is {self.url} the URL of a MockOps control plane?"
        raise ControlAway(said)


def _content(response: Response, limit: int) -> bytes:
    """Return a body as it was before its content coding."""
    name = response.headers.get("content-encoding", "identity").lower()
    if name == "identity":
        return response.body
    if name != "zstd":
        raise ControlAway(f"its answer is coded as {name!r}, which was not asked for")
    try:
        return coding.decompress(response.body, max_bytes=limit)
    except CodingBroken as error:
        raise ControlAway(f"its answer is damaged: {error}") from error


def _explanation(response: Response) -> str:
    """Return what an error answer says, in one line."""
    try:
        detail = msgspec.json.decode(_content(response, _MAX_ANSWER_BYTES), type=_Problem).detail
    except (msgspec.DecodeError, UnicodeDecodeError, ControlAway):
        detail = ""
    words = " ".join(detail.split())[:300]
    return f"it answered {response.status}" + (f": {words}" if words else "")
