"""The schemas for editors accept what importers accept, and refuse what they refuse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from mockops.core.documents import read_document
from mockops.mocking.importers.personas import read_persona
from mockops.mocking.importers.scenarios import read_scenario
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.stubs import read_stubs
from mockops.publishing.service.projects.schemas import editor_schemas

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
SCHEMAS = {name: jsonschema_rs.Draft7Validator(schema) for name, schema in editor_schemas().items()}
READ = {
    "stub": lambda data: read_stubs(Plain(data, "x"), read_file=lambda _: b""),
    "scenario": lambda data: read_scenario(Plain(data, "x")),
    "persona": lambda data: read_persona(Plain(data, "x")),
}


def _kind(path):
    names = {"mockops.yaml": "project", "workspace.yaml": "workspace"}
    folders = {"stubs": "stub", "scenarios": "scenario", "personas": "persona"}
    return names.get(path.name) or next((kind for name, kind in folders.items() if name in path.parts), None)


@pytest.mark.parametrize("path", [path for path in sorted(SHOP.rglob("*.yaml")) if _kind(path)], ids=lambda p: p.name)
def test_the_example_s_files_are_right(path):
    data = read_document(path.read_bytes(), str(path)).data
    assert [str(error) for error in SCHEMAS[_kind(path)].iter_errors(data)] == []


_STEP = {"from": "x", "to": "x", "after": 5}
RIGHT = {
    "stub": [
        {"match": "GET /x", "respond": 204},
        {"match": "/x", "respond": "text", "delay": 200},
        {"match": "getPet", "respond": {"body": {"a": 1}}, "delay": "2s"},
        {"request": {"path": "/x", "query": {"a": 1, "b": None, "c": {"exists": True}}}, "respond": {"status": 200}},
        {"match": {"body": [1, 2]}, "respond": {"json_body": None}, "delay": {"uniform": ["10ms", 50]}},
        {"match": {"body": {"jsonPath": {"$.a": 1}, "allOf": [{"contains": "x"}]}}, "delay": {"lognormal": [20, 0.5]}},
        {"match": {"path_regex": "/a.*", "headers": {"x": {"matches": "a+", "ignoreCase": True}}}, "times": 2},
        {"match": {}, "fault": "reset", "set_state": {"a": "b"}, "weight": 0.5},
        [{"match": "/a"}, {"match": "/b"}],
        {"stubs": [{"match": "/a"}]},
        {"match": "/a", "respond": {"headers": {"a": 1, "b": ["x", "y"]}, "template": True, "text": "x"}},
    ],
    "scenario": [
        {"name": "a", "rules": [{"match": "GET /x", "patch": None}]},
        {
            "name": "a",
            "states": ["b", "c"],
            "transitions": [{"from": "b", "to": "c", "after": "30s"}, {"from": "c", "to": "b", "when": "GET /x"}],
            "rules": [{"operation_id": "x", "when_state": ["b"], "respond": 200, "delay": 5}],
        },
    ],
    "persona": [
        {"name": "a", "overrides": [{"schema": "X", "value": None}], "entities": {"c": {"id": 1}}},
        {
            "name": "a",
            "lifecycle": {"state": "x", "states": ["x"], "transitions": [{"from": "x", "to": "x", "after": 5}]},
        },
    ],
}
WRONG = {
    "stub": [
        {},
        {"match": "/a", "respnd": 200},
        {"match": "/a", "respond": {"statsu": 200}},
        {"match": "/a", "respond": 99},
        {"match": "/a", "delay": "soon"},
        {"match": "/a", "delay": {"uniform": [1]}},
        {"match": "/a", "fault": "explode"},
        {"match": "/a", "priority": 0},
        {"match": {"query": []}},
        [{"match": "/a"}, 7],
        "x",
    ],
    "scenario": [{}, {"name": "a", "rules": [{"operation": "x", "delay": "?"}]}, {"name": "a", "state": []}],
    "persona": [{}, {"name": "a", "overrides": [{"schema": "X"}]}, {"name": "a", "seed": "x"}],
}


def _cases(cases):
    return [(kind, each) for kind, several in cases.items() for each in several]


@pytest.mark.parametrize(("kind", "data"), _cases(RIGHT))
def test_shorthands_are_right_for_both(kind, data):
    assert not [str(each) for each in READ[kind](data)[1] if each.severity == "error"]
    assert [str(error) for error in SCHEMAS[kind].iter_errors(data)] == []


@pytest.mark.parametrize(("kind", "data"), _cases(WRONG))
def test_mistakes_are_wrong_for_both(kind, data):
    assert [each for each in READ[kind](data)[1] if each.severity == "error"]
    assert not SCHEMAS[kind].is_valid(data)


@pytest.mark.parametrize(
    ("kind", "data", "is_right"),
    [
        ("project", {"name": "a", "environments": ["dev", "prod"], "settings": {"cors": {"max_age_s": 5}}}, True),
        ("project", {"contract": "x"}, False),
        ("workspace", {"environments": {"dev": {"validation": "warn"}, "prod": None}}, True),
        ("workspace", {"environments": ["Dev"]}, False),
        ("workspace", {"settings": {"seed": "x"}}, False),
        ("workspace", {"settings": {"sede": 1}}, False),
        ("environment", {"validation": "off"}, True),
        ("environment", {"validation": "of"}, False),
    ],
)
def test_projects_workspaces_and_environments(kind, data, is_right):
    assert SCHEMAS[kind].is_valid(data) is is_right


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_what_is_published_is_what_is_made(name):
    made = subprocess.run(
        [sys.executable, "-m", "mockops.publishing.service.projects.schemas", name],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert (ROOT / "docs" / "schemas" / f"{name}.json").read_text(encoding="utf-8") == made
