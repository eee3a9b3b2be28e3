"""Every event name and problem code that exists in the source stands in a reference page."""

from __future__ import annotations

import re
from pathlib import Path

from api_world import World

ROOT = Path(__file__).parents[2]
SOURCES = {path: path.read_text() for path in sorted((ROOT / "src" / "mockops").rglob("*.py"))}
_NAME = r"\"([a-z][a-z_]*\.[a-z][a-z0-9_.]*)\""
PROBLEMS = (ROOT / "docs" / "reference" / "problems.md").read_text()
EVENTS = (ROOT / "docs" / "reference" / "events.md").read_text()


def _found(pattern: str) -> set[str]:
    return {name for text in SOURCES.values() for name in re.findall(pattern, text)}


def test_problem_codes_are_in_the_reference() -> None:
    codes = _found(rf"\bcode(?:: ClassVar\[str\])? = {_NAME}") | _found(rf"\bcode={_NAME}")
    codes |= _found(r"\"(api\.[a-z_]+)\"")
    assert len(codes) > 100
    assert sorted(code for code in codes if f"`{code}`" not in PROBLEMS) == [], "run `make docs`"


def test_events_are_in_the_reference() -> None:
    names = _found(rf"\btype: ClassVar\[str\] = {_NAME}")
    assert len(names) >= 4
    assert sorted(name for name in names if f"## `{name}`" not in EVENTS) == [], "run `make docs`"


def test_what_the_api_says_is_in_the_reference(world: World) -> None:
    """The description names the codes of each operation's refusals."""
    said = {
        code
        for operation in world.operations.values()
        for response in operation.document["responses"].values()
        for code in re.findall(r"`([a-z_]+\.[a-z_]+)`: ", response.get("description", ""))
    }
    assert len(said) > 30
    assert sorted(code for code in said if f"`{code}`" not in PROBLEMS) == []
