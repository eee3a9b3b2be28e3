"""Every table there is: importing this module declares them all, for migrations and tests."""

from __future__ import annotations

from mockops.contracts.store import tables as contracts_tables
from mockops.infra.db import leases as infra_leases
from mockops.infra.db import tables as infra_tables
from mockops.infra.db.metadata import metadata
from mockops.mocking.store import tables as mocking_tables
from mockops.publishing.store import projects as project_tables
from mockops.publishing.store import tables as publishing_tables
from mockops.workspaces.store import tables as workspaces_tables

__all__ = [
    "contracts_tables",
    "infra_leases",
    "infra_tables",
    "metadata",
    "mocking_tables",
    "project_tables",
    "publishing_tables",
    "workspaces_tables",
]
