"""What README and guides tell people to do works, as written."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from doc_pages import FILES, PAGES, POSTGRESQL, ROOT, RUN, Block, Walk, blocks_of

from mockops.core.documents import read_document
from mockops.core.errors import Invalid
from mockops.mocking.importers.foreign import detect_format
from mockops.mocking.importers.personas import read_persona
from mockops.mocking.importers.scenarios import read_scenario
from mockops.mocking.importers.stubs import read_stubs
from mockops.mocking.rules.check import check_scenario, check_stub
from mockops.publishing.service.assemble import assemble

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.documents import Document

_CURL = shutil.which("curl")
_QUICK_START = (
    "curl -i http://127.0.0.1:7080/pets/42",
    "curl -i http://127.0.0.1:7080/pets -H 'X-Api-Key: k' --json '{\"name\": \"Bo\"}'",
)
_BLOCKS = [
    pytest.param(page, block, id=f"{page.relative_to(ROOT)}:{block.line}")
    for page in PAGES
    for block in blocks_of(page)
]
_LINKS = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _has_json_option() -> bool:
    """Say whether there is a curl as the pages use it (7.82 of 2022 brought `--json`)."""
    if _CURL is None:
        return False
    return "--json" in subprocess.run([_CURL, "--help", "all"], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(not _has_json_option(), reason="needs curl 7.82 or newer")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_works(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    needs_server = POSTGRESQL in page.read_text()
    url = request.getfixturevalue("empty_postgresql_url") if needs_server else ""
    walk = Walk(page, tmp_path / "reader", postgresql_url=url)
    try:
        for block in blocks_of(page):
            walk.do(block)
        walk.finish()
    finally:
        walk.kill()


@pytest.mark.parametrize(("page", "block"), _BLOCKS)
def test_a_block_says_what_it_is_and_what_comes_of_it(page: Path, block: Block) -> None:
    if block.language in FILES:
        assert block.notes.keys() & {"file", "not run"}, "say which file it is: <!-- file: stubs/x.yaml -->"
    elif block.language == "sh" and block.commands and "not run" not in block.notes:
        assert block.prints, "say what it prints: <!-- prints: … -->"
    elif block.language == "python":
        assert "def test_" in block.text, "a python block is a pytest module"
    else:
        assert block.language in RUN | {"text", "make"}


@pytest.mark.parametrize(("page", "block"), [case for case in _BLOCKS if "file" in case.values[1].notes])
def test_a_file_that_is_shown_can_be_used(page: Path, block: Block) -> None:
    name = block.notes["file"]
    if not name.endswith((".yaml", ".json")):
        pytest.skip("a file that other files use")
    document = read_document(block.text.encode(), name)
    assert [*document.warnings, *_complaints(name, document)] == []


def _complaints(name: str, document: Document) -> list[Diagnostic]:
    operations = {"listPets": "GET /pets", "getPet": "GET /pets/{petId}", "createPet": "POST /pets"}
    operations |= {key: key for key in operations.values()}
    if "stubs/" in name:
        stubs, found = read_stubs(document, read_file=lambda _: b"a file")
        assert stubs
        return [*found, *(problem for stub in stubs for problem in check_stub(stub, operations))]
    if "scenarios/" in name:
        scenario, found = read_scenario(document)
        assert scenario is not None
        return [*found, *check_scenario(scenario, operations)]
    if "personas/" in name:
        return read_persona(document)[1]
    # mockops.yaml and workspace.yaml: the servers that the page starts must not complain, see below
    return []


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any("file" in block.notes for block in blocks_of(page))],
    ids=lambda page: page.name,
)
def test_the_files_of_a_page_together_make_a_project(page: Path, tmp_path: Path) -> None:
    walk = Walk(page, tmp_path / "reader")
    blocks = [block for block in blocks_of(page) if "file" in block.notes]
    for block in blocks:
        walk.do(block)
    for root in {block.notes["file"].partition("/")[0] for block in blocks}:
        path = walk.folder / root
        if path.suffix == ".py":
            continue  # a program that the page runs
        if path.is_file() and detect_format(read_document(path.read_bytes(), root).data) is not None:
            continue  # a file of another tool, to be imported
        try:
            assembled = assemble([str(walk.folder / root)])
        except Invalid as error:
            pytest.fail(f"{root}: {error}")
        assert [str(each) for each in assembled.diagnostics] == []


def test_the_quick_start_is_run_as_written() -> None:
    commands = [command for block in blocks_of(ROOT / "README.md") for command in block.commands]
    assert commands[: 1 + len(_QUICK_START)] == ["mockops serve examples/petstore.yaml --watch", *_QUICK_START]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    generated = (ROOT / "scripts" / "generated.py").read_text()
    targets = [(page.parent / each).resolve() for each in _LINKS.findall(page.read_text()) if "://" not in each]
    names = [str(each.relative_to(ROOT)) for each in targets if not each.exists()]
    assert [name for name in names if f'"{name}"' not in generated] == []


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
