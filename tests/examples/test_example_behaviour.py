"""Stubs, scenarios and personas of the shop speak of things that its contracts have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml12

from mockops.publishing.service.assemble import Options, assemble

SHOP = Path(__file__).parents[2] / "examples" / "shop"
WORKSPACES = sorted(path.parent for path in SHOP.glob("workspaces/*/workspace.yaml"))
METHODS = {"get", "put", "post", "patch", "delete"}

workspaces = pytest.mark.parametrize("workspace", WORKSPACES, ids=lambda path: path.name)


def read(path: Path) -> Any:
    return yaml12.parse_yaml(path.read_text("utf-8"))


def read_stubs(workspace: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(workspace.glob("stubs/*.yaml")):
        content = read(path)
        found += content if isinstance(content, list) else [content]
    return found


def read_scenarios(workspace: Path) -> list[dict[str, Any]]:
    return [read(path) for path in sorted(workspace.glob("scenarios/*.yaml"))]


def examples_by_operation(workspace: Path) -> dict[str, dict[str, set[str]]]:
    """Names of the examples of every response, by operationId and status."""
    document = read(workspace / "contract.yaml")
    components = document["components"].get("responses", {})
    found: dict[str, dict[str, set[str]]] = {}
    for item in document["paths"].values():
        for operation in (item[method] for method in METHODS & item.keys()):
            found[operation["operationId"]] = {
                status: _names(components[response["$ref"].rpartition("/")[2]] if "$ref" in response else response)
                for status, response in operation["responses"].items()
            }
    return found


def _names(response: dict[str, Any]) -> set[str]:
    return {name for content in response.get("content", {}).values() for name in content.get("examples", {})}


@workspaces
def test_a_workspace_is_named_as_its_folder_and_its_contract_is_there(workspace: Path) -> None:
    file = read(workspace / "workspace.yaml")
    assert file["name"] == workspace.name
    assert (workspace / file["contract"]).is_file()


@workspaces
def test_stubs_and_scenarios_name_operations_and_examples_that_exist(workspace: Path) -> None:
    known = examples_by_operation(workspace)
    rules = [(stub["match"], stub) for stub in read_stubs(workspace)]
    rules += [(rule, rule) for scenario in read_scenarios(workspace) for rule in scenario["rules"]]
    for match, rule in rules:
        if not isinstance(match, dict) or "operation" not in match:
            continue
        responses = known[match["operation"]]
        respond = rule.get("respond", {})
        if "status" in respond:
            assert str(respond["status"]) in responses, rule
        if "example" in respond:
            assert respond["example"] in responses[str(respond.get("status", 200))], rule


def test_stub_ids_are_unique_and_named_as_what_they_are() -> None:
    ids = [stub["id"] for workspace in WORKSPACES for stub in read_stubs(workspace)]
    assert len(ids) == len(set(ids)) >= 12


def test_scenarios_move_between_states_that_they_declare() -> None:
    scenarios = [one for workspace in WORKSPACES for one in read_scenarios(workspace)]
    assert [one["name"] for one in scenarios] == ["out-of-stock", "checkout-declined"]
    for scenario in scenarios:
        states = set(scenario["states"])
        assert scenario["initial_state"] in states
        for step in scenario["transitions"]:
            assert {step["from"], step["to"]} <= states
        for rule in scenario["rules"]:
            when = rule["when_state"]
            assert set(when if isinstance(when, list) else [when]) <= states
            assert rule.get("set_state", scenario["initial_state"]) in states


def test_personas_are_three_people_one_of_whom_changes() -> None:
    personas = [read(path) for path in sorted(SHOP.glob("personas/*.yaml"))]
    assert [one["name"] for one in personas] == ["fraudster", "newcomer", "vip"]
    assert len({one["entities"]["customer"]["id"] for one in personas}) == 3
    assert len({one["seed"] for one in personas}) == 3
    lives = [one["lifecycle"] for one in personas if "lifecycle" in one]
    assert len(lives) == 1
    for life in lives:
        assert {life["state"]} | {s for step in life["transitions"] for s in (step["from"], step["to"])} <= set(
            life["states"]
        )


def test_the_vip_is_the_customer_of_the_contracts() -> None:
    vip = read(SHOP / "personas" / "vip.yaml")
    maya = read(SHOP / "workspaces" / "auth" / "contract.yaml")["components"]["examples"]["Maya"]["value"]
    assert maya.items() >= vip["entities"]["customer"].items()


@pytest.mark.parametrize("named", ["shop", "petstore.yaml"])
def test_the_examples_load_without_a_diagnostic(named: str) -> None:
    assembled = assemble([str(SHOP.parent / named)], Options())
    assert [str(diagnostic) for diagnostic in assembled.diagnostics] == []
    assert assembled.failed == ()


def test_everything_of_the_shop_is_in_its_snapshot() -> None:
    targets = {target.name: target for target in assemble([str(SHOP)], Options()).snapshot.targets}
    assert set(targets) == {"auth", "inventory", "payments", "shipping"}
    for workspace in WORKSPACES:
        target = targets[workspace.name]
        assert {stub.id for stub in target.stubs} == {stub["id"] for stub in read_stubs(workspace)}
        assert [one.name for one in target.scenarios] == [one["name"] for one in read_scenarios(workspace)]
        assert {persona.name for persona in target.personas} == {"vip", "newcomer", "fraudster"}
        assert target.settings.seed == 2026
        assert target.contract
