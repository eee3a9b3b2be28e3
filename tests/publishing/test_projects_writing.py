"""Writing a project and reading it again: nothing is lost, nothing unchanged is touched, nothing leaves the folder."""

from __future__ import annotations

import shutil
import tempfile
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.rules.bundles import bundle_digest
from mockops.publishing.service.projects.reading import read_state
from mockops.workspaces.model.projects import (
    ContractItem,
    EnvironmentState,
    Item,
    ProjectInvalid,
    ProjectState,
    WorkspaceState,
)
from mockops.workspaces.rules.entries import entries_of
from mockops.workspaces.rules.plan import plan
from mockops.workspaces.service.projects import write_state

replace = msgspec.structs.replace
SHOP = Path(__file__).parents[2] / "examples" / "shop"
CONTRACT = (
    b"openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a: {get: {responses: {'200': {description: x}}}}\n"
)


def _contract(content: bytes = CONTRACT, path: str = "contract.yaml") -> ContractItem:
    root = path.rpartition("/")[2] or "contract.yaml"
    files = {root: sha256(content).hexdigest()}
    return ContractItem(root=root, files=files, digest=bundle_digest(root, files), path=path)


def _write(state, root, current=None, **options):
    files = {}
    options.setdefault("read_contract", lambda item: {item.root: CONTRACT, **files})
    read = read_state(root) if current else None
    return write_state(
        state, root, current=read.state if read else None, folders=read.folders if read else {}, **options
    )


def _read(root):
    read = read_state(root)
    assert not read.diagnostics, "\n".join(map(str, read.diagnostics))
    return read.state


def _same(one: ProjectState, other: ProjectState) -> bool:
    """Whether two states mean the same, wherever their items lie."""
    made = plan({}, one, other)
    return set(made.counts) <= {"unchanged"} and len(entries_of(one)) == len(entries_of(other))


KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    ["../../x", "con", "a/b", "A", "a", ".git", "x" * 200, "a.yaml", "no"]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@st.composite
def stubs(draw):
    found = {}
    for key in draw(st.lists(KEYS, max_size=4, unique=True)):
        document = {"id": key, "match": "GET /a", "respond": {"status": 200, "json": draw(TEXTS | st.integers())}}
        files = {}
        if draw(st.booleans()):
            name = draw(st.sampled_from(["body.txt", "body.json", "d/x.bin"]))
            document["respond"] = {"file": name}
            files[name] = b64encode(draw(st.binary(max_size=5))).decode()
        found[key] = Item(key=key, document=document, files=files)
    return tuple(found.values())


def named(document):
    return st.lists(KEYS, max_size=3, unique=True).map(
        lambda keys: tuple(Item(key=key, document={"name": key, **document}) for key in keys)
    )


WORKSPACES = st.builds(
    WorkspaceState,
    name=st.just("w"),
    title=TEXTS,
    description=TEXTS,
    team=TEXTS,
    settings=st.fixed_dictionaries({}, optional={"seed": st.integers(), "cors": st.just({"max_age_s": 5})}),
    environments=st.sampled_from(
        [
            (),
            (EnvironmentState(name="a"),),
            (EnvironmentState(name="b", settings={"seed": 1}), EnvironmentState(name="a")),
        ]
    ),
    contract=st.sampled_from([None, _contract(), _contract(path=""), _contract(path="../../../../x/contract.yaml")]),
    stubs=stubs(),
    scenarios=named({"rules": [{"operation": "GET /a", "delay": 1}]}),
)
STATES = st.builds(
    ProjectState,
    name=st.just("p"),
    workspaces=st.tuples(WORKSPACES, WORKSPACES.map(lambda each: replace(each, name="v-2"))),
    personas=named({"seed": 1}),
)


@settings(max_examples=40, deadline=None)
@given(STATES)
def test_what_is_exported_is_read_as_it_was(state):
    with tempfile.TemporaryDirectory() as home:
        root = Path(home) / "in" / "p"
        written = _write(state, root)
        assert not written.notes
        assert all(path.resolve().is_relative_to(root.resolve()) for path in written.written)
        again = _read(root)
        assert _same(state, again)
        assert not _write(again, root, current=True).written
        assert [*Path(home).iterdir()] == [root.parent]
        assert [*root.parent.iterdir()] == [root]


@settings(max_examples=30, deadline=None)
@given(STATES, STATES)
def test_pulling_with_prune_leaves_what_the_server_has(first, second):
    with tempfile.TemporaryDirectory() as home:
        root = Path(home) / "p"
        _write(first, root)
        _write(second, root, current=True, prune=True)
        assert {name: entry.digest for name, entry in entries_of(_read(root)).items()} == {
            name: entry.digest for name, entry in entries_of(second).items()
        }


@pytest.fixture
def shop(tmp_path):
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


def _snapshot(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _edit(state, workspace, key, **members):
    def edit(item):
        return replace(item, document={**item.document, **members}) if item.key == key else item

    return replace(
        state,
        workspaces=tuple(
            replace(each, stubs=tuple(map(edit, each.stubs)), scenarios=tuple(map(edit, each.scenarios)))
            if each.name == workspace
            else each
            for each in state.workspaces
        ),
    )


def test_only_the_file_of_what_changed_is_rewritten(shop):
    before = _snapshot(shop)
    state = _edit(_read(shop), "payments", "declined-card", name="Declined")
    written = _write(state, shop, current=True)
    [path] = written.written
    assert path == shop / "workspaces/payments/stubs/declined-card.yaml"
    assert {each: text for each, text in _snapshot(shop).items() if each != path} == {
        each: text for each, text in before.items() if each != path
    }
    assert _same(state, _read(shop))


def test_a_stub_among_several_of_a_file_changes_there(shop):
    state = _edit(_read(shop), "shipping", "carriers-up", name="Up")
    written = _write(state, shop, current=True)
    assert written.written == (shop / "workspaces/shipping/stubs/carriers-down.yaml",)
    assert _same(state, _read(shop))


def test_what_is_new_gets_a_file_and_what_is_gone_stays_without_prune(shop):
    state = _read(shop)
    auth = state.workspaces[0]
    stub = Item(key="new one", document={"id": "new one", "match": "/x"}, path="../../evil.yaml")
    edited = replace(state, workspaces=(replace(auth, stubs=(*auth.stubs[1:], stub)), *state.workspaces[1:]))
    [path] = _write(edited, shop, current=True).written
    assert path.parent == shop / "workspaces/auth/stubs"
    gone = shop / auth.stubs[0].path
    assert gone.exists()
    assert _write(edited, shop, current=True, prune=True).removed == (gone,)
    assert not gone.exists()


def test_settings_that_the_project_says_for_all_are_not_repeated(shop):
    state = _read(shop)
    auth = state.workspaces[0]
    edited = replace(state, workspaces=(replace(auth, settings={**auth.settings, "seed": 7}), *state.workspaces[1:]))
    [path] = _write(edited, shop, current=True).written
    assert path.read_text() == "name: auth\ncontract: contract.yaml\nsettings:\n  seed: 7\n"
    assert _same(edited, _read(shop))


def test_what_the_project_says_for_all_can_be_taken_back(shop):
    state = _read(shop)
    auth = state.workspaces[0]
    edited = replace(state, workspaces=(replace(auth, settings={"validation": "enforce"}), *state.workspaces[1:]))
    _write(edited, shop, current=True)
    assert _read(shop).workspaces[0].settings["seed"] == 0


def test_another_contract_is_written_in_place(shop):
    state = _read(shop)
    auth = replace(state.workspaces[0], stubs=(), contract=_contract())
    edited = replace(state, workspaces=(auth, *state.workspaces[1:]))
    assert _write(edited, shop, current=True).written == (shop / "workspaces/auth/contract.yaml",)
    assert (shop / "workspaces/auth/contract.yaml").read_bytes() == CONTRACT


def test_a_contract_never_replaces_a_file_that_is_not_its_own(shop):
    (shop / "workspaces/auth/extra.yaml").write_text("mine")
    state = _read(shop)
    files = {"contract.yaml": "0" * 64, "extra.yaml": "0" * 64}
    contract = ContractItem(root="contract.yaml", files=files, digest="1" * 64, path="contract.yaml")
    edited = replace(state, workspaces=(replace(state.workspaces[0], contract=contract), *state.workspaces[1:]))
    with pytest.raises(ProjectInvalid, match="in the way"):
        _write(edited, shop, current=True, read_contract=lambda _: {"contract.yaml": CONTRACT, "extra.yaml": b"x"})
    assert (shop / "workspaces/auth/extra.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["../evil", "..", "/etc/x", "a/b", "a\\b", "C:x", ""])
def test_names_of_workspaces_and_contract_files_lead_nowhere(tmp_path, name):
    root = tmp_path / "p"
    with pytest.raises(ProjectInvalid):
        _write(ProjectState(workspaces=(WorkspaceState(name=name),)), root)
    contract = ContractItem(root="a.yaml", files={}, digest="1")
    state = ProjectState(workspaces=(WorkspaceState(name="w", contract=contract),))
    with pytest.raises(ProjectInvalid):
        _write(state, root, read_contract=lambda _: {f"{name}": b"x"} if name != "a/b" else {"../x": b"x"})
    assert {path.name for path in tmp_path.rglob("*")} <= {"p", "mockops.yaml", "workspaces", "w"}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "p"
    (root / "workspaces").mkdir(parents=True)
    (root / "workspaces" / "w").symlink_to(outside)
    with pytest.raises(ProjectInvalid):
        _write(ProjectState(workspaces=(WorkspaceState(name="w"),)), root)
    assert not list(outside.iterdir())


def test_a_wiremock_mapping_is_read_and_never_rewritten(tmp_path):
    mappings = tmp_path / "p/workspaces/w/mappings"
    mappings.mkdir(parents=True)
    (mappings / "a.json").write_text(
        '{"id": "m1", "request": {"method": "GET", "urlPath": "/x"}, "response": {"status": 204}}'
    )
    state = _read(tmp_path / "p")
    assert [stub.key for stub in state.workspaces[0].stubs] == ["m1"]
    (tmp_path / "q").mkdir()
    assert _same(state, _read(_copied(state, tmp_path / "q")))
    edited = _edit(state, "w", "m1", priority=1)
    written = _write(edited, tmp_path / "p", current=True)
    assert "m1" in written.notes[0]
    assert not [path for path in written.written if path.name != "mockops.yaml"]


def _copied(state, root):
    _write(state, root)
    return root


def test_an_export_names_the_schemas_for_editors(tmp_path):
    _write(_read(SHOP), tmp_path / "p", schemas=".mockops/schemas", read_contract=lambda item: {item.root: CONTRACT})
    stub = (tmp_path / "p/workspaces/auth/stubs/locked-out.yaml").read_text()
    assert stub.startswith("# yaml-language-server: $schema=../../../.mockops/schemas/stub.json\n")
