"""A gateway of two targets with its admin port, on real sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.core.clock import SystemClock
from mockops.core.documents import read_document
from mockops.gateway.admin import ADMIN_LIMITS, AdminHandler
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.server import Server
from mockops.mocking.model import RequestMatch, Scenario, ScenarioRule, Stub, StubResponse, Transition
from mockops.publishing.model import Snapshot, TargetSnapshot
from mockops.workspaces.model.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PETS = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1.2.3"},
    "servers": [{"url": "https://pets.example/v1"}],
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "responses": {
                    "200": {
                        "description": "All",
                        "content": {"application/json": {"schema": {"type": "array"}, "example": [{"id": 1}]}},
                    }
                },
            },
            "post": {
                "operationId": "createPet",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["name"]}}}},
                "responses": {"201": {"description": "Made", "content": {"application/json": {"example": {"id": 2}}}}},
            },
        },
        "/pets/{petId}": {
            "parameters": [{"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "readPet",
                "responses": {"200": {"description": "One", "content": {"application/json": {"example": {"id": 1}}}}},
            },
        },
        "/vault": {
            "get": {
                "operationId": "openVault",
                "security": [{"header": [], "query": []}],
                "responses": {"200": {"description": "Open", "content": {"application/json": {"example": {}}}}},
            }
        },
    },
    "components": {
        "securitySchemes": {
            "header": {"type": "apiKey", "in": "header", "name": "X-Shop-Pass"},
            "query": {"type": "apiKey", "in": "query", "name": "shop_pass"},
        }
    },
}
CHECKOUT = Scenario(
    name="checkout",
    description="Pay once",
    states=["open", "paid"],
    initial_state="open",
    transitions=[Transition(source="paid", target="refunded", when="listPets")],
    rules=[ScenarioRule(operation="createPet", respond=StubResponse(status=402), when_state="open", set_state="paid")],
    source="scenarios/checkout.yaml",
)
FILE_STUB = Stub(
    id="from-file",
    match=RequestMatch(method="GET", path="/pets/7"),
    respond=StubResponse(json={"id": 7}),
    source="stubs/seven.yaml:3",
)


@dataclass(kw_only=True)
class Port:
    """A gateway at work."""

    gateway: Gateway
    server: Server
    mock: httpx.AsyncClient
    """Asks the mocks."""
    admin: httpx.AsyncClient
    """Asks the admin port."""


def snapshot() -> Snapshot:
    document = read_document(msgspec.json.encode(PETS), "pets.json")
    contract = compile_contract(import_contract(document, lambda name: pytest.fail(name))).to_bytes()
    pets = TargetSnapshot(
        name="pets", contract=contract, stubs=(FILE_STUB,), scenarios=(CHECKOUT,), settings=Settings(seed=4)
    )
    return Snapshot(targets=(pets, TargetSnapshot(name="bare", environment="test")), revision=3)


async def serve(gateway: Gateway) -> AsyncIterator[Port]:
    handler = MockHandler(gateway)
    gateway.attach(handler)
    server = Server(handler, clock=gateway.clock)
    desk = Server(AdminHandler(gateway, servers=[server]), clock=gateway.clock, limits=ADMIN_LIMITS)
    host, port = await server.listen("127.0.0.1", 0)
    admin_host, admin_port = await desk.listen("127.0.0.1", 0)
    async with (
        httpx.AsyncClient(base_url=f"http://{host}:{port}") as mock,
        httpx.AsyncClient(base_url=f"http://{admin_host}:{admin_port}") as admin,
    ):
        yield Port(gateway=gateway, server=server, mock=mock, admin=admin)
    await server.close(drain_s=0)
    await desk.close(drain_s=0)


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    gateway = Gateway(clock=SystemClock())
    gateway.apply(snapshot())
    async for each in serve(gateway):
        yield each


@pytest.fixture
async def empty_port() -> AsyncIterator[Port]:
    async for each in serve(Gateway(clock=SystemClock())):
        yield each
