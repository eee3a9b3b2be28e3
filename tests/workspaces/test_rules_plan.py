"""Planning: nothing is lost that was edited on the server, nothing is deleted unasked, what was applied is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.workspaces.model.projects import (
    ContractItem,
    EnvironmentState,
    FieldChange,
    Item,
    Plan,
    PlanRequest,
    ProjectState,
    WorkspaceState,
)
from mockops.workspaces.rules.entries import Entry, Name, entries_of, environments_of
from mockops.workspaces.rules.plan import brief, plan

replace = msgspec.structs.replace


@dataclass
class Server:
    """What a server does with a plan, without a database."""

    state: ProjectState = field(default_factory=ProjectState)
    base: dict[Name, str] = field(default_factory=dict)
    blobs: dict[str, Entry] = field(default_factory=dict)

    def plan(self, files: ProjectState, **options: Any) -> Plan:
        for entry in entries_of(files).values():
            self.blobs[entry.digest] = entry
        return plan(self.base, self.state, files, read_base=self.blobs.get, **options)

    def apply(self, files: ProjectState, **options: Any) -> Plan:
        made = self.plan(files, **options)
        assert not made.conflicts
        content = entries_of(self.state)
        for change in made.changes:
            name: Name = (change.kind, change.workspace, change.key)
            if change.base_digest:
                self.base[name] = change.base_digest
            if change.action == "delete":
                for gone in [
                    each for each in content if each == name or (name[0] == "workspace" and each[1] == name[1])
                ]:
                    del content[gone]
                    self.base.pop(gone, None)
            elif change.document is not msgspec.UNSET:
                content[name] = Entry(document=change.document, files=change.files, path=change.path)
                assert content[name].digest == change.digest
        self.state = _state_of(content, files)
        return made


def _state_of(content: dict[Name, Entry], files: ProjectState) -> ProjectState:
    order = {(each.name, stub.key): at for each in files.workspaces for at, stub in enumerate(each.stubs)}

    def items(kind: str, workspace: str) -> tuple[Item, ...]:
        found = [
            Item(key=name[2], document=entry.document, files=entry.files, path=entry.path)
            for name, entry in content.items()
            if name[:2] == (kind, workspace)
        ]
        return tuple(sorted(found, key=lambda item: order.get((workspace, item.key), -1)))

    workspaces = []
    for kind, name, _ in content:
        if kind != "workspace":
            continue
        document = content[kind, name, name].document
        contract = content.get(("contract", name, ""))
        kept = [*document["environments"]]
        kept += [each[2] for each in content if each[:2] == ("environment", name) and each[2] not in kept]
        workspaces.append(
            WorkspaceState(
                name=name,
                title=document["title"],
                description=document["description"],
                team=document["team"],
                settings=document["settings"],
                environments=tuple(
                    EnvironmentState(name=each, settings=content["environment", name, each].document["settings"])
                    for each in kept
                ),
                contract=ContractItem(**contract.document, path=contract.path) if contract else None,
                stubs=items("stub", name),
                scenarios=items("scenario", name),
            )
        )
    return ProjectState(name=files.name, workspaces=tuple(workspaces), personas=items("persona", ""))


def _stub(key: str, **members: Any) -> Item:
    return Item(key=key, document={"id": key, "match": "GET /", **members}, path=f"workspaces/w/stubs/{key}.yaml")


def _project(*stubs: Item, personas: tuple[Item, ...] = (), **members: Any) -> ProjectState:
    return ProjectState(workspaces=(WorkspaceState(name="w", stubs=stubs, **members),), personas=personas)


def _edited(state: ProjectState, key: str, **members: Any) -> ProjectState:
    workspace = state.workspaces[0]
    stubs = tuple(
        replace(stub, document={**stub.document, **members}) if stub.key == key else stub for stub in workspace.stubs
    )
    return replace(state, workspaces=(replace(workspace, stubs=stubs),))


def _actions(made: Plan) -> dict[str, str]:
    return {change.key or change.kind: change.action for change in made.changes}


KEYS = st.sampled_from(["a", "b", "c", "d"])
DOCUMENTS = st.dictionaries(st.sampled_from(["name", "respond", "times", "rules"]), st.integers(0, 2), max_size=3)
ITEMS = st.dictionaries(KEYS, DOCUMENTS, max_size=3).map(
    lambda found: tuple(Item(key=key, document={"id": key, **document}) for key, document in found.items())
)
ENVIRONMENTS = st.lists(KEYS, unique=True, max_size=3).flatmap(
    lambda names: st.tuples(*(st.builds(EnvironmentState, name=st.just(name), settings=DOCUMENTS) for name in names))
)
CONTRACTS = st.none() | st.sampled_from("123").map(
    lambda digit: ContractItem(root="a.yaml", files={"a.yaml": digit * 64}, digest=digit * 64)
)
WORKSPACES = st.builds(
    WorkspaceState,
    name=st.just(""),
    settings=DOCUMENTS,
    description=st.sampled_from(["", "x", "y"]),
    environments=ENVIRONMENTS,
    contract=CONTRACTS,
    stubs=ITEMS,
    scenarios=ITEMS,
)
STATES = st.builds(
    ProjectState,
    workspaces=st.dictionaries(st.sampled_from(["v", "w"]), WORKSPACES, max_size=2).map(
        lambda found: tuple(replace(each, name=name) for name, each in found.items())
    ),
    personas=ITEMS,
)


@settings(max_examples=60, deadline=None)
@given(STATES, STATES, st.booleans())
def test_what_was_just_applied_is_done(first: ProjectState, second: ProjectState, prune: bool) -> None:
    server = Server()
    server.apply(first)
    server.apply(second, prune=prune)
    again = server.plan(second, prune=prune)
    assert not again.has_effects
    assert not again.conflicts
    assert set(again.counts) <= {"unchanged", "unmanaged"} | ({"kept"} if not prune else set())


@settings(max_examples=60, deadline=None)
@given(STATES, STATES)
def test_nothing_is_deleted_unasked(first: ProjectState, second: ProjectState) -> None:
    server = Server()
    server.apply(first)
    before = set(entries_of(server.state))
    made = server.apply(second)
    assert "delete" not in made.counts
    assert before <= set(entries_of(server.state))


@settings(max_examples=60, deadline=None)
@given(STATES, STATES)
def test_pruned_the_server_is_as_the_files_are(first: ProjectState, second: ProjectState) -> None:
    server = Server()
    server.apply(first)
    server.apply(second, prune=True)
    wanted, found = entries_of(second), entries_of(server.state)
    assert {name: entry.digest for name, entry in found.items()} == {
        name: entry.digest for name, entry in wanted.items()
    }


@settings(max_examples=60, deadline=None)
@given(STATES, STATES, STATES)
def test_a_preference_leaves_no_conflict_and_settles_it(
    first: ProjectState, edited: ProjectState, second: ProjectState
) -> None:
    for prefer in ("files", "server"):
        server = Server()
        server.apply(first)
        server.state = edited
        server.apply(second, prefer=prefer)
        again = server.plan(second)
        assert not again.conflicts
        assert not again.has_effects


@given(DOCUMENTS, DOCUMENTS)
def test_an_edit_on_the_server_survives_while_the_files_stay(document: dict, other: dict) -> None:
    files = _project(_stub("a", **document))
    server = Server()
    server.apply(files)
    server.state = edited = _edited(server.state, "a", **other)
    made = server.apply(files)
    assert server.state == edited
    assert made.counts.get("update", 0) == 0


def test_both_edits_in_different_places_are_merged_and_later_edits_still_win() -> None:
    server = Server()
    server.apply(_project(_stub("a", name="old", times=1)))
    server.state = _edited(server.state, "a", times=2)
    made = server.apply(_project(_stub("a", name="new", times=1)))
    [change] = [each for each in made.changes if each.kind == "stub"]
    assert change.action == "merged"
    assert change.fields == (FieldChange(pointer="/name", before="old", after="new"),)
    assert server.state.workspaces[0].stubs[0].document == {"id": "a", "match": "GET /", "name": "new", "times": 2}
    assert not server.plan(_project(_stub("a", name="new", times=1))).has_effects
    server.apply(_project(_stub("a", name="newer", times=1)))
    assert server.state.workspaces[0].stubs[0].document["name"] == "newer"
    assert server.state.workspaces[0].stubs[0].document["times"] == 2


def _conflicting() -> tuple[Server, ProjectState]:
    server = Server()
    server.apply(_project(_stub("a", times=1, name="x")))
    server.state = _edited(server.state, "a", times=2)
    return server, _project(_stub("a", times=3, name="y"))


def test_both_edits_in_one_place_are_a_conflict_with_the_three_values() -> None:
    server, files = _conflicting()
    made = server.plan(files)
    [change] = made.conflicts
    [conflict] = change.conflicts
    assert (conflict.pointer, conflict.base, conflict.ours, conflict.theirs) == ("/times", 1, 2, 3)
    assert change.document is msgspec.UNSET
    assert not change.base_digest


@pytest.mark.parametrize(("prefer", "times"), [("files", 3), ("server", 2)])
def test_a_preferred_side_wins_where_both_were_edited_and_only_there(prefer: str, times: int) -> None:
    server, files = _conflicting()
    made = server.apply(files, prefer=prefer)
    assert _actions(made)["a"] == "merged"
    document = server.state.workspaces[0].stubs[0].document
    assert (document["times"], document["name"]) == (times, "y")
    assert made.changes[0].conflicts or made.changes[-1].conflicts


def test_what_files_and_server_never_agreed_on_conflicts_where_it_differs() -> None:
    server = Server(state=_project(_stub("a", times=1)))
    made = server.plan(_project(_stub("a", times=2)))
    assert [each.pointer for each in made.conflicts[0].conflicts] == ["/times"]


def test_the_same_edit_on_both_sides_is_none_but_the_base_moves() -> None:
    server = Server()
    server.apply(_project(_stub("a", times=1)))
    server.state = _edited(server.state, "a", times=2)
    files = _project(_stub("a", times=2))
    made = server.apply(files)
    assert not made.has_effects
    assert server.base["stub", "w", "a"] == entries_of(files)["stub", "w", "a"].digest
    assert server.plan(files).changes == ()


def test_what_was_deleted_on_the_server_comes_back() -> None:
    server = Server()
    files = _project(_stub("a"), _stub("b"))
    server.apply(files)
    server.state = _project(_stub("a"))
    assert _actions(server.plan(files)) == {"b": "create"}


def test_pruning_what_was_edited_on_the_server_is_a_conflict_that_either_side_may_win() -> None:
    server = Server()
    server.apply(_project(_stub("a"), _stub("b", times=1)))
    server.state = _edited(server.state, "b", times=2)
    files = _project(_stub("a"))
    assert _actions(server.plan(files)) == {"b": "unmanaged"}
    assert _actions(server.plan(files, prune=True)) == {"b": "conflict"}
    assert _actions(server.plan(files, prune=True, prefer="server")) == {"b": "kept"}
    assert _actions(server.plan(files, prune=True, prefer="files")) == {"b": "delete"}


def test_pruning_leaves_workspaces_and_personas_of_other_projects_alone() -> None:
    other = ProjectState(workspaces=(WorkspaceState(name="other", stubs=(_stub("z"),)),), personas=(_stub("them"),))
    server = Server(state=other)
    server.apply(_project(_stub("a"), personas=(_stub("us"),)), prune=True)
    assert {each.name for each in server.state.workspaces} == {"w", "other"}
    made = server.apply(ProjectState(), prune=True)
    assert [(each.kind, each.key, each.action) for each in made.changes] == [
        ("workspace", "w", "delete"),
        ("persona", "us", "delete"),
    ]
    assert {each.name for each in server.state.workspaces} == {"other"}


def test_contracts_are_never_mixed() -> None:
    def project(digit: str) -> ProjectState:
        return _project(contract=ContractItem(root="a.yaml", files={"a.yaml": digit * 64}, digest=digit * 64))

    server = Server()
    server.apply(project("1"))
    server.state = project("2")
    made = server.plan(project("3"))
    assert [(each.kind, each.action) for each in made.changes] == [("contract", "conflict")]
    assert made.conflicts[0].conflicts[0].pointer == "/digest"
    server.apply(project("3"), prefer="files")
    assert server.state.workspaces[0].contract == project("3").workspaces[0].contract


def test_a_workspace_comes_before_what_is_in_it_and_goes_after() -> None:
    files = _project(_stub("a"), contract=ContractItem(root="a", files={"a": "1"}, digest="1"), scenarios=(_stub("s"),))
    server = Server()
    made = server.apply(files)
    kinds = [change.kind for change in made.changes]
    assert kinds == ["workspace", "environment", "environment", "environment", "contract", "stub", "scenario"]
    gone = server.plan(_project(), prune=True)
    assert [change.kind for change in gone.changes] == ["scenario", "stub", "contract"]


def test_another_order_of_stubs_is_a_change_because_the_last_one_answers() -> None:
    server = Server()
    server.apply(_project(_stub("a"), _stub("b")))
    files = _project(_stub("b"), _stub("a"))
    made = server.apply(files)
    [change] = made.changes
    assert (change.kind, change.action) == ("workspace", "update")
    assert change.fields == (FieldChange(pointer="/stubs", before=["a", "b"], after=["b", "a"]),)
    assert not server.plan(files).has_effects


def test_no_environments_are_the_default_ones() -> None:
    named = tuple(EnvironmentState(name=name) for name in ("dev", "test", "prod"))
    assert environments_of(WorkspaceState(name="w")) == named
    server = Server()
    server.apply(_project())
    assert server.plan(_project(environments=named)).changes == ()


def test_the_fingerprint_is_of_the_server_alone() -> None:
    server = Server()
    server.apply(_project(_stub("a")))
    first = server.plan(_project(_stub("a"))).fingerprint
    assert server.plan(_project(_stub("b")), prune=True).fingerprint == first
    server.state = _edited(server.state, "a", times=2)
    assert server.plan(_project(_stub("a"))).fingerprint != first


def test_files_beside_a_document_count_and_are_named_in_differences() -> None:
    server = Server()
    with_file = _stub("a", respond={"file": "a.txt"})
    server.apply(_project(replace(with_file, files={"a.txt": "YQ=="})))
    made = server.plan(_project(replace(with_file, files={"a.txt": "Yg=="})))
    assert made.changes[0].fields == (FieldChange(pointer="/files/a.txt", before="YQ==", after="Yg=="),)


def test_a_plan_survives_the_wire_and_its_brief_form_has_no_content() -> None:
    server, files = _conflicting()
    made = server.plan(files, prefer="server")
    assert msgspec.json.decode(msgspec.json.encode(made), type=Plan) == made
    assert brief(made).counts == made.counts
    assert {change.action: change.document is msgspec.UNSET for change in brief(made).changes} == {"merged": False}
    created = brief(Server().plan(files))
    assert created.changes
    assert all(change.document is msgspec.UNSET and not change.files for change in created.changes)
    request = PlanRequest(project=files, prune=True)
    assert msgspec.json.decode(msgspec.json.encode(request), type=PlanRequest) == request
