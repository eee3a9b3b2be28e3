"""The operations that stubs and scenarios may name: those of the contract that is pinned."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from mockops.contracts.service.opened import open_artefact
from mockops.contracts.service.saved import find_contract
from mockops.mocking.rules.lookup import operation_names
from mockops.mocking.service.recent import Recent
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.service.environments import first_environment
from mockops.workspaces.service.versions import find_pin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.infra.db.transactions import ReadTx
    from mockops.workspaces.model.environments import Workspace

_MAX_NAMES = 1_000_000
_NONE: Mapping[str, str] = MappingProxyType({})
_RECENT: Recent[Mapping[str, str]] = Recent(_MAX_NAMES)


def operations_of(tx: ReadTx, workspace: Workspace, environment_id: str = "") -> Mapping[str, str]:
    """Return the operation keys of a workspace's current contract by the names people may use; empty: it has none.

    Args:
        tx: The transaction.
        workspace: Whose contract.
        environment_id: Of the workspace's first environment, where it is known.

    """
    place = environment_id or first_environment(tx, workspace.id).id
    pin = find_pin(tx, place, EntityType.CONTRACT, "")
    return _NONE if pin is None else operations_in(tx, workspace.org_id, pin.hash)


def operations_in(tx: ReadTx, org_id: str, contract: str) -> Mapping[str, str]:
    """Return the operation keys of an organization's contract by the names people may use.

    Args:
        tx: The transaction.
        org_id: Whose contract it is.
        contract: Its digest; empty, or of none that is there: there are no operations.

    """
    if not contract:
        return _NONE
    names = _RECENT.find((org_id, contract))
    if names is None:
        saved = find_contract(tx, org_id, contract)
        if saved is None:
            return _NONE
        names = MappingProxyType(operation_names(open_artefact(tx, saved.artefact_digest).entries))
        _RECENT.keep((org_id, contract), names, len(names) + 1)
    return names
