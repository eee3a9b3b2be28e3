"""The quick reading of `mockops serve` and the command line's framework say the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

import mockops.cli.serve
from mockops.cli.app import app
from mockops.cli.quick import FLAGS, OVERRIDES, VALIDATIONS, VALUES, read_quickly

if TYPE_CHECKING:
    from mockops.wiring.options import ServeOptions

HERE = str(Path(__file__))
SAMPLES = {
    "--port": "0",
    "--host": "::1",
    "--validation": "warn",
    "--seed": "77",
    "--tls-cert": HERE,
    "--tls-key": HERE,
    "--tls-client-ca": HERE,
    "--workers": "3",
    "--admin-port": "65535",
    "--journal-bytes": "0",
    "--max-body-bytes": "5",
}


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch):
    """Return what the framework makes of a command line."""

    def read(arguments: list[str]) -> ServeOptions | int:
        seen: list[ServeOptions] = []
        monkeypatch.setattr(mockops.cli.serve, "run_serve", lambda options: seen.append(options) or 0)
        with pytest.raises(SystemExit) as ended:
            app(arguments)
        return seen[0] if seen else int(ended.value.code or 0)

    return read


def options_of_the_framework() -> dict[str, Any]:
    command = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]
    return {
        name: parameter
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    }


def test_both_know_the_same_options() -> None:
    assert set(VALUES) | set(FLAGS) == set(options_of_the_framework()) - {"--help"}
    assert set(SAMPLES) == set(VALUES)
    assert tuple(each.value for each in mockops.cli.serve.Validation) == VALIDATIONS


@pytest.mark.parametrize("option", [*VALUES, *FLAGS])
def test_each_option_means_the_same(slowly, option: str) -> None:
    words = [option, SAMPLES[option]] if option in VALUES else [option]
    if option.startswith("--tls"):
        words = ["--tls-cert", HERE, "--tls-key", HERE, *words]
    for arguments in (["serve", "a.yaml", *words], ["serve", *words, "a.yaml", "b.yaml"]):
        quick = read_quickly(arguments)
        assert quick is not None
        assert quick == slowly(arguments)
    if option in VALUES and not option.startswith("--tls"):
        assert read_quickly(["serve", "a", f"{option}={SAMPLES[option]}"]) == read_quickly(["serve", "a", *words])


def test_defaults_are_the_same(slowly) -> None:
    assert read_quickly(["serve", "a.yaml"]) == slowly(["serve", "a.yaml"])
    assert all(name in ("validation", "seed", "stateful") for name in OVERRIDES)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["validate", "a.yaml"],
        ["serve"],
        ["serve", "--help"],
        ["serve", "a", "--port"],
        ["serve", "a", "--port", "x"],
        ["serve", "a", "--port", "65536"],
        ["serve", "a", "--port", "-1"],
        ["serve", "a", "--workers", "0"],
        ["serve", "a", "--prot", "1"],
        ["serve", "a", "--watch=1"],
        ["serve", "a", "-w"],
        ["serve", "a", "--", "--port"],
        ["serve", "a", "--validation", "none"],
        ["serve", "a", "--tls-cert", HERE],
        ["serve", "a", "--tls-client-ca", HERE],
        ["serve", "a", "--tls-cert", "/nowhere", "--tls-key", HERE],
    ],
)
def test_what_is_not_right_is_left_to_the_framework(arguments: list[str]) -> None:
    assert read_quickly(arguments) is None
