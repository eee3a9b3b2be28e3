"""What people add to a contract: stubs, scenarios and personas, read from files and checked.

A module of its own because most gateways serve contracts alone, and start sooner without the importers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Diagnostic
from mockops.core.errors import Invalid
from mockops.mocking.importers.personas import read_persona
from mockops.mocking.importers.scenarios import read_scenario
from mockops.mocking.importers.stubs import read_stubs
from mockops.mocking.rules.check import check_scenario, check_stub
from mockops.workspaces.model.layout import BODIES_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mockops.core.documents import Document
    from mockops.mocking.model import Stub

__all__ = [
    "check_scenario",
    "check_stub",
    "file_reader",
    "read_persona",
    "read_scenario",
    "read_stubs",
    "stub_reader",
    "unique",
]


def stub_reader(path: Path, workspace: Path) -> Callable[[Document], tuple[list[Stub], list[Diagnostic]]]:
    """Return what reads the stub file at `path`; see `file_reader` for the files it names."""
    return partial(read_stubs, read_file=file_reader(path, workspace))


def file_reader(path: Path, workspace: Path) -> Callable[[str], bytes]:
    """Return what reads the files that the stub file at `path` names.

    They lie beside it or below, or in the nearest folder `__files`, as WireMock has it, beside it or in a folder above,
    up to the workspace's.
    """
    folder, top = path.resolve().parent, workspace.resolve()
    above = [each for each in (folder, *folder.parents) if each.is_relative_to(top)]

    def read_near(name: str) -> bytes:
        try:
            return _read_below(folder, name)
        except FileNotFoundError:
            bodies = next((each / BODIES_FOLDER for each in above if (each / BODIES_FOLDER).is_dir()), None)
            if bodies is None:
                raise
            return _read_below(bodies, name)

    return read_near


def _read_below(folder: Path, name: str) -> bytes:
    """Return a file's content; links may not lead out of the folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        message = f"{name} lies outside {folder.name}/"
        raise Invalid(message)
    return path.read_bytes()


def unique(stubs: Iterable[Stub]) -> tuple[list[Stub], list[Diagnostic]]:
    """Leave out stubs whose id an earlier file has taken: in one workspace an id means one stub."""
    first: dict[str, Stub] = {}
    found = []
    for stub in stubs:
        known = first.setdefault(stub.id, stub)
        if known is stub:
            continue
        name, _, line = stub.source.rpartition(":")
        found.append(
            Diagnostic(
                code="publishing.stub_id_taken",
                message=f"the stub id {stub.id!r} is taken by {known.source}",
                source=name or stub.source,
                line=int(line) if line.isdigit() else None,
                hint="give it another id",
            )
        )
    return list(first.values()), found
