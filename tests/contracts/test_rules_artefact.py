"""The compiled contract keeps every operation, and refuses to be anything but itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.model import ContractInvalid, ImportedContract, MediaType, Operation, Response
from mockops.contracts.rules.artefact import Contract, compile_contract


def contract_of(definitions: dict[str, Any], *schemas: Any) -> Contract:
    operations = tuple(
        Operation(
            method="GET",
            path=f"/{index}",
            responses=(Response(status="200", content=(MediaType(media_type="application/json", schema=schema),)),),
        )
        for index, schema in enumerate(schemas)
    )
    return compile_contract(
        ImportedContract(
            title="T",
            dialect="openapi-3.1",
            operations=operations,
            base_paths=(("",),) * len(operations),
            definitions=definitions,
        )
    )


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


_NAMES = st.sampled_from(["A", "B", "C", "D", "E"])


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(_NAMES, st.lists(_NAMES, max_size=3), min_size=5, max_size=5), _NAMES)
def test_an_operation_comes_with_exactly_the_definitions_it_reaches(graph: dict[str, list[str]], start: str) -> None:
    definitions = {name: {"allOf": [ref(other) for other in others]} for name, others in graph.items()}
    reached: set[str] = set()
    pending = [start]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += graph[name]
    contract = Contract.from_bytes(contract_of(definitions, ref(start)).to_bytes(), verify=True)
    assert contract.operation(0).definitions == {name: definitions[name] for name in reached}


def test_integers_beyond_64_bits_survive() -> None:
    contract = contract_of({}, {"maximum": 2**80})
    schema = Contract.from_bytes(contract.to_bytes()).operation(0).responses[0].content[0].schema
    assert schema == {"maximum": 2**80}


def test_what_looks_like_a_reference_in_an_example_does_no_harm() -> None:
    contract = contract_of({}, {"examples": ["#/$defs/Nothing"]})
    assert contract.operation(0).definitions == {}


def test_shared_definitions_are_stored_once() -> None:
    big = {"Big": {"description": "x" * 50_000}}
    one, many = contract_of(big, ref("Big")), contract_of(big, *[ref("Big")] * 50)
    assert len(many.to_bytes()) < len(one.to_bytes()) + 50 * 500


def test_the_digest_is_that_of_the_content() -> None:
    first, same, other = contract_of({}, True), contract_of({}, True), contract_of({}, False)
    assert first.digest == same.digest != other.digest
    assert len(first.digest) == 64


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_contract_is_refused(place: int, change: int) -> None:
    content = bytearray(contract_of({"A": {"type": "string"}}, ref("A")).to_bytes())
    content[place % len(content)] ^= change
    with pytest.raises(ContractInvalid):
        Contract.from_bytes(bytes(content), verify=True)


@pytest.mark.parametrize("content", [b"", b"MOCKOPS", b"MOCKOPS\x02" + b"\0" * 60, b"MOCKOPS\x01" + b"\xff" * 60])
def test_what_is_no_contract_is_refused(content: bytes) -> None:
    with pytest.raises(ContractInvalid):
        Contract.from_bytes(content)


def test_entries_carry_what_routing_needs() -> None:
    contract = contract_of({}, True)
    assert msgspec.structs.asdict(contract.entries[0])["base_paths"] == ("",)
    assert contract.entries[0].key == "GET /0"


def test_definitions_that_another_operation_decoded_are_shared() -> None:
    definitions = {
        "A": {"type": "object", "properties": {"shared": {"$ref": "#/$defs/Shared"}}},
        "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}},
        "Shared": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
    }
    contract = contract_of(definitions, {"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"})
    first, cold_bytes = contract.decode(0)
    second, warm_bytes = contract.decode(1, first.definitions)
    assert second == contract.operation(1)
    assert all(second.definitions[name] is first.definitions[name] for name in definitions)
    assert warm_bytes < cold_bytes
