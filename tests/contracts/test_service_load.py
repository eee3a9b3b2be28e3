"""Loading contracts from files and URLs, with a cache that is never trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockops.contracts.model import ContractInvalid
from mockops.contracts.service import load as load_module
from mockops.contracts.service.load import load_contract

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.contracts.service.load import LoadedContract

_ROOT = """\
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                $ref: "%s"
"""


def write(folder: Path, ref: str = "schemas/pet.yaml#/Pet") -> Path:
    (folder / "schemas").mkdir(exist_ok=True, parents=True)
    (folder / "schemas" / "pet.yaml").write_text("Pet: {type: string}\n")
    root = folder / "api.yaml"
    root.write_text(_ROOT % ref)
    return root


def kind(loaded: LoadedContract) -> object:
    (schema,) = loaded.contract.operation(0).definitions.values()
    return schema


def test_files_referred_to_are_loaded_and_named(tmp_path: Path) -> None:
    root = write(tmp_path)
    loaded = load_contract(root)
    assert kind(loaded) == {"type": "string"}
    assert loaded.files == (root, tmp_path / "schemas" / "pet.yaml")
    assert loaded.diagnostics == ()


@pytest.mark.parametrize(
    "ref", ["../secret.yaml#/Pet", "/etc/hostname", "http://127.0.0.1:1/x", "schemas/../../secret.yaml#/Pet"]
)
def test_a_reference_out_of_the_folder_is_refused(tmp_path: Path, ref: str) -> None:
    (tmp_path / "secret.yaml").write_text("Pet: {type: integer}")
    root = write(tmp_path / "inner", ref)
    (problem,) = load_contract(root).diagnostics
    assert problem.code == "contract.ref_broken"
    assert "outside" in problem.message or "not allowed" in problem.message
    assert (problem.line, problem.column) == (12, 17)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("Pet: {type: integer}")
    root = write(tmp_path / "inner", "link.yaml#/Pet")
    (tmp_path / "inner" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "outside" in load_contract(root).diagnostics[0].message


def test_everything_is_followed_when_allowed(tmp_path: Path) -> None:
    root = write(tmp_path, "https://example.com/pet.json#/Pet")
    loaded = load_contract(root, fetch=lambda url: b'{"Pet": {"type": "integer"}}', allow_remote_refs=True)
    assert kind(loaded) == {"type": "integer"}


def test_a_url_is_loaded_with_what_stands_beside_it() -> None:
    documents = {
        "https://example.com/a/api.yaml": (_ROOT % "../b/pet.json#/Pet").encode(),
        "https://example.com/b/pet.json": b'{"Pet": {"type": "integer"}}',
    }
    loaded = load_contract("https://example.com/a/api.yaml", fetch=documents.__getitem__)
    assert kind(loaded) == {"type": "integer"}
    assert loaded.files == ()


def test_the_second_load_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "api")
    first = load_contract(root, cache_dir=tmp_path / "cache")
    monkeypatch.setattr(load_module, "import_contract", lambda *_: pytest.fail("it was compiled again"))
    second = load_contract(root, cache_dir=tmp_path / "cache")
    assert (second.contract.digest, second.files) == (first.contract.digest, first.files)
    assert kind(second) == {"type": "string"}


@pytest.mark.parametrize("changed", ["api.yaml", "schemas/pet.yaml"])
def test_a_change_of_any_file_is_seen(tmp_path: Path, changed: str) -> None:
    root = write(tmp_path / "api")
    load_contract(root, cache_dir=tmp_path / "cache")
    if changed == "api.yaml":
        root.write_text(root.read_text().replace("/pets", "/cats"))
    else:
        (root.parent / changed).write_text("Pet: {type: number}\n")
    loaded = load_contract(root, cache_dir=tmp_path / "cache")
    assert (loaded.contract.entries[0].path, kind(loaded)) == (
        ("/cats", {"type": "string"}) if changed == "api.yaml" else ("/pets", {"type": "number"})
    )


def test_a_file_that_appears_later_is_seen(tmp_path: Path) -> None:
    root = write(tmp_path / "api", "late.yaml#/Pet")
    assert load_contract(root, cache_dir=tmp_path / "cache").diagnostics
    (root.parent / "late.yaml").write_text("Pet: {type: boolean}")
    loaded = load_contract(root, cache_dir=tmp_path / "cache")
    assert (loaded.diagnostics, kind(loaded)) == ((), {"type": "boolean"})


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign"])
def test_a_damaged_cache_is_rebuilt(tmp_path: Path, damage: str) -> None:
    root, cache = write(tmp_path / "api"), tmp_path / "cache"
    digest = load_contract(root, cache_dir=cache).contract.digest
    (file,) = cache.iterdir()
    good = file.read_bytes()
    bad = {"cut": good[:-5], "flip": good[:-3] + b"?" + good[-2:], "empty": b"", "foreign": b"\xff" * 100}[damage]
    file.write_bytes(bad)
    assert load_contract(root, cache_dir=cache).contract.digest == digest
    assert file.read_bytes() == good


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert kind(load_contract(write(tmp_path / "api"), cache_dir=blocked)) == {"type": "string"}


def test_problems_from_the_cache_have_their_lines(tmp_path: Path) -> None:
    root = write(tmp_path / "api", "schemas/pet.yaml#/Pet")
    root.write_text(root.read_text().replace("/pets:", "/pets/{id}:"))
    first, second = (load_contract(root, cache_dir=tmp_path / "cache").diagnostics for _ in range(2))
    assert first == second
    assert (first[0].line, first[0].column) == (5, 5)


@pytest.mark.parametrize(
    ("content", "words"),
    [("a: ]", "not valid YAML"), ("a: 1", "neither"), ("openapi: 4.0.0", "cannot be served"), ("", "empty")],
)
def test_what_cannot_be_served_at_all_is_refused_with_its_place(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(content)
    with pytest.raises(ContractInvalid, match=words) as caught:
        load_contract(file)
    assert caught.value.diagnostics[0].line == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match="there is no file"):
        load_contract(tmp_path / "nope.yaml")


def test_a_document_without_operations_is_served_with_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text("openapi: 3.1.0\ninfo: {title: x, version: '1'}\nwebhooks: {}\n")
    loaded = load_contract(file)
    assert loaded.contract.entries == ()
    assert [found.code for found in loaded.diagnostics] == ["contract.empty"]


def test_what_another_compiler_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "api.yaml"
    document.write_text("openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {/a: {get: {responses: {}}}}\n")
    cache = tmp_path / "cache"
    load_contract(document, cache_dir=cache)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr("mockops.contracts.service.compiled.compiler_stamp", lambda: "another")
    load_contract(document, cache_dir=cache)
    assert len(list(cache.iterdir())) == 2
