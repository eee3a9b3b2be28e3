"""A contract whose own paths begin as the prefix of a target does."""

from __future__ import annotations

import msgspec
import pytest

from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.core.clock import SystemClock
from mockops.core.documents import read_document
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.message import RawRequest
from mockops.publishing.model import Snapshot, TargetSnapshot

OPERATION = {"responses": {"200": {"description": "ok"}}}
PATHS = {"/@connections/{id}": {"get": OPERATION, "delete": OPERATION}, "/@{lat},{lon}": {"get": OPERATION}}
DATA = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": PATHS}
CONTRACT = compile_contract(
    import_contract(read_document(msgspec.json.encode(DATA), "api.json"), pytest.fail)
).to_bytes()


def ask(url: str, *, host: str = "", method: str = "GET", targets: tuple[str, ...] = ("chat",)) -> int:
    gateway = Gateway(clock=SystemClock())
    gateway.apply(Snapshot(targets=tuple(TargetSnapshot(name=name, contract=CONTRACT) for name in targets)))
    headers = [(b"host", host.encode())] if host else []
    return MockHandler(gateway).handle(RawRequest(method=method.encode(), url=url.encode(), headers=headers)).status


def test_a_path_of_the_contract_may_begin_with_an_at_sign() -> None:
    assert ask("/@connections/7") == 200
    assert ask("/@connections/7", method="DELETE") == 200
    assert ask("/@51.5,0.1") == 200
    assert ask("/@chat/@connections/7") == 200
    assert ask("/@elsewhere/pets") == 404


def test_it_is_found_where_the_host_names_the_target() -> None:
    both = ("chat", "other")
    assert ask("/@connections/7", host="other.localhost", targets=both) == 200
    assert ask("/@connections/7", targets=both) == 404


def test_a_target_of_that_name_is_meant_first() -> None:
    assert ask("/@connections/7", targets=("connections",)) == 404
