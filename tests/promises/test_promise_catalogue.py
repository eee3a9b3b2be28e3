"""Every operation of the API's own document has a name, an example, and answers as the document says."""

from __future__ import annotations

import re

import jsonschema_rs
import pytest
from api_world import World
from catalogue import DOCUMENT, EXAMPLES, answers, names

ANSWERING = names(answers)
LISTS = [name for name in ANSWERING if ".list_" in name]


def test_every_operation_has_an_example(world: World) -> None:
    assert world.document == DOCUMENT
    assert sorted(EXAMPLES) == sorted(world.operations), "give new operations an entry in tests/promises/catalogue.py"


def test_operations_are_named_after_slice_and_function(world: World) -> None:
    found = [item["operationId"] for methods in world.document["paths"].values() for item in methods.values()]
    assert len(found) == len(set(found))
    assert [name for name in found if not re.fullmatch(r"[a-z]+\.[a-z][a-z_]*", name)] == []


@pytest.mark.parametrize("name", ANSWERING)
def test_its_example_is_answered_as_the_document_says(world: World, name: str) -> None:
    operation, example = world.operations[name], EXAMPLES[name]
    call = example.make(world.mine)
    reply = world.perform(operation, call, example.who)
    assert str(reply.status_code) == operation.success, reply.text
    schema = operation.response_schema(operation.success)
    if schema is not None and reply.content:
        whole = {**schema, "components": world.document["components"]}
        jsonschema_rs.validator_for(whole).validate(reply.json())
    if reply.status_code == 201:
        assert reply.headers["location"].startswith("/api/v1/")
        assert world.client(example.who).get(reply.headers["location"]).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_lists_come_in_pages(world: World, name: str) -> None:
    operation = world.operations[name]
    reply = world.perform(operation, EXAMPLES[name].make(world.mine), EXAMPLES[name].who).json()
    assert set(reply) >= {"items", "next"}
    parameters = {each.get("name") for each in operation.document.get("parameters", ())}
    if "limit" not in parameters:
        assert "all at once" in operation.document["description"], "a list without pages says so"
        assert reply["next"] is None
        return
    for wrong in ({"limit": 0}, {"limit": 501}, {"limit": "many"}, {"cursor": "nonsense"}):
        call = EXAMPLES[name].make(world.mine)
        refused = world.client("admin").get(operation.fill(call.params), params={**call.query, **wrong})
        assert refused.status_code == 422, (wrong, refused.text)
        assert refused.json()["code"] in ("api.invalid", "api.cursor_invalid")


def test_pages_together_are_the_list(world: World) -> None:
    for _ in range(5):
        world.mine.team()
    whole = world.made("admin", "GET", "/teams?limit=500")["items"]
    found, cursor = [], None
    while True:
        page = world.made("admin", "GET", "/teams", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole
    assert len(found) >= 5
