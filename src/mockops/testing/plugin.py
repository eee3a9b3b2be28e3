"""The pytest plugin: a `mockops` fixture, and a `mockops_spec` marker that says what it serves.

Everything heavy is imported when a test first uses the fixture: the plugin is loaded in every pytest run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.testing.server import MockServer


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "mockops_spec(*specs, **settings): contracts that the `mockops` fixture serves; "
        "paths are relative to the test's file, else to the root",
    )


@pytest.fixture
def mockops(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """Serve the contracts of the nearest `mockops_spec` marker (none: stubs only) while the test runs."""
    from mockops.testing.server import MockServer  # noqa: PLC0415 (see the module's docstring)

    marker = request.node.get_closest_marker("mockops_spec")
    specs = marker.args if marker is not None else ()
    settings = marker.kwargs if marker is not None else {}
    with MockServer(*(_located(request, str(spec)) for spec in specs), **settings) as server:
        yield server


def _located(request: pytest.FixtureRequest, spec: str) -> str:
    """Return where a contract is: beside the test's file, else below the root."""
    for folder in (request.path.parent, request.config.rootpath):
        if (folder / spec).exists():
            return str(folder / spec)
    return str(Path(spec))
