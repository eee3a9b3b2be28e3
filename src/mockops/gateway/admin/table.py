"""Every route of the admin API."""

from __future__ import annotations

from mockops.gateway.admin import requests, sessions, state, stubs, wiremock

ROUTES = (*state.ROUTES, *stubs.ROUTES, *requests.ROUTES, *sessions.ROUTES, *wiremock.ROUTES)
