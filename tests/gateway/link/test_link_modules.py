"""What a gateway loads, and what serving files does not."""

from __future__ import annotations

import subprocess
import sys

FOREIGN = ("fastapi", "pydantic", "starlette", "sqlalchemy", "dbos", "alembic", "httpx", "httpx2", "typer", "rich")


def loaded(imports: str, names: tuple[str, ...]) -> str:
    code = f"import sys\n{imports}\nprint([name for name in {names!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def test_a_gateway_of_control_loads_no_framework() -> None:
    assert loaded("import mockops.cli, mockops.wiring.gateway, mockops.gateway.admin.dispatch", FOREIGN) == "[]"


def test_serving_files_knows_nothing_of_control() -> None:
    assert (
        loaded(
            "import mockops.cli, mockops.wiring.serve",
            ("zstandard", "mockops.gateway.link", "mockops.gateway.upstream"),
        )
        == "[]"
    )
