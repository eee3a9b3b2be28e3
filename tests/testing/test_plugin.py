"""The pytest plugin, in a pytest run of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

PETSTORE = Path(__file__).parent.parent.parent / "examples" / "petstore.yaml"


def test_the_fixture_serves_the_markers_contract(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("petstore.yaml").write_bytes(PETSTORE.read_bytes())
    pytester.makepyfile(
        """
        import httpx, pytest

        @pytest.mark.mockops_spec("petstore.yaml", stateful=True)
        def test_creates(mockops):
            httpx.post(f"{mockops.url}/pets", json={"name": "Bo", "kind": "dog"}, headers={"X-Api-Key": "k"})
            mockops.verify("POST", "/pets", json={"name": "Bo"})

        def test_without_a_marker(mockops):
            mockops.stub("GET", "/x", json=1)
            assert httpx.get(f"{mockops.url}/x").json() == 1

        @pytest.mark.mockops_spec("petstore.yaml")
        def test_fails(mockops):
            httpx.get(f"{mockops.url}/pets/1")
            mockops.verify("GET", "/pets/2")
        """
    )
    result = pytester.runpytest_subprocess("--strict-markers", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*NotVerified: expected GET /pets/2 at least once*", "*Nearest requests:*"])


def test_a_missing_contract_is_an_error_that_names_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.mockops_spec("nowhere.yaml")
        def test_never(mockops):
            raise AssertionError
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*nowhere.yaml*"])
