"""Rows of a snapshot as they came, read no further than needed: a bad one harms no other, and thousands cost little."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from mockops.core.errors import Invalid
from mockops.mocking.model import Persona, Scenario, Stub
from mockops.publishing.model import TargetSnapshot
from mockops.workspaces.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.json import Json

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What JSON that is none, or endlessly nested, raises."""
_DIGEST_LENGTH = 64
_HEX = frozenset("0123456789abcdef")
_EMPTY = msgspec.Raw(b"null")


class RowInvalid(Invalid):
    """What control published cannot be read by this version of the gateway."""

    code: ClassVar[str] = "gateway.row_invalid"


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """Of a `TargetRow`, what every gateway needs to read."""

    key: str
    org: str
    name: str
    environment: str
    is_default: bool = False
    contract: str = ""
    personas: str = ""
    settings: msgspec.Raw = _EMPTY
    stubs: tuple[msgspec.Raw, ...] = ()


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    """Of a `TargetRow`, what is needed to answer."""

    stubs: tuple[Stub, ...] = ()
    scenarios: tuple[Scenario, ...] = ()


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    """A `SnapshotPage` whose rows are not read yet."""

    home: str
    cursor: int
    changed: tuple[msgspec.Raw, ...] = ()
    removed: tuple[str, ...] = ()
    more: bool = False
    reset: bool = False


_heads = msgspec.json.Decoder(_Head)
_contents = msgspec.json.Decoder(_Content)
_pages = msgspec.json.Decoder(_Page)
_personas = msgspec.json.Decoder(tuple[Persona, ...])
_settings = msgspec.json.Decoder(Settings)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One target as published."""

    raw: bytes
    """The whole `TargetRow`, as JSON."""
    key: str
    org: str
    name: str
    environment: str
    is_default: bool
    contract: str
    """Digest; empty: stubs only."""
    personas: str
    """Digest; empty: none."""
    stub_count: int
    settings: Settings | None
    """None: they cannot be read, nor can the row be served."""

    @property
    def digests(self) -> Iterator[str]:
        """The blobs it needs, as far as they can be asked for."""
        named = (self.contract, self.personas)
        return (each for each in named if len(each) == _DIGEST_LENGTH and _HEX.issuperset(each))

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.org}:{self.name}@{self.environment}"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since a cursor, or a part of it."""

    home: str
    cursor: int
    changed: tuple[Row, ...]
    removed: tuple[str, ...]
    more: bool
    reset: bool
    unread: tuple[str, ...] = ()
    """What is wrong with rows that do not even say which target they are."""


def read_page(content: bytes) -> Page:
    """Return a page.

    Raises:
        RowInvalid: It is none.

    """
    try:
        page = _pages.decode(content)
    except _UNREADABLE as error:
        raise RowInvalid(f"what came is no page of a snapshot: {error}") from error
    rows: list[Row] = []
    unread: list[str] = []
    for raw in page.changed:
        try:
            rows.append(read_row(bytes(raw)))
        except RowInvalid as error:
            unread.append(str(error))
    return Page(
        home=page.home,
        cursor=page.cursor,
        changed=tuple(rows),
        removed=page.removed,
        more=page.more,
        reset=page.reset,
        unread=tuple(unread),
    )


def read_row(raw: bytes) -> Row:
    """Return a row.

    Raises:
        RowInvalid: It does not say which target it is.

    """
    try:
        head = _heads.decode(raw)
    except _UNREADABLE as error:
        raise RowInvalid(f"a target that came is no target: {error}") from error
    try:
        settings = _settings.decode(head.settings) if bytes(head.settings) != b"null" else Settings()
    except _UNREADABLE:
        settings = None  # told when it is compiled, as everything else that is wrong with it
    return Row(
        raw=raw,
        key=head.key,
        org=head.org,
        name=head.name,
        environment=head.environment,
        is_default=head.is_default,
        contract=head.contract,
        personas=head.personas,
        stub_count=len(head.stubs),
        settings=settings,
    )


def head_of(row: Row, *, home: str) -> TargetSnapshot:
    """Return how a row is addressed and set, without what it answers."""
    return TargetSnapshot(
        key=row.key,
        org="" if row.org == home else row.org,
        name=row.name,
        environment=row.environment,
        is_default=row.is_default,
        settings=row.settings or Settings(),
    )


def snapshot_of(row: Row, head: TargetSnapshot, personas: Json) -> TargetSnapshot:
    """Return what a row serves, but for its contract.

    Args:
        row: The row.
        head: How it is addressed.
        personas: Content of its blob of personas; None: it has none.

    Raises:
        RowInvalid: It cannot be read.

    """
    try:
        if row.settings is None:
            _settings.decode(_heads.decode(row.raw).settings)  # raises, and says what is wrong
        content = _contents.decode(row.raw)
        known = _personas.decode(personas) if personas is not None else ()
    except _UNREADABLE as error:
        raise RowInvalid(f"it cannot be read by this version of MockOps: {error}") from error
    return msgspec.structs.replace(head, stubs=content.stubs, scenarios=content.scenarios, personas=known)
