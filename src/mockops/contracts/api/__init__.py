"""HTTP: the contracts of an organization, and the contract of a workspace."""

from mockops.contracts.api.contracts import router as contracts_router
from mockops.contracts.api.workspaces import router as workspaces_router

ROUTERS = (contracts_router, workspaces_router)

__all__ = ["ROUTERS"]
