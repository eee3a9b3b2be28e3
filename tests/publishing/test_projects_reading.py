"""Reading a project's folder: items as they were written, the same ids as when served, every mistake with its place."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from mockops.publishing.service.assemble import assemble
from mockops.publishing.service.projects.reading import ReadOptions, read_state
from mockops.workspaces.model.layout import LayoutInvalid
from mockops.workspaces.model.projects import EnvironmentState

SHOP = Path(__file__).parents[2] / "examples" / "shop"
CONTRACT = (
    "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a: {get: {responses: {'200': {description: x}}}}\n"
)


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text) if isinstance(text, str) else path.write_bytes(text)
    return root


def codes(read):
    return [(each.code, each.place.rpartition("/")[2]) for each in read.diagnostics]


def test_ids_are_those_of_what_is_served():
    served = {target.name: [stub.id for stub in target.stubs] for target in assemble([str(SHOP)]).snapshot.targets}
    assert {each.name: [stub.key for stub in each.stubs] for each in read_state(SHOP).state.workspaces} == served


def test_stubs_of_all_forms_are_items_as_they_were_written(tmp_path):
    root = write(
        tmp_path / "p",
        {
            "workspaces/w/stubs/one.yaml": "match: /x\nrespond: {file: d/body.bin}\n",
            "workspaces/w/stubs/d/body.bin": b"\xff\0",
            "workspaces/w/stubs/list.yaml": "- {id: a, match: /a}\n- {name: b, match: /b, delay: 1s}\n",
            "workspaces/w/stubs/stubs.json": '{"stubs": [{"id": "c", "match": "/c"}]}',
            "workspaces/w/mappings/m.json": '{"mappings": [{"id": "m", "request": {"method": "GET", "urlPath": "/m"}, '
            '"response": {"status": 204}}]}',
            "workspaces/w/__files/x.txt": "x",
        },
    )
    stubs = read_state(root).state.workspaces[0].stubs
    assert [stub.path.removeprefix("workspaces/w/") for stub in stubs] == [
        "stubs/list.yaml#/0",
        "stubs/list.yaml#/1",
        "stubs/one.yaml",
        "stubs/stubs.json#/stubs/0",
        "mappings/m.json#/mappings/0",
    ]
    assert stubs[1].document == {"name": "b", "match": "/b", "delay": "1s"}
    assert stubs[1].key.startswith("stub-")
    assert stubs[2].files == {"d/body.bin": b64encode(b"\xff\0").decode()}
    assert stubs[4].document == {
        "id": "m",
        "match": {"method": "GET", "path": "/m"},
        "respond": {"status": 204, "text": ""},
    }


def test_a_stub_s_id_does_not_depend_on_where_one_stands(tmp_path, monkeypatch):
    root = write(tmp_path / "w", {"workspace.yaml": "name: w", "stubs/s.yaml": "match: /x"})
    keys = [read_state(root).state.workspaces[0].stubs[0].key]
    monkeypatch.chdir(root)
    keys.append(read_state(Path()).state.workspaces[0].stubs[0].key)
    monkeypatch.chdir(tmp_path)
    keys.append(read_state(Path("w")).state.workspaces[0].stubs[0].key)
    assert len(set(keys)) == 1


def test_what_the_project_says_holds_for_every_workspace(tmp_path):
    root = write(
        tmp_path / "p",
        {
            "mockops.yaml": "name: P\norg: o\nteam: t\nsettings: {seed: 1}\nenvironments: {dev: {seed: 2}, prod: }\n",
            "workspaces/a/workspace.yaml": "title: An A\n",
            "workspaces/b/workspace.yaml": "name: The B\nteam: u\nenvironments: [prod, dev]\n"
            "settings: {stateful: true}\n",
        },
    )
    state = read_state(root).state
    a, b = state.workspaces
    dev, prod = EnvironmentState(name="dev", settings={"seed": 2}), EnvironmentState(name="prod")
    assert (state.name, state.org) == ("P", "o")
    assert (a.name, a.title, a.team, a.settings, a.environments) == ("a", "An A", "t", {"seed": 1}, (dev, prod))
    assert (b.name, b.title, b.team, b.environments) == ("the-b", "The B", "u", (prod, dev))
    assert b.settings == {"seed": 1, "stateful": True}


@pytest.mark.parametrize(
    ("files", "code", "place"),
    [
        ({"workspaces/w/stubs/a.yaml": "match: {pth: /}"}, "mocking.stub", "a.yaml:1:9"),
        ({"workspaces/w/stubs/a.yaml": "id: s\nmatch: /x\nrespond: {file: no.txt}"}, "mocking.stub", "a.yaml:3:11"),
        (
            {"workspaces/w/contract.yaml": CONTRACT, "workspaces/w/stubs/a.yaml": "match: getB\nrespond: 204"},
            "mocking.stub",
            "a.yaml",
        ),
        (
            {"workspaces/w/stubs/a.yaml": "{id: s, match: /x}", "workspaces/w/stubs/b.yaml": "{id: s, match: /x}"},
            "publishing.stub_id_taken",
            "b.yaml:1",
        ),
        ({"personas/a.yaml": "name: x", "personas/b.yaml": "name: x"}, "workspace.name_taken", "b.yaml:1"),
        ({"workspaces/v/workspace.yaml": "name: w"}, "workspace.name_taken", "workspace.yaml"),
        ({"mockops.yaml": "name: 7"}, "workspace.invalid", "mockops.yaml:1:1"),
        ({"mockops.yaml": "settings: {sede: 1}"}, "publishing.setting_invalid", "mockops.yaml:1:12"),
        ({"workspaces/w/contract.yaml": "a: 1"}, "contract.invalid", "contract.yaml"),
        ({"workspaces/w/workspace.yaml": "contract: https://x.invalid/a.yaml"}, "contract.invalid", "a.yaml"),
        ({"workspaces/w/scenarios/s.yaml": "{"}, "document.invalid", "s.yaml:1:2"),
    ],
)
def test_every_mistake_is_an_error_with_its_place(tmp_path, files, code, place):
    root = write(tmp_path / "p", {"workspaces/w/workspace.yaml": "name: w", **files})
    read = read_state(root)
    assert not read.is_usable
    assert any(each[0] == code and each[1].startswith(place) for each in codes(read)), codes(read)


def test_a_contract_at_a_url_is_fetched(tmp_path):
    root = write(tmp_path / "p", {"workspaces/w/workspace.yaml": "contract: https://x.example/a.yaml"})
    read = read_state(root, ReadOptions(fetch=lambda _: CONTRACT.encode()))
    assert read.is_usable
    contract = read.state.workspaces[0].contract
    assert contract is not None
    assert contract.path == "https://x.example/a.yaml"
    assert read.contracts[contract.digest].read().files == {"a.yaml": CONTRACT.encode()}


def test_what_is_no_project_is_refused(tmp_path):
    with pytest.raises(LayoutInvalid) as caught:
        read_state(tmp_path)
    assert "mockops init" in str(caught.value.diagnostics[0])
