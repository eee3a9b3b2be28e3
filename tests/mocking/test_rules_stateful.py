"""Stateful resources within a mock: what gives the items, and when the contract answers after all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mockops.contracts.service.load import load_contract
from mockops.core.exchange import Request
from mockops.mocking.model import Caller, Persona, PutItem, Reply, SessionView
from mockops.mocking.rules.declared import Declared
from mockops.mocking.rules.operations import OperationCache, Operations
from mockops.mocking.rules.question import Question
from mockops.mocking.rules.stateful import Stateful

PETSTORE = load_contract(Path(__file__).parent.parent.parent / "examples" / "petstore.yaml").contract
OPERATIONS = Operations(PETSTORE, OperationCache())
STATEFUL = Stateful(OPERATIONS, seed=1)


def question(line: str, body: Any = None, persona: Persona | None = None) -> Question:
    method, _, path = line.partition(" ")
    raw = b"" if body is None else msgspec.json.encode(body)
    request = Request(method=method, path=path, headers=(("content-type", "application/json"),), body=raw)
    hit = OPERATIONS.find(request, method)
    return Question(
        request=request,
        caller=Caller(),
        view=SessionView(),
        seen=SessionView(),
        persona=persona,
        play=None,
        hit=hit,
        ready=OPERATIONS.ready(hit.index) if hit is not None else None,
        now=datetime(2026, 1, 2, tzinfo=UTC),
        now_s=0.0,
    )


def answer(asked: Question) -> Reply | None:
    assert asked.ready is not None
    declared = Declared(asked.ready, asked.request, asked.params, persona=asked.persona, seed=1)
    return STATEFUL.answer(asked, declared)


def test_a_question_names_its_operation_and_parameters() -> None:
    asked = question("GET /pets/7")
    assert (asked.operation, asked.params) == ("GET /pets/{petId}", {"petId": "7"})
    nowhere = question("GET /nowhere")
    assert (nowhere.operation, nowhere.params) == ("", {})


def test_items_come_from_examples_and_what_is_created_conforms() -> None:
    listed = answer(question("GET /pets"))
    assert listed is not None
    assert [pet["name"] for pet in json.loads(listed.body)][:2] == ["Rex", "Laika"]
    created = answer(question("POST /pets", {"name": "Bo", "kind": "dog"}))
    assert created is not None
    assert created.status == 201
    assert any(isinstance(change, PutItem) and change.item["name"] == "Bo" for change in created.changes)


def test_what_is_not_there_is_answered_as_declared() -> None:
    missing = answer(question("GET /pets/999999"))
    assert missing is not None
    assert (missing.status, json.loads(missing.body)["detail"]) == (404, "No pet has this id")


def test_a_personas_own_items_are_there() -> None:
    vip = Persona(name="vip", entities={"pet": {"id": 77, "name": "Argos"}})
    mine = answer(question("GET /pets/77", persona=vip))
    assert mine is not None
    assert (mine.status, json.loads(mine.body)["name"]) == (200, "Argos")


def test_what_is_no_collection_is_left_to_the_contract() -> None:
    nowhere = question("GET /nowhere")
    known = question("GET /pets")
    assert known.ready is not None
    declared = Declared(known.ready, known.request, {}, persona=None, seed=1)
    assert STATEFUL.answer(nowhere, declared) is None
