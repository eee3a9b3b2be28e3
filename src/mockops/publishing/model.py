"""The snapshot: everything a gateway needs to answer, and nothing else; and what goes between gateway and control.

On the wire all of it is JSON in zstd (RFC 8878, `Content-Encoding: zstd`); blobs travel in frames of their own, because
Base64 would make them a third larger. Readers ignore members that they do not know: either side may be newer.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import msgspec

from mockops.core.errors import Invalid
from mockops.core.json import Json
from mockops.mocking.model import Persona, Scenario, Stub
from mockops.workspaces.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class TargetSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace as the gateway serves it."""

    name: str
    environment: str = "dev"
    org: str = ""
    """Empty: the org whose targets are called by their bare names."""
    is_default: bool = False
    """Whether the bare name means this environment; without any such, the first of a name is meant."""
    key: str = ""
    """The environment's id at the control plane; empty: there is none."""
    contract: bytes = b""
    """A compiled contract (`contracts.rules.artefact`); empty: stubs only."""
    stubs: tuple[Stub, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    personas: tuple[Persona, ...] = ()
    settings: Settings = Settings()
    labels: dict[str, Json] = msgspec.field(default_factory=dict)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All targets of a gateway, at one moment."""

    targets: tuple[TargetSnapshot, ...] = ()
    revision: int = 0


class TargetRow(msgspec.Struct, frozen=True, kw_only=True):
    """One target in a page: a workspace in an environment."""

    key: str
    """The environment's id; a later row of the same key replaces this one as a whole."""
    org: str
    """Name of the organization."""
    workspace_id: str
    name: str
    """Of the workspace, unique within the org."""
    environment: str
    is_default: bool = False
    """Whether the workspace's bare name means this environment."""
    settings: Settings = Settings()
    contract: str = ""
    """Digest of the blob with the compiled contract; empty: stubs only."""
    personas: str = ""
    """Digest of the blob with the personas, a JSON array of `Persona`; empty: none."""
    stubs: tuple[Stub, ...] = ()
    """Oldest first."""
    scenarios: tuple[Scenario, ...] = ()


class SnapshotPage(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since a cursor, or a part of it."""

    home: str
    """The org whose targets are called by their bare names; others are `org:name`."""
    cursor: int
    """Ask for what comes after with this; asking with it says that everything up to it is applied."""
    changed: tuple[TargetRow, ...] = ()
    removed: tuple[str, ...] = ()
    """Keys."""
    more: bool = False
    """Whether another page follows at once."""
    reset: bool = False
    """Forget every target that is neither in this page nor in those that follow it."""


MAX_BLOBS = 200
"""How many blobs are asked for at once."""
MAX_BLOBS_BYTES = 64 << 20
"""An answer with blobs ends before the first blob that would make it longer, but has at least one."""
_DIGEST_BYTES = 32
_FRAME_HEAD_BYTES = _DIGEST_BYTES + 8
_NO_BLOB = (1 << 64) - 1


class FrameInvalid(Invalid):
    """Bytes are no frames of blobs."""

    code: ClassVar[str] = "publishing.frame_invalid"


class BlobsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which blobs a gateway lacks."""

    digests: tuple[str, ...]
    """At most `MAX_BLOBS`."""


class Blob(msgspec.Struct, frozen=True):
    """Content under the SHA-256 of it."""

    digest: str
    """In hex, lower case."""
    content: bytes | None
    """None: there is no such blob. What is not in an answer at all did not fit: ask again."""


def frame_blobs(blobs: Iterable[Blob]) -> Iterator[bytes]:
    """Give frames: 32 bytes digest, 8 bytes length (big endian; all ones: no such blob), then the content."""
    for blob in blobs:
        length = _NO_BLOB if blob.content is None else len(blob.content)
        yield bytes.fromhex(blob.digest) + length.to_bytes(8, "big")
        if blob.content:
            yield blob.content


def read_frames(frames: bytes) -> Iterator[Blob]:
    """Give the blobs of frames; whether contents fit their digests is not looked at.

    Raises:
        FrameInvalid: They are cut off.

    """
    view, at = memoryview(frames), 0
    while at < len(view):
        start = at + _FRAME_HEAD_BYTES
        if start > len(view):
            raise FrameInvalid(f"the frames of blobs are cut off after {at:,} bytes")
        digest = bytes(view[at : at + _DIGEST_BYTES]).hex()
        length = int.from_bytes(view[start - 8 : start], "big")
        if length == _NO_BLOB:
            yield Blob(digest, None)
            at = start
            continue
        if start + length > len(view):
            raise FrameInvalid(f"blob {digest} is cut off: {len(view) - start:,} of {length:,} bytes are there")
        yield Blob(digest, bytes(view[start : start + length]))
        at = start + length


class CountRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many answers of one kind there were within a minute, beyond those of earlier batches."""

    minute: datetime
    """Its begin, in UTC."""
    count: int
    total_s: float
    """Seconds from the requests' last bytes to the answers' leaving, added up."""
    buckets: tuple[tuple[int, int], ...] = ()
    """Latencies, sparse: bucket n and its count; it holds answers of less than 2**n microseconds, 27 the rest."""
    key: str = ""
    """Of the target (`TargetRow.key`); empty: the request named none."""
    target: str = ""
    """Its name as addressed: `name`, or `org:name` for an org that is not the gateway's home."""
    environment: str = ""
    operation: str = ""
    """`GET /pets/{petId}`; empty: none was found; `(other)`: more kinds than a gateway tells apart."""
    media_type: str = ""
    """Of the request body."""
    status: int = 0
    source: str = ""
    stub: str = ""
    scenario: str = ""
    persona: str = ""
    ci_run: str = ""
    caller: str = ""
    """The calling service, where baggage names it."""


class Sample(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exchange for the live view; secrets are masked, bodies cut."""

    at: datetime
    """When the answer left, in UTC."""
    document: Json
    """The exchange as the gateway's admin API shows it (`ShownExchange`)."""
    key: str = ""
    """Of the target; empty: the request named none."""
    target: str = ""
    environment: str = ""
    method: str = ""
    path: str = ""
    """Without the target's prefix, without query."""
    operation: str = ""
    status: int = 0
    source: str = ""
    duration_ms: float = 0.0
    persona: str = ""
    scenario: str = ""
    session: str = ""
    ci_run: str = ""
    caller: str = ""


class TrafficBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway has to tell; (gateway, boot, number) names it for good, however often it is sent."""

    gateway: str
    boot: str
    number: int
    """Counts a boot's batches from 1."""
    at: datetime
    """When it was written, in UTC."""
    counts: tuple[CountRow, ...] = ()
    samples: tuple[Sample, ...] = ()
    problems: tuple[str, ...] = ()
    """All there are at this moment: targets that cannot be served as published, disks that are full."""


class BatchTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What control answers to a batch."""

    is_new: bool
    """False: it was counted before."""
