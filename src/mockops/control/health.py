"""`/health` and `/ready`: for people, balancers and supervisors, without a login."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from mockops.core.errors import Unavailable
from mockops.infra.db.database import ping
from mockops.infra.db.migrate import find_scripts, is_current

if TYPE_CHECKING:
    from mockops.infra.db.database import Database


class NotMigrated(Unavailable):
    """The database's tables are not those that this MockOps needs."""

    code: ClassVar[str] = "database.not_migrated"


def health_routes(database: Database) -> APIRouter:
    """Return the endpoints over one database."""
    router = APIRouter(include_in_schema=False)
    scripts = find_scripts()

    async def health() -> Response:
        return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})

    def ready() -> Response:
        """Say whether requests can be answered.

        Raises:
            Unavailable: They cannot; the problem says why.

        """
        ping(database)
        if not is_current(database, scripts=scripts):
            raise NotMigrated(
                "The database's tables are older or newer than this MockOps; migrations run at its start."
            )
        return JSONResponse({"status": "ready"}, headers={"Cache-Control": "no-store"})

    router.add_api_route("/health", health, methods=["GET", "HEAD"])
    router.add_api_route("/ready", ready, methods=["GET", "HEAD"])
    return router
