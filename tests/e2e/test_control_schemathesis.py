"""Schemathesis against the API's own document, on a real process: nothing breaks, nothing undeclared is answered.

Left out: the two streams (`…/stream`: server-sent events that do not end) and `gateways/applied`, which waits on
purpose. What would take the ground from under the others (deleting or renaming the workspace and the organization that
they are aimed at) is disabled; `tests/promises` call it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from processes import ROOT, Machine, machine_in

TOKEN = "mko_" + "Ab12" * 10
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
CONFIG = """
[parameters]
"path.workspace" = "payments"
"path.environment" = ["dev", "test"]
"path.format" = ["postman", "har", "wiremock", "mockoon"]
"path.name" = ["checkout-declined", "vip", "newcomer", "unknown"]
"path.key" = ["declined-card", "rate-limit", "unknown"]

[[operations]]
include-operation-id = [
    "workspaces.delete_workspace", "workspaces.update_workspace", "workspaces.delete_organization",
    "workspaces.update_organization", "workspaces.delete_environment"
]
enabled = false
"""
MAX_S = 240
"""Seconds; on a machine of its own it takes twenty."""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_in(tmp_path) as found:
        yield found


def test_the_api_keeps_what_its_document_says(machine: Machine, tmp_path: Path) -> None:
    control = machine.start(
        *("control", "--database-url", f"sqlite:///{tmp_path / 'm.db'}", "--port", "0", "--auth", "token"),
        *("--data", tmp_path / "data"),
        MOCKOPS_BOOTSTRAP_TOKEN=TOKEN,
    )
    server = control.said("control:").split()[0]
    machine.run("apply", ROOT / "examples" / "shop", MOCKOPS_SERVER=server, MOCKOPS_TOKEN=TOKEN)
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run"),
            *(f"{server}/api/v1/openapi.json", "--header", f"Authorization: Bearer {TOKEN}"),
            *("--checks", CHECKS, "--phases", "fuzzing", "--max-examples", "5", "--seed", "2026", "--no-shrink"),
            *("--continue-on-failure", "--request-timeout", "10", "--warnings", "off"),
            *("--suppress-health-check", "all", "--generation-database", "none", "--no-color"),
            *("--exclude-path-regex", "/stream$|/gateways/applied$"),
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=MAX_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
    assert control.stop() == 0
    assert "Traceback" not in control.text
    assert TOKEN not in control.text
