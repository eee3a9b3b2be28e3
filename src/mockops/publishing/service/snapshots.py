"""Pages of what gateways serve: what has changed since a cursor, cut where it gets large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select

from mockops.contracts.service.artefacts import find_artefacts
from mockops.infra.db.tables import log_position
from mockops.publishing.model import MAX_BLOBS_BYTES, Blob
from mockops.workspaces.service.blobs import read_blobs
from mockops.workspaces.service.targets import changed_orgs, find_changed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mockops.infra.db.transactions import ReadTx
    from mockops.publishing.service.rows import Assembler
    from mockops.workspaces.service.targets import Changed

MAX_TARGETS = 500
"""Targets of one page."""
MAX_PAGE_BYTES = 8 << 20
"""Of a page's rows; a single larger one is a page of its own."""
_AT_ONCE = 50
"""Targets assembled before their size is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which targets a gateway serves."""

    org_id: str | None
    """None: those of every organization."""
    home: str
    """The organization whose targets are called by their bare names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMade:
    """A page, encoded."""

    content: bytes
    """JSON of a `SnapshotPage`."""
    cursor: int
    is_news: bool
    """Whether it has anything in it."""
    more: bool = False


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    """A `SnapshotPage` whose rows are encoded already."""

    home: str
    cursor: int
    changed: tuple[msgspec.Raw, ...] = ()
    removed: tuple[str, ...] = ()
    more: bool = False
    reset: bool = False


def read_position(tx: ReadTx) -> int:
    """Return the newest position of the log: everything up to it can be read."""
    return tx.scalar(select(log_position.c.value)) or 0


def read_changed_orgs(tx: ReadTx, after: int) -> frozenset[str] | None:
    """Return whose targets have changed after a revision; None: anybody's."""
    return changed_orgs(tx, after)


def empty_page(scope: Scope, cursor: int) -> PageMade:
    """Return the page that says that nothing has changed."""
    content = msgspec.json.encode(_Page(home=scope.home, cursor=cursor))
    return PageMade(content=content, cursor=cursor, is_news=False)


def make_page(tx: ReadTx, assembler: Assembler, scope: Scope, cursor: int) -> PageMade:
    """Return what has changed since a cursor.

    A cursor that the log has not reached was given before the database was restored: everything is sent anew.
    """
    position = read_position(tx)
    is_reset = cursor > position
    since = 0 if is_reset else cursor
    changed = find_changed(tx, since, org_id=scope.org_id, limit=MAX_TARGETS + 1)
    rows, removed, taken = _collect(tx, assembler, changed[:MAX_TARGETS])
    more = taken < len(changed)
    end = changed[taken - 1].revision if more else position
    page = _Page(
        home=scope.home,
        cursor=end,
        changed=tuple(map(msgspec.Raw, rows)),
        removed=tuple(removed) if since else (),  # who starts has nothing to remove
        more=more,
        reset=is_reset,
    )
    is_news = bool(page.changed or page.removed or more or is_reset)
    return PageMade(content=msgspec.json.encode(page), cursor=end, is_news=is_news, more=more)


def _collect(tx: ReadTx, assembler: Assembler, changed: Sequence[Changed]) -> tuple[list[bytes], list[str], int]:
    """Return rows, keys of removed targets, and how many of `changed` they stand for."""
    rows: list[bytes] = []
    removed: list[str] = []
    size = taken = 0
    for start in range(0, len(changed), _AT_ONCE):
        some = changed[start : start + _AT_ONCE]
        encoded = assembler.encode_rows(tx, some)
        for each in some:
            row = encoded.get(each.environment_id, b"")
            if row is None:
                removed.append(each.environment_id)
            elif row:
                if rows and size + len(row) > MAX_PAGE_BYTES:
                    return rows, removed, taken
                rows.append(row)
                size += len(row)
            taken += 1
    return rows, removed, taken


def find_blobs(tx: ReadTx, assembler: Assembler, scope: Scope, digests: Collection[str]) -> Iterator[Blob]:
    """Give the blobs that a gateway may have, in the order asked for; see `MAX_BLOBS_BYTES`.

    A digest that is none of the scope's looks like one that does not exist.
    """
    wanted = list(dict.fromkeys(digests))
    artefacts = find_artefacts(tx, scope.org_id, wanted)
    personas = assembler.find_personas(tx, scope.org_id, [each for each in wanted if each not in artefacts])
    size = 0
    for digest in wanted:
        content = read_blobs(tx, [digest]).get(digest) if digest in artefacts else personas.get(digest)
        length = len(content or b"")
        if size and size + length > MAX_BLOBS_BYTES:
            return
        size += length
        yield Blob(digest, content)
