"""`/docs`: the API's documentation to read and try, without a network; Swagger UI comes from a package."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)
from starlette.responses import RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable

OPENAPI = "/api/v1/openapi.json"
_PACKAGE = "fastapi_swagger"
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MockOps API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = f"""window.onload = () => SwaggerUIBundle({{
  url: "{OPENAPI}", dom_id: "#swagger-ui", deepLinking: true, filter: true, displayRequestDuration: true,
  persistAuthorization: false, docExpansion: "none", validatorUrl: null,
}});
"""
_ASSETS = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}


def docs_routes(*, has_home: bool = False) -> APIRouter:
    """Return the endpoints; `/` leads to the documentation unless there is a home page."""
    router = APIRouter(include_in_schema=False)

    async def page() -> Response:
        return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY})

    async def start() -> Response:
        return Response(_START, media_type="text/javascript")

    async def home() -> Response:
        return RedirectResponse("/docs", 303)

    router.add_api_route("/docs", page, methods=["GET"])
    router.add_api_route("/docs/start.js", start, methods=["GET"])
    for name in _ASSETS:
        router.add_api_route(f"/docs/{name}", _asset_endpoint(name), methods=["GET"])
    if not has_home:
        router.add_api_route("/", home, methods=["GET"])
    return router


def _asset_endpoint(name: str) -> Callable[[Request], Response]:
    def asset(request: Request) -> Response:
        content, tag = _read(name)
        headers = {"ETag": tag, "Cache-Control": "public, max-age=3600"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_ASSETS[name], headers=headers)

    return asset


@cache
def _read(name: str) -> tuple[bytes, str]:
    content = files(_PACKAGE).joinpath("resources", name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:16]}"'
