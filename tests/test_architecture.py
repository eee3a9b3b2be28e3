"""The promises of ARCHITECTURE.md that a machine can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "mockops"
MODULES = sorted(SOURCE.rglob("*.py"))
MAX_LINES = 400


def name_of(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_says_what_it_is_and_is_not_too_long(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), f"{name_of(path)} has no docstring"
    assert len(text.splitlines()) <= MAX_LINES, (
        f"{name_of(path)} is longer than {MAX_LINES} lines: find the missing noun"
    )


def test_half_of_the_modules_are_short() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] <= 150


def test_no_folder_is_named_after_nothing() -> None:
    nameless = {"utils", "util", "common", "helpers", "helper", "models", "misc"}
    assert not [name_of(path) for path in MODULES if nameless & set(path.relative_to(SOURCE).with_suffix("").parts)]


def test_every_rule_has_tests() -> None:
    """A rules module, or the package it is part of, is imported or named by some test of its slice."""
    for slice_ in ("contracts", "mocking"):
        tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
        for path in sorted((SOURCE / slice_ / "rules").iterdir()):
            name = path.stem
            if name.startswith("_"):
                continue
            assert (
                f"mockops.{slice_}.rules.{name}" in tests or f"rules_{name}" in tests or f"rules import {name}" in tests
            ), f"no test imports mockops.{slice_}.rules.{name}"


def test_no_error_is_swallowed() -> None:
    """`except Exception: pass` and its kin stand nowhere."""
    swallowed = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = node.type.id if isinstance(node.type, ast.Name) else None
            is_broad = node.type is None or caught in {"Exception", "BaseException"}
            if is_broad and all(isinstance(each, ast.Pass | ast.Continue | ast.Return) for each in node.body):
                swallowed.append(f"{name_of(path)}:{node.lineno}")
    assert not swallowed


FOREIGN = ("fastapi", "pydantic", "starlette", "sqlalchemy", "dbos", "alembic", "httpx")


def test_the_gateway_loads_no_framework() -> None:
    """The linter stops at external packages; what is really loaded does not lie."""
    code = f"""
import sys
import mockops.gateway.handler, mockops.gateway.admin, mockops.gateway.http.server, mockops.publishing.service.assemble
print([name for name in {FOREIGN!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "[]"


HEAVY = ("mimesis", "jinja2", "rich", "yaml", "jsonpath_rfc9535", "watchfiles", "asyncio.subprocess")


def test_start_up_loads_nothing_heavy() -> None:
    """Each of these costs 50 to 270 ms; they are imported when first needed."""
    code = f"""
import sys
import mockops.wiring.serve
print([name for name in {HEAVY[:-1]!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_pytest_plugin_costs_other_peoples_runs_nothing() -> None:
    code = (
        "import sys; import mockops.testing.plugin; print([n for n in sys.modules if n.startswith('mockops.gateway')])"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_file_names_a_package_index() -> None:
    """Which index a machine uses is its own business (ADR 0001)."""
    hosts = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    texts = [
        ROOT / name for name in listed if name and (ROOT / name).suffix not in {".png"} and (ROOT / name).is_file()
    ]
    assert not [str(path) for path in texts if any(host in path.read_text(errors="replace") for host in hosts)]
