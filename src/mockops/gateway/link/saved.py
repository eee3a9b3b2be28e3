"""The last good snapshot on disk: what a gateway serves while control is away.

Layout: 8 bytes magic with version, 32 bytes SHA-256 of what follows, then JSON (compressed as on the wire): cursor,
home, where it came from, and each row with the last version of it that could be compiled, where that is another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

import msgspec

from mockops.core.errors import Invalid
from mockops.gateway.encoding import CodingBroken
from mockops.gateway.link import coding
from mockops.gateway.link.folder import write_whole
from mockops.gateway.link.rows import Row, RowInvalid, read_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


MAGIC = b"MOCKGWS\x01"
"""First bytes of the file; the last one is the version of the layout."""
_PREFIX = len(MAGIC) + 32
_MAX_BYTES = 2 << 30


class SavedInvalid(Invalid):
    """A file is no saved snapshot, or damaged."""

    code: ClassVar[str] = "gateway.saved_snapshot_invalid"


class _File(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    cursor: int
    home: str
    rows: tuple[msgspec.Raw, ...]
    good: dict[str, msgspec.Raw]
    """By key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A snapshot as it was applied."""

    url: str
    """Of the control it came from."""
    cursor: int
    home: str
    rows: Sequence[tuple[Row, Row | None]]
    """Each with its last good version, where that is another one."""


def save(path: Path, saved: Saved) -> None:
    """Write a snapshot, whole or not at all.

    Raises:
        OSError: It cannot be written.

    """
    content = coding.compress(
        msgspec.json.encode(
            _File(
                url=saved.url,
                cursor=saved.cursor,
                home=saved.home,
                rows=tuple(msgspec.Raw(row.raw) for row, _ in saved.rows),
                good={row.key: msgspec.Raw(good.raw) for row, good in saved.rows if good is not None},
            )
        )
    )
    write_whole(path, MAGIC, sha256(content).digest(), content)


def load(path: Path) -> Saved | None:
    """Return the snapshot of a file; None: there is none.

    Raises:
        SavedInvalid: The file cannot be read, is of another kind or version, or damaged.

    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SavedInvalid(f"it cannot be read: {error.strerror or error}") from error
    if content[: len(MAGIC)] != MAGIC:
        raise SavedInvalid("it is no snapshot of this version of MockOps")
    if sha256(memoryview(content)[_PREFIX:]).digest() != content[len(MAGIC) : _PREFIX]:
        raise SavedInvalid("its checksum does not fit: it is damaged")
    try:
        file = msgspec.json.decode(coding.decompress(content[_PREFIX:], max_bytes=_MAX_BYTES), type=_File)
        rows = [read_row(bytes(raw)) for raw in file.rows]
        good = {key: read_row(bytes(raw)) for key, raw in file.good.items()}
    except (CodingBroken, msgspec.DecodeError, UnicodeDecodeError, RowInvalid) as error:
        raise SavedInvalid(f"it cannot be read: {error}") from error
    return Saved(url=file.url, cursor=file.cursor, home=file.home, rows=[(row, good.get(row.key)) for row in rows])


def move_aside(path: Path) -> Path:
    """Rename a file that cannot be used, so that a person can look at it; the former one of its kind goes.

    Raises:
        OSError: It cannot be renamed.

    """
    aside = path.with_name(path.name + ".bad")
    return path.replace(aside)
