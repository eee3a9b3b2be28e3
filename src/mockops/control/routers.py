"""Every slice's endpoints, in the order of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.api import contracts
from mockops.contracts.api import workspaces as workspace_contracts
from mockops.control import events, traffic_stream
from mockops.control.gateway_protocol import applied
from mockops.mocking.api import imports, personas, scenarios, stubs
from mockops.publishing.api import gateways, projects, traffic
from mockops.workspaces.api import (
    audit,
    environments,
    me,
    members,
    organizations,
    pins,
    roles,
    secrets,
    teams,
    tokens,
    versions,
    workspaces,
)

if TYPE_CHECKING:
    from mockops.infra.web.router import Router

ROUTERS: tuple[Router, ...] = (
    me.router,
    organizations.router,
    teams.router,
    members.router,
    tokens.router,
    secrets.router,
    workspaces.router,
    roles.router,
    environments.router,
    pins.router,
    versions.router,
    contracts.router,
    workspace_contracts.router,
    stubs.router,
    scenarios.router,
    imports.router,
    personas.router,
    projects.router,
    audit.router,
    events.router,
    gateways.router,
    applied.router,
    traffic.router,
    traffic_stream.router,
)
