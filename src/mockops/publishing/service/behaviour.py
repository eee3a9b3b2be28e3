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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mockops.core.documents import Document
    from mockops.mocking.model import Stub

__all__ = ["check_scenario", "check_stub", "read_persona", "read_scenario", "stub_reader", "unique"]


def stub_reader(path: Path) -> Callable[[Document], tuple[list[Stub], list[Diagnostic]]]:
    """Return what reads the stub file at `path`; the files it names lie beside it or below."""
    folder = path.resolve().parent

    def read_beside(name: str) -> bytes:
        beside = (folder / name).resolve()
        if not beside.is_relative_to(folder):
            message = f"{name} lies outside {folder.name}/"
            raise Invalid(message)
        return beside.read_bytes()

    return partial(read_stubs, read_file=read_beside)


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
