"""What leader and followers say to each other: msgpack messages, each after its length in four bytes, big endian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.errors import Unavailable
from mockops.core.json import Json
from mockops.gateway.counters import Dimensions
from mockops.mocking.model import FaultKind, Stub
from mockops.publishing.model import TargetSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FRAME_BYTES = 512 << 20
"""Longest message: one target, whose compiled contract stems from a document of bounded size."""
_LENGTH_BYTES = 4


class ChannelBroken(Unavailable):
    """What came over a channel is no message."""

    code = "gateway.channel_broken"


class _Message(msgspec.Struct, frozen=True, array_like=True, tag=True, kw_only=True):
    """One message; its type stands first."""


# -- from the leader


class Begin(_Message, frozen=True):
    """How to serve; comes first, once."""

    host: str
    journal_bytes: int
    max_body_bytes: int
    tls_cert: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""


class Hold(_Message, frozen=True):
    """A target, new or changed; it is served from the next `Serve` on that names it."""

    contract: bytes
    rest: bytes
    """The target without its contract, as JSON: stubs hold integers that msgpack cannot."""


class Serve(_Message, frozen=True):
    """Serve these targets from now on, and nothing else."""

    revision: int
    targets: tuple[tuple[str, str], ...]
    """Name and environment of each, in order."""


class Added(_Message, frozen=True):
    """The stubs added through the API to a target, all of them, oldest first."""

    target: str
    environment: str
    stubs: bytes
    """As JSON."""


class Listen(_Message, frozen=True):
    """Answer on these ports from now on, and on no other."""

    ports: tuple[tuple[int, str], ...]
    """Each with the only target it leads to; empty: requests name theirs. Never port 0."""


class Sync(_Message, frozen=True):
    """Tell what has happened so far, then answer `Synced`."""

    number: int


class Stop(_Message, frozen=True):
    """Let answers under way finish, tell what has happened, and end."""


# -- from a follower


class Ready(_Message, frozen=True):
    """The first `Listen` is done."""


class Failed(_Message, frozen=True):
    """It cannot be served as asked; the follower ends."""

    message: str


class Synced(_Message, frozen=True):
    """All that came before a `Sync` is done and told."""

    number: int


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """What was counted of one kind of answer since it was told last."""

    dimensions: Dimensions
    buckets: tuple[tuple[int, int], ...]
    """Latency bucket and how many more; those that did not change are left out."""
    total_s: float


class Counts(_Message, frozen=True):
    """Answers counted since the last message of this kind."""

    tallies: tuple[Tally, ...]


class Passed(_Message, frozen=True):
    """Exchanges since the last message of this kind."""

    entries: int
    weight_bytes: int
    """What they weigh in a journal."""
    dropped: int
    """Exchanges that left the follower's own journal meanwhile, to make room."""
    batch: bytes
    """An encoded `Batch`: decoded only when somebody looks."""


class LeftAnswer(msgspec.Struct, frozen=True, array_like=True):
    """An answer that left."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    with_body: bool
    with_id: bool
    is_shared: bool
    label: Json
    dimensions: Dimensions | None
    fault: FaultKind | None


class CameRequest(msgspec.Struct, frozen=True, array_like=True):
    """A request that came in, and which answer of the batch it got."""

    answer: int
    request_id: bytes
    seconds: float
    received_s: float
    """On the performance counter, which all processes of a machine share."""
    read_bytes: int
    method: bytes
    url: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Exchanges in the order in which they were answered."""

    answers: tuple[LeftAnswer, ...]
    requests: tuple[CameRequest, ...]


Message = Begin | Hold | Serve | Added | Listen | Sync | Stop | Ready | Failed | Synced | Counts | Passed
"""Exhaustive, both ways."""

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_batch_decoder = msgspec.msgpack.Decoder(Batch)
_target_decoder = msgspec.json.Decoder(TargetSnapshot)
_stubs_decoder = msgspec.json.Decoder(tuple[Stub, ...])


def encode(message: Message) -> bytes:
    """Return a message as it travels.

    Raises:
        ChannelBroken: It is too long.

    """
    buffer = bytearray(_LENGTH_BYTES)
    _encoder.encode_into(message, buffer, _LENGTH_BYTES)
    length = len(buffer) - _LENGTH_BYTES
    if length > MAX_FRAME_BYTES:
        raise ChannelBroken(f"a message of {length:,} bytes is longer than {MAX_FRAME_BYTES:,}")
    buffer[:_LENGTH_BYTES] = length.to_bytes(_LENGTH_BYTES, "big")
    return bytes(buffer)


class FrameReader:
    """Takes bytes as they come, gives whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take what came and give the messages that are now complete.

        Raises:
            ChannelBroken: It is no message, or too long.

        """
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= _LENGTH_BYTES:
                end = start + _LENGTH_BYTES + int.from_bytes(buffer[start : start + _LENGTH_BYTES], "big")
                if end - start > MAX_FRAME_BYTES + _LENGTH_BYTES:
                    raise ChannelBroken(f"a message of {end - start:,} bytes is announced")
                if len(buffer) < end:
                    break
                with memoryview(buffer) as view:
                    message = _decode(view[start + _LENGTH_BYTES : end])
                start = end
                yield message
        finally:
            del buffer[:start]


def _decode(frame: memoryview) -> Message:
    try:
        with frame:
            return _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ChannelBroken(f"what came is no message: {error}") from error


def pack_target(target: TargetSnapshot) -> Hold:
    """Return a target as it travels."""
    rest = msgspec.structs.replace(target, contract=b"")
    return Hold(contract=target.contract, rest=msgspec.json.encode(rest))


def unpack_target(message: Hold) -> TargetSnapshot:
    """Return the target of a message."""
    return msgspec.structs.replace(_target_decoder.decode(message.rest), contract=message.contract)


def pack_stubs(stubs: tuple[Stub, ...]) -> bytes:
    """Return stubs as they travel."""
    return msgspec.json.encode(stubs)


def unpack_stubs(data: bytes) -> tuple[Stub, ...]:
    """Return stubs that travelled."""
    return _stubs_decoder.decode(data)


def pack_batch(batch: Batch) -> bytes:
    """Return exchanges as they travel."""
    return _encoder.encode(batch)


def unpack_batch(data: bytes) -> Batch:
    """Return exchanges that travelled."""
    return _batch_decoder.decode(data)
