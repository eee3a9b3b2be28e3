"""Names of files, environments in files, and what `workspace.yaml` needs to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.core.documents import read_document
from mockops.workspaces.model.projects import EnvironmentState, WorkspaceState
from mockops.workspaces.rules.environments import read_environments
from mockops.workspaces.rules.file_names import is_safe, stem_of
from mockops.workspaces.rules.workspace_files import Inherited, workspace_document

KEYS = st.text(max_size=200) | st.sampled_from(
    ["..", "../a", "con", "nul.yaml", ".git", "a/b", "a\\b", "C:", "~", "a "]
)


@given(KEYS)
def test_every_key_has_a_safe_name(key):
    stem = stem_of(key)
    assert is_safe(f"{stem}.yaml")
    assert "/" not in stem
    assert stem_of(key) == stem


@given(KEYS, KEYS)
def test_two_keys_have_two_names(one, other):
    assert (stem_of(one) == stem_of(other)) is (one == other)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/a",
        "../a",
        "a/../b",
        "a//b",
        "./a",
        "a/.",
        "a\\b",
        "C:/a",
        "a\0",
        "a\n",
        "~/a",
        ".git/x",
        "a/con",
        "a/NUL.x",
        "a./b",
    ],
)
def test_paths_that_lead_astray_are_not_safe(path):
    assert not is_safe(path)


@pytest.mark.parametrize("path", ["a", "a/b.yaml", "a b/ü.json", "__files/x", "a.b.c"])
def test_plain_paths_are_safe(path):
    assert is_safe(path)


def _read(text):
    return read_environments(read_document(text.encode(), "workspace.yaml"))


def test_environments_are_names_or_have_settings():
    assert _read("name: x")[0] == ()
    names = (EnvironmentState(name="dev"), EnvironmentState(name="prod"))
    assert _read("environments: [dev, prod]") == (names, [])
    found, wrong = _read("environments:\n  dev: {validation: warn}\n  prod:\n")
    assert wrong == []
    assert found == (EnvironmentState(name="dev", settings={"validation": "warn"}), names[1])


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("environments: dev", "1:1", "list or a mapping"),
        ("environments: [dev, dev]", "1:21", "twice"),
        ("environments:\n  - dev\n  - 7\n", "3:5", "text"),
        ("environments: {Dev: {}}", "1:16", "lower-case"),
        ("environments: {a--b: {}}", "1:16", "single hyphens"),
        ("environments:\n  dev: 7\n", "2:3", "mapping"),
        ("environments:\n  dev:\n    validation: of\n", "3:5", "off"),
        ("environments:\n  dev:\n    cors:\n      max_age: 5\n", "4:7", "max_age_s"),
    ],
)
def test_what_is_wrong_with_environments_is_said_where(text, place, words):
    _, [found] = _read(text)
    assert found.place == f"workspace.yaml:{place}"
    assert found.pointer.startswith("/environments")
    assert words in str(found)


def test_a_workspace_says_only_what_the_project_does_not():
    inherited = Inherited(settings={"seed": 1, "cors": {"max_age_s": 5}}, team="a")
    settings = {"seed": 1, "cors": {"max_age_s": 5, "credentials": False}}
    workspace = WorkspaceState(name="w", team="a", settings=settings)
    assert workspace_document(workspace, inherited, contract="c.yaml") == {
        "name": "w",
        "contract": "c.yaml",
        "settings": {"cors": {"credentials": False}},
    }


def test_what_is_inherited_and_not_wanted_is_set_to_its_default():
    inherited = Inherited(settings={"seed": 1}, team="a", environments=(EnvironmentState(name="x"),))
    assert workspace_document(WorkspaceState(name="w"), inherited) == {
        "name": "w",
        "team": "",
        "settings": {"seed": 0},
        "environments": ["dev", "test", "prod"],
    }
