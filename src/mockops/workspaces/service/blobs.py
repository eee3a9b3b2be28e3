"""Content by its digest: saved once, whoever has it, and swept when nothing refers to it any more.

Why the sweep loses nothing. It looks at one consistent state and deletes only content that nothing refers to there and
that was saved before a moment long ago. Whoever makes a reference to content that nothing refers to saves it first, in
the same transaction, and `save_blobs` makes old content new again: it is not from before that moment any more. Where
that transaction has not ended yet its lock on the row is what the sweep passes over, and where the sweep was first
`save_blobs` waits for its end and inserts the content anew. References that are copied from others come from the same
organization, whose transactions follow each other.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from mockops.workspaces.model.versions import BlobUnknown
from mockops.workspaces.store import blobs as store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx, Tx

_SMALL_BYTES = 64 << 10
_STALE = timedelta(hours=1)
"""Content that is saved again after so long counts as new: younger content is in no danger, and costs nothing."""
MIN_GRACE = timedelta(hours=2)
"""No transaction takes as long as this is longer than `_STALE`."""
_MAX_CANDIDATES = 100_000
"""Contents of one look at everything that refers to some: about 25 MB."""
_AT_ONCE = 100
"""Contents deleted in one transaction,"""
_AT_ONCE_BYTES = 4 << 20
"""and at most so large together, or one."""
_SCOPE = "sweep of contents"


def save_blob(tx: Tx, content: bytes) -> str:
    """Keep content; return its SHA-256 in hex, under which it is found again."""
    return save_blobs(tx, (content,))[0]


def save_blobs(tx: Tx, contents: Iterable[bytes]) -> list[str]:
    """Keep several contents; return their digests, in their order.

    Call it in the transaction that makes a row refer to them, also if they are known to be there: the sweep lets them
    be for a while then.
    """
    by_digest: dict[str, bytes] = {}
    digests = []
    for content in contents:
        digest = sha256(content).hexdigest()
        by_digest[digest] = content
        digests.append(digest)
    stale_before = tx.now - _STALE
    known: set[str] = set()
    is_large = sum(map(len, by_digest.values())) > _SMALL_BYTES
    if is_large:
        # asking first is for what is large: to insert something small that is there already costs less than to ask
        known = store.find_known(tx, by_digest, since=stale_before)
    if is_large or not tx.is_sqlite:
        known |= store.touch_blobs(tx, [each for each in by_digest if each not in known], stale_before=stale_before)
    # in one order everywhere: two organizations that save the same contents do not wait for each other in a ring
    rows = [
        {"digest": each, "content": by_digest[each], "size": len(by_digest[each]), "created_at": tx.now}
        for each in sorted(by_digest.keys() - known)
    ]
    store.insert_blobs(tx, rows, stale_before=stale_before)
    return digests


def read_blob(tx: ReadTx, digest: str) -> bytes:
    """Return content.

    Digests are no secret between organizations: ask only for one that a row of the caller's names.

    Raises:
        BlobUnknown: There is none of that digest.

    """
    found = store.read_blobs(tx, (digest,)).get(digest)
    if found is None:
        message = f"There is no content with the digest {digest[:64]!r}."
        raise BlobUnknown(message)
    return found


def read_blobs(tx: ReadTx, digests: Iterable[str]) -> dict[str, bytes]:
    """Return the contents that are there, by digest; those that are not are left out."""
    return store.read_blobs(tx, digests)


def find_missing(tx: ReadTx, digests: Iterable[str]) -> list[str]:
    """Return those digests, in their order, of which there is no content."""
    wanted = list(dict.fromkeys(digests))
    known = store.find_known(tx, wanted)
    return [digest for digest in wanted if digest not in known]


def sweep_blobs(
    database: Database,
    references: Callable[[ReadTx], Iterator[str]],
    *,
    grace: timedelta,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Delete content that nothing refers to; return how much of it, in rows.

    Args:
        database: Where.
        references: Gives every digest that some row or content refers to; others and doubles do no harm.
        grace: Content that was saved within this time is kept, at least `MIN_GRACE`.
        goes_on: Asked before each transaction that deletes some.

    """
    check_grace(grace)
    removed = 0
    last: store.Old | None = None
    with database.read() as tx:
        before = tx.now - grace
    while True:
        with database.read() as tx:
            old = store.read_old(tx, before, after=last, limit=_MAX_CANDIDATES)
            unused = _without(references(tx), {each.digest: each.size for each in old})
        for some in _portions(unused):
            if not goes_on():
                return removed
            with database.write(scope=_SCOPE) as tx:
                removed += store.delete_old(tx, some, before)
        if len(old) < _MAX_CANDIDATES:
            return removed
        last = old[-1]


def check_grace(grace: timedelta) -> None:
    """Make sure that content is kept for long enough; raises ValueError."""
    if grace < MIN_GRACE:
        message = f"content is swept after {MIN_GRACE} at the earliest, not after {grace}"
        raise ValueError(message)


def _without(references: Iterator[str], sizes: dict[str, int]) -> dict[str, int]:
    """Return what is not referred to; ends as soon as everything is."""
    while sizes and (digest := next(references, None)) is not None:
        sizes.pop(digest, None)
    return sizes


def _portions(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Cut what is to be deleted into transactions that are short."""
    portion: list[str] = []
    total = 0
    for digest, size in sizes.items():
        if portion and (len(portion) == _AT_ONCE or total + size > _AT_ONCE_BYTES):
            yield portion
            portion, total = [], 0
        portion.append(digest)
        total += size
    if portion:
        yield portion
