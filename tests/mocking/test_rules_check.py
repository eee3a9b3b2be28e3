"""What only compiling shows to be wrong with stubs and scenarios."""

from __future__ import annotations

from typing import Any

import pytest

from mockops.core.diagnostics import Severity
from mockops.mocking.importers.stubs import stub_from_json
from mockops.mocking.model import Scenario, ScenarioRule, StubInvalid, StubResponse
from mockops.mocking.rules.check import check_scenario, check_stub, require_stub
from mockops.mocking.rules.templates.scope import ROOTS

OPERATIONS = {"listPets": "GET /pets", "GET /pets": "GET /pets"}


def found(respond: dict[str, Any], **stub: Any) -> list[tuple[str, str]]:
    written = stub_from_json({"id": "s", "match": "GET /x", "respond": respond, **stub})
    return [(each.severity, each.pointer) for each in check_stub(written, OPERATIONS)]


@pytest.mark.parametrize(
    ("respond", "pointer"),
    [
        ({"text": "Hello {{ request.query.name }}"}, "/respond/text"),
        ({"json": {"a": [{"id": "{{uuid()}}"}]}}, "/respond/json/a/0/id"),
        ({"headers": {"X-At": "{{- now('iso') }}"}}, "/respond/headers/X-At"),
        ({"text": "{% if persona.name %}a{% endif %}"}, "/respond/text"),
        ({"text": "{{ 'x' ~ fake.email }}"}, "/respond/text"),
        ({"text": "{{ random['int']() }}"}, "/respond/text"),
    ],
)
def test_a_forgotten_template_is_a_warning(respond: dict[str, Any], pointer: str) -> None:
    assert found(respond) == [(Severity.WARNING, pointer)]
    assert found({**respond, "template": True}) == []
    require_stub(stub_from_json({"id": "s", "match": "GET /x", "respond": respond}), OPERATIONS)


@pytest.mark.parametrize(
    "text", ["{{ name }}", "Write {{ }} here", "uuid() and request.body", "{{ requested }}", "{{ state }}", "{{ now }}"]
)
def test_braces_of_others_are_left_alone(text: str) -> None:
    assert found({"text": text}) == []


@pytest.mark.parametrize("root", sorted(ROOTS))
def test_every_root_counts(root: str) -> None:
    assert found({"text": "{{ " + root + ".a }}"}) or found({"text": "{{ " + root + "() }}"})


def test_a_scenarios_forgotten_template_is_a_warning_beside_its_errors() -> None:
    rules = [
        ScenarioRule(operation="listPets", respond=StubResponse(text="{{ state.cart }}")),
        ScenarioRule(operation="listPet"),
    ]
    problems = check_scenario(Scenario(name="s", rules=rules, source="s.yaml"), OPERATIONS)
    assert [(each.severity, each.pointer) for each in problems] == [
        (Severity.ERROR, "/rules/1/operation"),
        (Severity.WARNING, "/rules/0/respond/text"),
    ]
    assert "template: true" in problems[1].hint


def test_a_stub_with_errors_is_refused_with_all_of_them() -> None:
    stub = stub_from_json(
        {"id": "s", "match": {"path_regex": "("}, "respond": {"template": True, "json": ["{{ nme }}", "{{ 1 | x }}"]}}
    )
    with pytest.raises(StubInvalid) as caught:
        require_stub(stub, OPERATIONS)
    assert [each.pointer for each in caught.value.diagnostics] == [
        "/match/path_regex",
        "/respond/json/0",
        "/respond/json/1",
    ]
