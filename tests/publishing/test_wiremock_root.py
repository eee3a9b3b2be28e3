"""WireMock's folders are served as they lie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mockops.publishing.service.assemble import Assembled, assemble

if TYPE_CHECKING:
    from pathlib import Path


def mapping(url: str, **response: Any) -> str:
    return json.dumps({"request": {"method": "GET", "urlPath": url}, "response": {"status": 200, **response}})


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def bodies(assembled: Assembled) -> dict[str, Any]:
    assert assembled.diagnostics == ()
    (target,) = assembled.snapshot.targets
    return {stub.match.path or stub.match.operation: stub.respond.text for stub in target.stubs}


def test_a_wiremock_root_is_served_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "Wire Mock"
    pet = mapping("/pet", bodyFileName="pets/7.json")
    write(root, **{"mappings/deep/pet.json": pet, "__files/pets/7.json": "{}", "__files/pets/stub.json": pet})
    for named in (root, tmp_path):
        assembled = assemble([str(named)])
        assert bodies(assembled) == {"/pet": "{}"}
        assert assembled.snapshot.targets[0].name == "wire-mock"


@pytest.mark.parametrize("place", ["__files", "stubs/__files", "stubs/mappings/__files", "stubs/mappings/in/__files"])
def test_bodies_are_found_in_files_folders_at_or_above_the_stub(tmp_path: Path, place: str) -> None:
    own = json.dumps({"match": {"path": "/own"}, "respond": {"file": "a.json"}})
    wire = mapping("/wire", bodyFileName="a.json")
    write(tmp_path, **{"workspace.yaml": "name: a", f"{place}/a.json": "[]"})
    write(tmp_path, **{"stubs/mappings/in/own.json": own, "stubs/mappings/in/wire.json": wire})
    assert bodies(assemble([str(tmp_path)])) == {"/own": "[]", "/wire": "[]"}


def test_the_nearest_files_folder_counts_and_what_lies_beside_the_stub_before_it(tmp_path: Path) -> None:
    write(tmp_path, **{"workspace.yaml": "name: a", "__files/a.txt": "far", "stubs/__files/a.txt": "near"})
    write(tmp_path, **{"stubs/one.yaml": "match: {path: /one}\nrespond: {file: a.txt}\n"})
    write(
        tmp_path, **{"stubs/in/two.yaml": "match: {path: /two}\nrespond: {file: a.txt}\n", "stubs/in/a.txt": "beside"}
    )
    assert bodies(assemble([str(tmp_path)])) == {"/one": "near", "/two": "beside"}


def test_nothing_above_the_workspace_and_nothing_outside_of_the_folder_is_read(tmp_path: Path) -> None:
    write(tmp_path, **{"__files/a.txt": "secret", "one/workspace.yaml": "name: a", "secret.txt": "secret"})
    write(tmp_path, **{"one/stubs/a.yaml": "match: {path: /a}\nrespond: {file: a.txt}\n"})
    write(tmp_path, **{"one/stubs/b.yaml": "match: {path: /b}\nrespond: {file: b.txt}\n", "one/__files/x.txt": ""})
    (tmp_path / "one" / "__files" / "b.txt").symlink_to(tmp_path / "secret.txt")
    assembled = assemble([str(tmp_path / "one")])
    assert not assembled.snapshot.targets[0].stubs
    assert ["No such file" in each.message or "lies outside" in each.message for each in assembled.diagnostics] == [
        True,
        True,
    ]


def test_a_folder_that_is_only_called_mappings_hides_no_contract(tmp_path: Path) -> None:
    spec = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {}\n"
    write(tmp_path, **{"mappings/index.json": '{"properties": {}}', "mappings/a.yaml": spec, "pets.yaml": spec})
    assert sorted(target.name for target in assemble([str(tmp_path)]).snapshot.targets) == ["a", "pets"]
