"""Which files of a folder belong to which workspace."""

from __future__ import annotations

import pytest

from mockops.core.errors import Invalid
from mockops.workspaces.model.layout import CONTRACT_NAMES, LayoutInvalid
from mockops.workspaces.service import layout as service


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "project" / "workspaces" / "pets"
    folder.mkdir(parents=True)
    return folder


def test_a_workspace_names_itself_or_is_called_after_its_folder(home):
    assert service.read_workspace(home)[0].name == "pets"
    (home / "workspace.yaml").write_text("name: animals\n")
    assert service.read_workspace(home)[0].name == "animals"


@pytest.mark.parametrize("name", CONTRACT_NAMES)
def test_a_contract_is_found_by_its_usual_names(home, name):
    (home / name).write_text("openapi: 3.1.0\n")
    assert service.read_workspace(home)[0].contract == home / name


def test_a_contract_may_be_named_be_a_url_or_be_missing(home):
    assert service.read_workspace(home)[0].contract is None
    (home / "api.v2.yaml").write_text("openapi: 3.1.0\n")
    (home / "workspace.yaml").write_text("contract: api.v2.yaml\n")
    assert service.read_workspace(home)[0].contract == home / "api.v2.yaml"
    (home / "workspace.yaml").write_text("contract: https://example.com/a.yaml\n")
    assert service.read_workspace(home)[0].contract == "https://example.com/a.yaml"


def test_files_come_in_a_stable_order_from_all_depths(home):
    for name in ("b.yaml", "a.yml", "deep/c.json", "notes.txt", "label.zpl"):
        (home / "stubs" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "stubs" / name).write_text("{}")
    files, _ = service.read_workspace(home)
    assert [path.relative_to(home / "stubs").as_posix() for path in files.stubs] == ["a.yml", "b.yaml", "deep/c.json"]
    assert files.scenarios == ()


def test_a_project_hands_its_settings_down(home):
    root = home.parents[1]
    (root / "mockops.yaml").write_text("name: zoo\nsettings: {seed: 1, cors: {enabled: true, max_age_s: 5}}\n")
    (home / "workspace.yaml").write_text("settings: {cors: {max_age_s: 9}}\n")
    (root / "personas").mkdir()
    (root / "personas" / "vip.yaml").write_text("name: vip\n")
    project, found = service.read_project(root)
    assert found == []
    assert project.name == "zoo"
    assert project.workspaces[0].settings == {"seed": 1, "cors": {"enabled": True, "max_age_s": 9}}
    assert project.personas == (root / "personas" / "vip.yaml",)


def test_a_folder_of_workspaces_is_a_project_even_without_a_file(home):
    root = home.parents[1]
    assert service.is_project(root)
    assert not service.is_project(home)
    assert service.read_project(root)[0].name == "project"


def test_a_project_needs_a_workspace(tmp_path):
    (tmp_path / "mockops.yaml").write_text("name: p\n")
    with pytest.raises(LayoutInvalid, match="no workspace in it"):
        service.read_project(tmp_path)


def test_one_unreadable_workspace_file_does_not_hide_the_others(home):
    (home / "workspace.yaml").write_text("name: [\n")
    other = home.parent / "other"
    other.mkdir()
    project, found = service.read_project(home.parents[1])
    assert [each.name for each in project.workspaces] == ["other"]
    assert project.broken == (home,)
    assert found[0].source == str(home / "workspace.yaml")
    with pytest.raises(Invalid):
        service.read_workspace(home)


def test_a_workspace_file_that_is_a_folder_is_named(home):
    (home / "workspace.yaml").mkdir()
    assert not service.is_workspace(home)
    assert service.read_workspace(home)[0].name == "pets"


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("nme: x\n", "did you mean `name`?", 1),
        ("name: x\nzzz: 1\n", "known keys: name", 2),
        ("- a\n", "a mapping is needed", 1),
    ],
)
def test_unknown_words_are_named_with_their_line(home, text, words, line):
    (home / "workspace.yaml").write_text(text)
    _, found = service.read_workspace(home)
    assert len(found) == 1
    assert words in str(found[0])
    assert found[0].line == line
