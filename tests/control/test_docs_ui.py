"""The documentation to read and try: complete without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mockops.control.docs import docs_routes

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client() -> Iterator[TestClient]:
    from fastapi import FastAPI

    app: Starlette = FastAPI(docs_url=None, openapi_url=None)
    app.include_router(docs_routes())  # type: ignore[attr-defined]
    with TestClient(app) as found:
        yield found


def test_everything_the_page_needs_is_ours(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http:" not in page.text
    assert "https:" not in page.text
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(needed) == 4
    for path in needed:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.content, path
    assert "/api/v1/openapi.json" in client.get("/docs/start.js").text
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_assets_are_fetched_once(client: TestClient) -> None:
    first = client.get("/docs/swagger-ui.css")
    again = client.get("/docs/swagger-ui.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_root_leads_to_the_page(client: TestClient) -> None:
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
