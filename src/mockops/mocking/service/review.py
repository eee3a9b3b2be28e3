"""What a workspace's stubs and scenarios have to say about a contract that it is about to have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.mocking.rules.lookup import operation_names
from mockops.mocking.service.parsed import operation_problems, parse_saved
from mockops.mocking.store import items as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.contracts.model import OperationEntry
    from mockops.infra.db.transactions import ReadTx
    from mockops.mocking.model.saved import Kind
    from mockops.workspaces.model.environments import Workspace


def review_contract(tx: ReadTx, workspace: Workspace, operations: Sequence[OperationEntry]) -> list[Diagnostic]:
    """Return a warning for each place where a stub or scenario names an operation that a contract does not have.

    Args:
        tx: The transaction.
        workspace: Whose stubs and scenarios.
        operations: Of the contract. Control provides this as `contracts.service.reimport.ContractReview.review`.

    """
    names = operation_names(operations)
    kinds: tuple[Kind, ...] = ("stub", "scenario")
    found = []
    for kind in kinds:
        for item in store.list_items(tx, kind, [workspace.id])[workspace.id]:
            problems = operation_problems(parse_saved(kind, item), names)
            found += [
                replace(each, severity=Severity.WARNING, message=f"{kind} {item.key!r}: {each.message}")
                for each in problems
            ]
    return found
