"""Every slice's endpoints, in the order of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockops.infra.web.router import Router

ROUTERS: tuple[Router, ...] = ()
