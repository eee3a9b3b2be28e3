"""`mockops validate`: every problem with its place, and an exit code that scripts can trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from mockops.cli.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

_GOOD = "openapi: 3.0.3\npaths:\n  /a:\n    get: {responses: {}}\n"
_WARNED = "openapi: 3.0.3\npaths:\n  /a/{id}:\n    get: {responses: {}}\n"
_BROKEN = "openapi: 3.0.3\npaths:\n  /a: 5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("good.yaml", _GOOD), ("warned.yaml", _WARNED), ("broken.yaml", _BROKEN), ("other.json", "[]")):
        (tmp_path / name).write_text(text)
    return tmp_path


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(validate)
    return CliRunner().invoke(app, arguments)


def test_a_sound_contract_passes(folder: Path) -> None:
    done = run(str(folder / "good.yaml"))
    assert (done.exit_code, done.stdout) == (0, "1 contract checked: 0 errors, 0 warnings\n")


def test_warnings_fail_only_when_strict(folder: Path) -> None:
    assert run(str(folder / "warned.yaml")).exit_code == 0
    assert run(str(folder / "warned.yaml"), "--strict").exit_code == 1


def test_a_problem_has_file_line_pointer_and_hint(folder: Path) -> None:
    done = run(str(folder / "warned.yaml"))
    assert f"{folder}/warned.yaml:4:5: warning: {{id}} of the path is not declared" in done.stdout
    assert "(at /paths/~1a~1{id}/get)" in done.stdout
    assert "hint: declare a parameter" in done.stdout


def test_folders_and_globs_name_contracts(folder: Path) -> None:
    done = run(str(folder), str(folder / "*.yaml"))
    assert done.exit_code == 1
    assert "3 contracts checked: 1 error, 2 warnings" in done.stdout


def test_json_is_for_machines(folder: Path) -> None:
    done = run(str(folder / "broken.yaml"), "--output", "json")
    document = msgspec.json.decode(done.stdout)
    (checked,) = document["contracts"]
    assert done.exit_code == 1
    assert document["errors"] == 1
    places = [(problem["pointer"], problem["line"]) for problem in checked["problems"]]
    assert places == [("/paths/~1a", 3), ("/paths", 2)]


def test_what_does_not_exist_is_a_problem_and_no_match_is_wrong_usage(folder: Path) -> None:
    assert run(str(folder / "nope.yaml")).exit_code == 1
    assert run(str(folder / "*.zzz")).exit_code == 2
    assert run().exit_code == 2
