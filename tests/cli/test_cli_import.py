"""`mockops import`: files in, a workspace that can be served out."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from mockops.cli.app import app
from mockops.testing import MockServer

DATA = Path(__file__).parent.parent / "mocking" / "data"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["import", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("format", "name", "folder", "path"),
    [
        ("postman", "petstore.postman_collection.json", "pet-store", "/pets/7"),
        ("har", "shop.har", "shop", "/v1/invoice.pdf"),
        ("mockoon", "shop.mockoon.json", "shop-api", "/api/v1/catalog"),
        ("auto", "shop.har", "shop", "/v1/report"),
    ],
)
def test_what_is_imported_can_be_served(format: str, name: str, folder: str, path: str) -> None:
    code, out, _ = run(format, DATA / name)
    assert (code, f"try: mockops serve {folder}" in out) == (0, True)
    assert Path(folder, "workspace.yaml").read_text() == f"name: {folder}\n"
    with MockServer(folder) as server:
        assert httpx.get(server.url + path).status_code == 200


def test_importing_twice_changes_nothing_and_edits_are_not_overwritten() -> None:
    assert run("har", DATA / "shop.har", "--into", "w")[0] == 0
    stubs = Path("w/stubs/shop.yaml")
    before = stubs.read_text()
    code, out, _ = run("har", DATA / "shop.har", "--into", "w")
    assert (code, "as they were" in out) == (0, True)
    stubs.write_text("[]")
    code, _, err = run("har", DATA / "shop.har", "--into", "w")
    assert (code, stubs.read_text()) == (1, "[]")
    assert "--force overwrites it" in err
    assert run("har", DATA / "shop.har", "--into", "w", "--force")[0] == 0
    assert stubs.read_text() == before


def test_in_a_project_a_workspace_is_made() -> None:
    Path("mockops.yaml").write_text("name: p\n")
    assert run("postman", DATA / "petstore.postman_collection.json")[0] == 0
    assert Path("workspaces/pet-store/stubs/pet-store.yaml").is_file()


def test_recordings_are_chosen_from_and_secrets_are_told() -> None:
    code, _, err = run("har", DATA / "shop.har", "--path-prefix", "/v1/login", "--redact-emails", "--into", "w")
    assert (code, "masked" in err) == (0, True)
    text = Path("w/stubs/shop.yaml").read_text()
    assert "redacted@example.com" in text
    assert "kim@example.com" not in text


def test_wiremocks_mappings_with_their_body_files(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "__files").mkdir()
    (tmp_path / "__files" / "a.json").write_text('{"a": 1}')
    mapping = {"id": "m", "request": {"urlPath": "/a"}, "response": {"status": 200, "bodyFileName": "a.json"}}
    (tmp_path / "mappings" / "a.json").write_text(json.dumps(mapping))
    assert run("wiremock", "mappings/a.json", "--into", "w")[0] == 0
    with MockServer("w") as server:
        assert httpx.get(f"{server.url}/a").json() == {"a": 1}


def test_stubs_that_could_not_be_served_are_left_out(tmp_path: Path) -> None:
    rules = [{"target": "query", "modifier": "q", "value": "(?=x)", "operator": "regex"}]
    responses = [{"default": True, "body": "ok"}, {"rules": rules, "body": "never"}]
    environment = {
        "lastMigration": 1,
        "name": "m",
        "routes": [{"method": "get", "endpoint": "a", "responses": responses}],
    }
    (tmp_path / "m.json").write_text(json.dumps(environment))
    code, out, err = run("mockoon", "m.json")
    assert (code, "1 stub\n" in out) == (0, True)
    assert "(?=x)" in err


@pytest.mark.parametrize(
    ("arguments", "content", "words"),
    [
        (("har", "none.har"), None, "there is no such file"),
        (("auto", "x.json"), "{}", "this is none of"),
        (("har", "x.json"), "{}", "an HTTP archive is"),
        (("postman", "x.json"), "{", "x.json"),
        (("har", "x.json"), '{"log": {"entries": []}}', "nothing in it can be imported"),
    ],
)
def test_what_cannot_be_imported_is_explained(arguments: tuple[str, ...], content: str | None, words: str) -> None:
    if content is not None:
        Path("x.json").write_text(content)
    code, _, err = run(*arguments)
    assert code == 1
    assert words in err


def test_files_outside_of_the_imported_files_folder_are_not_read(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inner / "link.txt").symlink_to(tmp_path / "secret.txt")
    responses = [{"bodyType": "FILE", "filePath": "link.txt"}]
    environment = {"lastMigration": 1, "routes": [{"method": "get", "endpoint": "a", "responses": responses}]}
    (inner / "m.json").write_text(json.dumps(environment))
    code, _, err = run("mockoon", "inner/m.json")
    assert code == 1
    assert "lies outside" in err
