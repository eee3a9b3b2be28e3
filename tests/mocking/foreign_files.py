"""Files of other tools, imported and served, for tests."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockops.core.documents import read_document
from mockops.core.errors import Invalid
from mockops.mocking.importers.foreign import FORMATS, Imported, ImportOptions, read_foreign
from mockops.mocking.importers.shapes import Plain
from mockops.mocking.importers.stubs import read_stubs
from mockops.mocking.importers.written import as_yaml
from mockops.mocking.rules.check import check_stub
from mockops.testing import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis import strategies as st

DATA = Path(__file__).parent / "data"


def no_file(name: str) -> bytes:
    """Refuse to read."""
    raise Invalid(f"{name}: there are no files here")


def import_sample(format: str, name: str, **options: Any) -> Imported:
    """Return what a sample file becomes; what is written down must read as what is used."""
    document = read_document((DATA / name).read_bytes(), name)
    imported = read_foreign(
        format, document, read_file=lambda each: (DATA / each).read_bytes(), options=ImportOptions(**options)
    )
    require_round_trip(imported)
    return imported


def import_data(format: str, data: Any, **options: Any) -> Imported:
    """Return what a value becomes."""
    imported = read_foreign(format, Plain(data, "x.json"), read_file=no_file, options=ImportOptions(**options))
    require_round_trip(imported)
    return imported


def require_round_trip(imported: Imported) -> None:
    """Check that the documents, as a YAML file, read as the stubs, and that each stub compiles."""
    text = as_yaml(imported.documents).encode()
    read, found = read_stubs(read_document(text, "stubs/x.yaml"), read_file=imported.files.__getitem__)
    assert [each for each in found if each.severity == "error"] == []
    assert [_bare(stub) for stub in read] == [_bare(stub) for stub in imported.stubs]
    assert [problem for stub in read for problem in check_stub(stub, {}) if problem.severity == "error"] == []


def _bare(stub: Any) -> Any:
    return {name: getattr(stub, name) for name in stub.__struct_fields__ if name != "source"}


@contextmanager
def served(imported: Imported, folder: Path) -> Iterator[MockServer]:
    """Serve what was imported, from files."""
    bodies = folder / "stubs" / "__files"
    bodies.mkdir(parents=True)
    (folder / "workspace.yaml").write_text("name: imported\n")
    (folder / "stubs" / "imported.yaml").write_text(as_yaml(imported.documents))
    for name, content in imported.files.items():
        (bodies / name).write_bytes(content)
    with MockServer(folder) as server:
        yield server


def hostile(json: st.SearchStrategy[Any], skeleton: Any) -> st.SearchStrategy[Any]:
    """Return documents of a format's shape in which any value may be any JSON."""
    from hypothesis import strategies as st

    if isinstance(skeleton, dict):
        whole = st.fixed_dictionaries({}, optional={key: hostile(json, value) for key, value in skeleton.items()})
    elif isinstance(skeleton, list):
        whole = st.lists(hostile(json, skeleton[0]), max_size=3)
    else:
        whole = st.sampled_from(skeleton if isinstance(skeleton, tuple) else (skeleton,))
    return st.one_of(whole, whole, whole, json)


def messages(imported: Imported) -> str:
    """Return what is said about an import, as one text."""
    return "\n".join(map(str, imported.diagnostics))


assert set(FORMATS) == {"wiremock", "postman", "har", "mockoon"}
