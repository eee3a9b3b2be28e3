"""Every slice's endpoints, in the order of the documentation; what is asked most is found first."""

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
    workspaces.router,
    stubs.router,
    workspace_contracts.router,
    scenarios.router,
    environments.router,
    pins.router,
    versions.router,
    imports.router,
    personas.router,
    contracts.router,
    projects.router,
    events.router,
    traffic.router,
    traffic_stream.router,
    gateways.router,
    applied.router,
    audit.router,
    me.router,
    organizations.router,
    teams.router,
    members.router,
    roles.router,
    tokens.router,
    secrets.router,
)
