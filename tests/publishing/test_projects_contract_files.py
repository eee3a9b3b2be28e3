"""Which files a contract is made of, found without compiling it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from mockops.contracts.model import ContractInvalid
from mockops.contracts.rules.bundles import digest_of
from mockops.contracts.service.load import load_contract
from mockops.publishing.service.projects.contract_files import find_contract

ROOT = """openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /a: {$ref: 'parts/a.yaml#/a'}
  /b: {get: {responses: {'200': {$ref: "parts/b.json"}}}}
"""
A = "a:\n  get:\n    responses:\n      '200':\n        $ref: ./b.json\n      '201': {$ref: '../contract.yaml#/x'}\n"
B = '{"description": "fine"}'
FILES = {"contract.yaml": ROOT, "parts/a.yaml": A, "parts/b.json": B}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "in" / "contract.yaml"


def test_a_contract_is_its_document_and_all_that_it_refers_to(root):
    found = find_contract(root, "contract.yaml")
    assert found.item.root == "contract.yaml"
    assert found.item.files == {name: sha256(text.encode()).hexdigest() for name, text in FILES.items()}
    bundle = found.read()
    assert digest_of(bundle) == found.item.digest
    assert bundle.files == {name: text.encode() for name, text in FILES.items()}
    assert {path.resolve() for path in load_contract(root).files} == {
        Path(place).resolve() for place in found.contents.values() if not isinstance(place, bytes)
    }


@pytest.mark.parametrize(
    "reference", ["../secret.yaml", "/etc/hostname", "missing.yaml", "http://x/y.yaml", "..%2Fsecret.yaml"]
)
def test_what_lies_elsewhere_is_not_taken_along(root, reference):
    (root.parent.parent / "secret.yaml").write_text("a: 1")
    root.write_text(ROOT.replace("parts/b.json", reference))
    assert set(find_contract(root, "contract.yaml").item.files) == set(FILES)  # a.yaml still refers to b.json


def test_a_link_out_of_the_folder_is_not_followed(root):
    secret = root.parent.parent / "secret.yaml"
    secret.write_text("a: 1")
    (root.parent / "parts" / "b.json").unlink()
    (root.parent / "parts" / "b.json").symlink_to(secret)
    assert set(find_contract(root, "contract.yaml").item.files) == {"contract.yaml", "parts/a.yaml"}


def test_a_url_brings_what_lies_below_its_folder():
    base = "https://specs.example/v1/"
    contents = {base + name: text.encode() for name, text in FILES.items()}
    asked = []

    def fetch(url):
        asked.append(url)
        return contents[url]

    found = find_contract(base + "contract.yaml", base + "contract.yaml", fetch=fetch)
    assert found.read().files == {name: text.encode() for name, text in FILES.items()}
    assert set(asked) == set(contents)
    assert find_contract(base + "contract.yaml", "", fetch=fetch).item.digest == found.item.digest


@pytest.mark.parametrize(
    ("text", "words"),
    [("a: 1", "neither"), ("- a", "neither"), ("{", "contract.yaml"), ("", "empty"), (None, "cannot be read")],
)
def test_what_is_no_contract_is_refused_with_its_place(tmp_path, text, words):
    path = tmp_path / "contract.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ContractInvalid, match=words) as caught:
        find_contract(path, "contract.yaml")
    assert caught.value.diagnostics[0].source == str(path)


def test_without_a_fetcher_urls_are_refused():
    with pytest.raises(ContractInvalid, match="not fetched"):
        find_contract("https://specs.example/a.yaml", "")
