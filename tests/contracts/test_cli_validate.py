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
    assert (done.exit_code, done.stdout) == (0, "1 source checked: 0 errors, 0 warnings\n")


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
    assert "3 sources checked: 1 error, 2 warnings" in done.stdout


def test_json_is_for_machines(folder: Path) -> None:
    done = run(str(folder / "broken.yaml"), "--output", "json")
    document = msgspec.json.decode(done.stdout)
    (checked,) = document["sources"]
    assert done.exit_code == 1
    assert document["errors"] == 1
    places = [(problem["pointer"], problem["line"]) for problem in checked["problems"]]
    assert places == [("/paths/~1a", 3), ("/paths", 2)]


def test_what_does_not_exist_is_a_problem_and_no_match_is_wrong_usage(folder: Path) -> None:
    assert run(str(folder / "nope.yaml")).exit_code == 1
    assert run(str(folder / "*.zzz")).exit_code == 2
    assert run().exit_code == 2


def test_an_example_that_breaks_its_schema_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        """openapi: 3.1.0
info: {title: a, version: "1"}
paths:
  /a:
    get:
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: {type: object, required: [id], properties: {id: {type: integer}}}
              examples:
                good: {value: {id: 1}}
                bad:
                  value: {id: one}
"""
    )
    done = run(str(tmp_path / "api.yaml"))
    assert done.exit_code == 0
    assert "api.yaml:15:19: warning: GET /a: example 'bad' breaks its own schema: id:" in done.stdout
    assert done.stdout.count("breaks its own schema") == 1


def test_a_projects_stubs_and_scenarios_are_checked_too(tmp_path: Path) -> None:
    stubs = tmp_path / "workspaces" / "pay" / "stubs"
    stubs.mkdir(parents=True)
    (tmp_path / "mockops.yaml").write_text("name: shop\n")
    (stubs / "a.yaml").write_text("match: GET /a\nrespnd: {status: 200}\n")
    (stubs / "b.yaml").write_text("match: GET /b\nrespond: {template: true, text: '{{ request.boddy }}'}\n")
    done = run(str(tmp_path))
    assert done.exit_code == 1
    assert "a.yaml:2" in done.stdout
    assert "did you mean 'respond'?" in done.stdout
    assert "'request.boddy' does not exist" in done.stdout
