"""Compiled contracts opened from the database: kept in memory for as long as they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from mockops.contracts.rules.artefact import Contract
from mockops.workspaces.service.blobs import read_blob

if TYPE_CHECKING:
    from mockops.infra.db.transactions import ReadTx

MAX_BYTES = 96 << 20
"""Of artefacts kept in memory."""


class _Opened:
    """The contracts used last, by the digests of their artefacts: what a digest names never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contracts: OrderedDict[str, tuple[Contract, int]] = OrderedDict()
        self._bytes = 0

    def find(self, digest: str) -> Contract | None:
        with self._lock:
            if digest not in self._contracts:
                return None
            self._contracts.move_to_end(digest)
            return self._contracts[digest][0]

    def keep(self, digest: str, contract: Contract, size: int) -> None:
        with self._lock:
            if digest in self._contracts or size > MAX_BYTES:
                return
            self._contracts[digest] = (contract, size)
            self._bytes += size
            while self._bytes > MAX_BYTES:
                self._bytes -= self._contracts.popitem(last=False)[1][1]


_opened = _Opened()


def open_artefact(tx: ReadTx, artefact_digest: str) -> Contract:
    """Return a compiled contract; nothing of it is decoded but its index of operations.

    Args:
        tx: A transaction.
        artefact_digest: Of the blob, as `SavedContract.artefact_digest` names it.

    Raises:
        BlobUnknown: There is no such blob.
        ContractInvalid: It was compiled by another version of MockOps.

    """
    found = _opened.find(artefact_digest)
    if found is None:
        content = read_blob(tx, artefact_digest)
        found = Contract.from_bytes(content)
        _opened.keep(artefact_digest, found, len(content))
    return found
