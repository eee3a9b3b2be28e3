"""Pulling takes the server's edits, and leaves the files' own."""

from __future__ import annotations

import msgspec
import pytest

from mockops.workspaces.model.projects import ContractItem, EnvironmentState, Item, ProjectState, WorkspaceState
from mockops.workspaces.rules.entries import entries_of
from mockops.workspaces.rules.plan import plan
from mockops.workspaces.rules.pulling import pulled

replace = msgspec.structs.replace


def _stub(key, **members):
    return Item(key=key, document={"id": key, **members}, path=f"{key}.yaml")


def _contract(digit):
    return ContractItem(root="a.yaml", files={"a.yaml": digit * 64}, digest=digit * 64, path="a.yaml")


BASE = WorkspaceState(
    name="w",
    title="T",
    environments=(EnvironmentState(name="dev"), EnvironmentState(name="prod", settings={"seed": 1})),
    contract=_contract("1"),
    stubs=(_stub("a", times=1, name="x"), _stub("b", times=1), _stub("c", times=1)),
)


def _pull(files, server, *, last=BASE, prune=False, everything=False):
    """Pull one workspace that both sides made of another."""
    project, there = (ProjectState(workspaces=(each,)) for each in (files, server))
    content = entries_of(ProjectState(workspaces=(last,)))
    base = {name: entry.digest for name, entry in content.items()}
    read_base = {entry.digest: entry for entry in content.values()}.get
    made = plan(base, there, project, read_base=read_base)
    assert not made.conflicts
    return pulled(project, there, made, prune=prune, everything=everything).workspaces[0]


def _documents(workspace):
    return {stub.key: stub.document for stub in workspace.stubs}


def test_each_side_s_edits_are_in_the_outcome():
    files = replace(BASE, stubs=(_stub("a", times=1, name="y"), _stub("b", times=5), BASE.stubs[2], _stub("mine")))
    server = replace(
        BASE,
        title="Server",
        contract=_contract("2"),
        environments=(BASE.environments[0], EnvironmentState(name="prod", settings={"seed": 2})),
        stubs=(_stub("a", times=2, name="x"), BASE.stubs[1], _stub("c", times=7), _stub("theirs")),
    )
    outcome = _pull(files, server)
    assert _documents(outcome) == {
        "a": {"id": "a", "times": 2, "name": "y"},
        "b": {"id": "b", "times": 5},
        "c": {"id": "c", "times": 7},
        "mine": {"id": "mine"},
        "theirs": {"id": "theirs"},
    }
    assert outcome.title == "Server"
    assert outcome.contract == _contract("2")
    assert outcome.environments[1].settings == {"seed": 2}


def test_an_environment_that_the_server_added_comes_with_its_settings():
    server = replace(BASE, environments=(*BASE.environments, EnvironmentState(name="new", settings={"seed": 9})))
    assert _pull(BASE, server).environments == server.environments


@pytest.mark.parametrize(("prune", "keys"), [(False, {"a", "b", "c"}), (True, {"a", "b"})])
def test_what_the_server_has_no_more_goes_only_with_prune(prune, keys):
    server = replace(BASE, stubs=BASE.stubs[:2])
    assert set(_documents(_pull(BASE, server, prune=prune))) == keys


def test_nothing_new_is_nothing_to_write():
    assert _pull(BASE, BASE) == BASE
    edited = replace(BASE, title="mine", contract=_contract("3"))
    assert _pull(edited, BASE) == edited


def test_other_workspaces_and_personas_come_only_when_all_are_wanted():
    files = ProjectState(workspaces=(BASE,))
    server = ProjectState(workspaces=(BASE, WorkspaceState(name="other")), personas=(_stub("them"),))
    made = plan({}, server, files)
    assert pulled(files, server, made) == files
    everything = pulled(files, server, made, everything=True)
    assert [each.name for each in everything.workspaces] == ["w", "other"]
    assert [each.key for each in everything.personas] == ["them"]
