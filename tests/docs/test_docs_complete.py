"""The guides name everything that people can write: each field, function, filter and setting."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from doc_pages import ROOT

from mockops.mocking.importers.wiremock.handlebars import _HELPERS
from mockops.mocking.model import (
    BodyMatcher,
    Delay,
    FaultKind,
    Lifecycle,
    Override,
    Persona,
    RequestMatch,
    Scenario,
    ScenarioRule,
    Stub,
    StubResponse,
    Transition,
    ValueMatcher,
)
from mockops.mocking.rules.templates.dice import FAKES, Dice
from mockops.mocking.rules.templates.filters import PUBLIC
from mockops.mocking.rules.templates.scope import ROOTS, RequestView
from mockops.workspaces.model.settings import Cors, Settings

GUIDES = ROOT / "docs" / "guides"
_CODE = re.compile(r"`([^`\n]+)`")


def _named(page: str) -> set[str]:
    """Return the words that stand in code spans of a guide."""
    text = re.sub(r"^```.*?^```$", "", (GUIDES / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    return {word for span in _CODE.findall(text) for word in re.findall(r"[A-Za-z_][\w]*", span)}


@pytest.mark.parametrize("kind", [Stub, RequestMatch, ValueMatcher, BodyMatcher, StubResponse, Delay])
def test_stubs_md_names_every_key(kind: type) -> None:
    assert set(kind.__struct_encode_fields__) - _named("stubs.md") == set()


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(get_args(FaultKind), id="faults"),
        pytest.param(ROOTS, id="names"),
        pytest.param(RequestView.FIELDS, id="request"),
        pytest.param(Dice.METHODS, id="random"),
        pytest.param(FAKES, id="fake"),
        pytest.param(PUBLIC, id="filters"),
        pytest.param(_HELPERS, id="handlebars"),
    ],
)
def test_stubs_md_names_everything_that_templates_and_faults_know(words: tuple[str, ...]) -> None:
    assert set(words) - _named("stubs.md") == set()


@pytest.mark.parametrize("kind", [Scenario, ScenarioRule, Transition, Persona, Override, Lifecycle])
def test_scenarios_and_personas_md_names_every_key(kind: type) -> None:
    assert set(kind.__struct_encode_fields__) - {"source"} - _named("scenarios-and-personas.md") == set()


def test_files_md_says_the_default_of_every_setting() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.+?) \|", (GUIDES / "files.md").read_text(), re.MULTILINE))
    defaults = {name: getattr(Settings(), name) for name in Settings.__struct_fields__ if name != "cors"}
    defaults |= {f"cors.{name}": getattr(Cors(), name) for name in Cors.__struct_fields__}
    assert defaults.keys() - rows.keys() == set()
    for name, value in defaults.items():
        assert rows[name] == _shown(value), name


def _shown(value: object) -> str:
    if value in (None, ""):
        return "none"
    if isinstance(value, tuple):
        return '`["*"]`'
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
