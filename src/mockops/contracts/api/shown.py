"""Contracts as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mockops.core.json import JsonObject
from mockops.infra.web.bodies import Body, Shown
from mockops.infra.web.problems import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.contracts.model import OperationEntry, SavedContract, WorkspaceContract
    from mockops.core.diagnostics import Diagnostic

DIGEST = "^[0-9a-f]{64}$"
PLACE = r"^[^\x00-\x1f]*$"


class ContractSummary(Shown):
    """A compiled contract, as lists have it."""

    digest: str = Field(description="Of its files: the same files, the same digest.")
    root: str = Field(description="The file that is the contract; the others are referred to.")
    title: str
    version: str = Field(description="As the document says it.")
    dialect: str
    operation_count: int
    size_bytes: int
    created_at: datetime


class ContractShown(ContractSummary):
    """A compiled contract."""

    files: dict[str, str] = Field(description="SHA-256 of each file, by name.")
    diagnostics: tuple[JsonObject, ...] = Field(description="What is wrong or odd in it, with file, line and pointer.")


class WorkspaceContractShown(Shown):
    """The contract of a workspace."""

    version: int = Field(description="Counts changes; also the ETag.")
    digest: str
    base_digest: str = Field(description="Of what was imported last.")
    is_edited: bool = Field(description="Whether it was edited by hand since.")
    path: str = Field(description="File or URL it came from.")
    updated_at: datetime
    contract: ContractShown


class ReimportShown(Shown):
    """What a re-import came to."""

    version: int
    is_saved: bool
    contract: ContractShown | None = Field(description="The merged contract; null if it was not saved.")
    conflicts: tuple[JsonObject, ...] = Field(
        description="What was edited by hand and changed by the provider: file, pointer, base, ours, theirs."
    )
    conflict_count: int
    diagnostics: tuple[JsonObject, ...] = Field(description="What is wrong or odd in the merged contract.")
    warnings: tuple[JsonObject, ...] = Field(description="What no longer fits: stubs of operations that vanished.")


class OperationShown(Shown):
    """An operation of a contract."""

    key: str = Field(description="How it is named: `GET /pets/{petId}`.")
    method: str
    path: str
    operation_id: str
    tags: tuple[str, ...]
    deprecated: bool
    is_open: bool = Field(description="Whether it can be called without credentials.")


class MissingBody(Body):
    """Digests of contracts that somebody has."""

    digests: list[Annotated[str, Field(pattern=DIGEST)]] = Field(max_length=10_000, description="Digests of bundles.")


class MissingShown(Shown):
    """Those that are not here."""

    missing: tuple[str, ...]


class SetContract(Body):
    """Which contract a workspace gets."""

    digest: str = Field(pattern=DIGEST, description="Of a contract that was sent to POST /contracts.")
    is_edit: bool = Field(
        False, description="A hand edit of the contract that is there: re-imports are still compared with the last."
    )
    path: str | None = Field(
        None, max_length=2_000, pattern=PLACE, description="File or URL it comes from; null: as before."
    )


def summarize(saved: SavedContract) -> ContractSummary:
    """Return a contract as lists show it."""
    return ContractSummary(**{name: getattr(saved, name) for name in ContractSummary.model_fields})


def show_contract(saved: SavedContract) -> ContractShown:
    """Return a contract as it is shown."""
    return ContractShown(
        **summarize(saved).model_dump(), files=dict(saved.files), diagnostics=show_diagnostics(saved.diagnostics)
    )


def show_current(current: WorkspaceContract, saved: SavedContract) -> WorkspaceContractShown:
    """Return a workspace's contract as it is shown."""
    return WorkspaceContractShown(
        version=current.version,
        digest=current.digest,
        base_digest=current.base_digest,
        is_edited=current.digest != current.base_digest,
        path=current.path,
        updated_at=current.updated_at,
        contract=show_contract(saved),
    )


def show_operation(entry: OperationEntry) -> OperationShown:
    """Return an operation as it is shown."""
    return OperationShown(
        key=entry.key,
        method=entry.method,
        path=entry.path,
        operation_id=entry.operation_id,
        tags=entry.tags,
        deprecated=entry.deprecated,
        is_open=entry.is_open,
    )


def show_diagnostics(found: Iterable[Diagnostic]) -> tuple[JsonObject, ...]:
    """Return diagnostics as they are shown everywhere; what is not known is left out."""
    return tuple({"severity": str(each.severity), **as_json(each)} for each in found)
