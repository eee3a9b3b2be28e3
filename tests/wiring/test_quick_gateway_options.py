"""The quick reading of `mockops gateway` and the command line's framework say the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

import mockops.wiring.gateway
from mockops.cli.gateway import app
from mockops.cli.quick_gateway import VALUES, read_gateway
from mockops.wiring.gateway import TokenInvalid

if TYPE_CHECKING:
    from mockops.wiring.gateway import GatewayOptions

HERE = str(Path(__file__))
SAMPLES = {
    "--control-url": "http://127.0.0.1:1",
    "--token": "secret",
    "--port": "0",
    "--host": "::1",
    "--admin-port": "65535",
    "--data": str(Path(HERE).parent),
    "--name": "edge",
    "--control-ca": HERE,
    "--tls-cert": HERE,
    "--tls-key": HERE,
    "--tls-client-ca": HERE,
    "--workers": "1",
    "--journal-bytes": "0",
    "--max-body-bytes": "5",
}
NEEDED = ("--control-url", "http://c:1", "--token", "t")


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what the framework makes of a command line."""

    def read(arguments: list[str]) -> GatewayOptions | int:
        seen: list[GatewayOptions] = []
        monkeypatch.setattr(mockops.wiring.gateway, "run_gateway", lambda options: seen.append(options) or 0)
        with pytest.raises(SystemExit) as ended:
            app(arguments)
        return seen[0] if seen else int(ended.value.code or 0)

    return read


def test_both_know_the_same_options() -> None:
    command = typer.main.get_command(app)
    known = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    assert set(VALUES) == {name for name in known if "completion" not in name} - {"--help"}


def test_both_make_the_same_of_all_of_them(slowly: Any) -> None:
    words = [word for pair in SAMPLES.items() for word in pair]
    assert read_gateway(["gateway", *words]) == slowly(words)
    signed = [f"{name}={value}" for name, value in SAMPLES.items()]
    assert read_gateway(["gateway", *signed]) == slowly(words)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--control-url", "http://c:1"),
        (*NEEDED, "--workers", "3"),
        (*NEEDED, "--tls-cert", HERE),
        (*NEEDED, "--tls-client-ca", HERE),
        (*NEEDED, "--port", "70000"),
        (*NEEDED, "--nonsense", "1"),
        (*NEEDED, "stray"),
    ],
)
def test_what_is_not_right_goes_to_the_framework_which_refuses_it(words: tuple[str, ...], slowly: Any) -> None:
    assert read_gateway(["gateway", *words]) is None
    assert slowly(list(words)) == 2


def test_a_token_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")
    named = read_gateway(["gateway", "--control-url", "http://c:1", "--token-file", str(file)])
    assert named is not None
    assert named.token == "from-file"
    monkeypatch.setenv("MOCKOPS_TOKEN", "from-environment")
    told = read_gateway(["gateway", "--control-url", "http://c:1"])
    assert told is not None
    assert told.token == "from-environment"
    file.write_text("two words")
    with pytest.raises(TokenInvalid, match="that is no token"):
        read_gateway(["gateway", "--control-url", "http://c:1", "--token-file", str(file)])


def test_other_commands_are_none_of_its_business() -> None:
    assert read_gateway(["serve", "x"]) is None
    assert read_gateway(["gateway", "list"]) is None
