"""Contracts: what an API promises."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mockops.client.shown.findings import Finding
from mockops.contracts.model import ContractConflict


class ContractSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled contract, as lists have it."""

    digest: str
    """Of its files: the same files, the same digest."""
    root: str
    """The file that is the contract; the others are referred to."""
    title: str
    version: str
    """As the document says it."""
    dialect: str
    operation_count: int
    size_bytes: int
    created_at: datetime


class Contract(ContractSummary, frozen=True, kw_only=True):
    """A compiled contract."""

    files: dict[str, str]
    """SHA-256 of each file, by name."""
    diagnostics: tuple[Finding, ...]
    """What is wrong or odd in it, with file, line and pointer."""


class WorkspaceContract(msgspec.Struct, frozen=True, kw_only=True):
    """The contract of a workspace."""

    version: int
    """Counts changes; also the ETag."""
    digest: str
    base_digest: str
    """Of what was imported last."""
    is_edited: bool
    """Whether it was edited by hand since."""
    path: str
    """File or URL it came from."""
    updated_at: datetime
    contract: Contract


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation of a contract."""

    key: str
    """How it is named: `GET /pets/{petId}`."""
    method: str
    path: str
    operation_id: str
    tags: tuple[str, ...]
    deprecated: bool
    is_open: bool
    """Whether it can be called without credentials."""


class ReimportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a re-import came to."""

    version: int
    is_saved: bool
    contract: Contract | None
    """The merged contract; null if it was not saved."""
    conflicts: tuple[ContractConflict, ...]
    """What was edited by hand and changed by the provider: file, pointer, base, ours, theirs."""
    conflict_count: int
    diagnostics: tuple[Finding, ...]
    """What is wrong or odd in the merged contract."""
    warnings: tuple[Finding, ...]
    """What no longer fits: stubs of operations that vanished."""
