"""What a name on the command line stands for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.publishing.service.sources import (
    ContractSource,
    ProjectSource,
    SourceUnknown,
    WorkspaceSource,
    find_sources,
    folders_of,
    name_of,
    slug,
)

OPERATION = "{get: {responses: {'200': {description: ok}}}}"
CONTRACT = f"openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {OPERATION}}}\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str = CONTRACT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_folder_gives_its_contracts_and_not_their_parts(here):
    write(here / "apis" / "a.yaml")
    write(here / "apis" / "deep" / "b.json", '{"swagger": "2.0", "paths": {}}')
    write(here / "apis" / "schemas" / "pet.yaml", "type: object\n")
    write(here / "apis" / "notes.txt")
    write(here / "apis" / ".hidden" / "c.yaml")
    write(here / "apis" / "node_modules" / "d.yaml")
    found = find_sources(["apis"])
    assert found == [ContractSource(Path("apis/a.yaml")), ContractSource(Path("apis/deep/b.json"))]


def test_projects_and_workspaces_are_told_from_contracts(here):
    write(here / "all" / "project" / "mockops.yaml", "name: p\n")
    write(here / "all" / "project" / "workspaces" / "w" / "contract.yaml")
    write(here / "all" / "lone" / "workspace.yaml", "name: w\n")
    write(here / "all" / "lone" / "contract.yaml")
    write(here / "all" / "plain.yaml")
    assert find_sources(["all"]) == [
        WorkspaceSource(Path("all/lone")),
        ContractSource(Path("all/plain.yaml")),
        ProjectSource(Path("all/project")),
    ]


def test_globs_urls_and_files_come_in_order_each_once(here):
    for name in ("b.yaml", "a.yaml"):
        write(here / name)
    found = find_sources(["b.yaml", "*.yaml", "https://example.com/x.yaml", str(here / "*.yaml"), "b.yaml"])
    assert found == [
        ContractSource(Path("b.yaml")),
        ContractSource(Path("a.yaml")),
        ContractSource("https://example.com/x.yaml"),
        ContractSource(here / "a.yaml"),
        ContractSource(here / "b.yaml"),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("petstor.yaml", "did you mean petstore.yaml?"),
        ("petstore.json", "did you mean petstore.yaml?"),
        ("zzzz.yaml", "no such file or folder"),
        ("gone/petstore.yaml", "there is no folder 'gone' either"),
        ("empty", "nothing to serve there"),
        ("*.raml", "nothing to serve there"),
        ("  ", "an empty name"),
        ("a\0b.yaml", "no such file"),
        ("x" * 300 + ".yaml", "too long"),
    ],
)
def test_a_name_that_stands_for_nothing_is_explained(here, name, words):
    write(here / "petstore.yaml")
    (here / "empty").mkdir()
    with pytest.raises(SourceUnknown) as error:
        find_sources([name])
    assert words in str(error.value)


def test_a_folder_that_links_to_itself_ends(here):
    write(here / "loop" / "a.yaml")
    (here / "loop" / "again").symlink_to(here / "loop")
    (here / "loop" / "up").symlink_to(here)
    assert find_sources(["loop"]) == [ContractSource(Path("loop/a.yaml"))]


def test_on_a_reload_a_missing_file_is_somebody_elses_complaint(here):
    assert find_sources(["gone.yaml"], missing_ok=True) == [ContractSource(Path("gone.yaml"))]
    with pytest.raises(SourceUnknown):
        find_sources(["gone"], missing_ok=True)


def test_new_files_are_looked_for_where_folders_and_globs_are(here):
    write(here / "apis" / "a.yaml")
    named = ["apis", "apis/a.yaml", "apis/**/*.yaml", "*.yaml", "https://example.com/?*"]
    assert folders_of(named) == {Path("apis"), Path()}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (Path("apis/Pet Store.v2.yaml"), "pet-store-v2"),
        (Path("apis/users/openapi.yaml"), "users"),
        ("https://example.com/billing/openapi.json?v=3", "billing"),
        ("https://example.com/pets.yaml", "pets"),
        (Path("äöü.yaml"), "api"),
    ],
)
def test_a_target_is_called_after_its_file_or_folder(place, name):
    assert name_of(place, []) == name


def test_names_stay_unique():
    taken: list[str] = []
    for _ in range(4):
        taken.append(name_of(Path("pets.yaml"), taken))
    assert taken == ["pets", "pets-2", "pets-3", "pets-4"]


@given(st.text(max_size=200))
def test_a_slug_is_a_label_of_a_host_name(text):
    made = slug(text)
    assert 1 <= len(made) <= 60
    assert made.isascii()
    assert made == made.lower()
    assert all(each.isalnum() or each == "-" for each in made)
    assert not made.startswith("-")
    assert not made.endswith("-")
    assert slug(made) == made
