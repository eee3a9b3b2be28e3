"""Content by its digest: saved once, whoever has it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from mockops.workspaces.model.versions import BlobUnknown
from mockops.workspaces.store import blobs as store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.infra.db.transactions import ReadTx, Tx

_SMALL_BYTES = 64 << 10


def save_blob(tx: Tx, content: bytes) -> str:
    """Keep content; return its SHA-256 in hex, under which it is found again."""
    return save_blobs(tx, (content,))[0]


def save_blobs(tx: Tx, contents: Iterable[bytes]) -> list[str]:
    """Keep several contents; return their digests, in their order."""
    by_digest: dict[str, bytes] = {}
    digests = []
    for content in contents:
        digest = sha256(content).hexdigest()
        by_digest[digest] = content
        digests.append(digest)
    size = sum(map(len, by_digest.values()))
    # asking first is for what is large: to insert something small that is there already costs less than to ask
    known = store.find_known(tx, by_digest) if size > _SMALL_BYTES else set[str]()
    # in one order everywhere: two organizations that save the same contents do not wait for each other in a ring
    fresh = sorted(digest for digest in by_digest if digest not in known)
    store.insert_blobs(
        tx,
        [
            {"digest": each, "content": by_digest[each], "size": len(by_digest[each]), "created_at": tx.now}
            for each in fresh
        ],
    )
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
