"""Real contracts: every one loads, nearly every operation is served, and every schema compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockops.contracts.rules.direction import Direction, standalone_schema
from mockops.contracts.rules.validators import compile_schema
from mockops.contracts.service.load import load_contract

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.contracts.model import Operation
    from mockops.core.json import JsonObject

pytestmark = pytest.mark.corpus

_OPERATIONS_PER_CONTRACT = 20


def schemas_of(operation: Operation) -> list[tuple[JsonObject | bool, Direction]]:
    sent = [parameter.schema for parameter in operation.parameters]
    sent += [media.schema for media in operation.request_body.content] if operation.request_body else []
    answered = [media.schema for response in operation.responses for media in response.content]
    answered += [header.schema for response in operation.responses for header in response.headers]
    directions: list[tuple[list[JsonObject | bool | None], Direction]] = [(sent, "request"), (answered, "response")]
    return [(schema, direction) for group, direction in directions for schema in group if schema is not None]


def test_real_contracts_load_and_compile(real_contracts: list[Path]) -> None:
    served = skipped = 0
    for path in real_contracts:
        loaded = load_contract(path)
        count = len(loaded.contract.entries)
        served += count
        skipped += sum(found.code.startswith("contract.operation_") for found in loaded.unplaced)
        for index in range(0, count, max(1, count // _OPERATIONS_PER_CONTRACT)):
            operation = loaded.contract.operation(index)
            for schema, direction in schemas_of(operation):
                compile_schema(standalone_schema(operation, schema, direction=direction))
    assert skipped <= 0.001 * (served + skipped)
