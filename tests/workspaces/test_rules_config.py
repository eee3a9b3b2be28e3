"""What a workspace is asked to be: every problem at once."""

from __future__ import annotations

import pytest

from mockops.workspaces.model.environments import NewEnvironment, WorkspaceInvalid
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.rules.config import check_config, effective_settings
from mockops.workspaces.rules.editing import check_latest, differing, given


def faults(**asked: object) -> dict[str, str]:
    with pytest.raises(WorkspaceInvalid) as refused:
        check_config(**asked)  # type: ignore[arg-type]
    return {each.pointer: each.hint for each in refused.value.diagnostics}


def test_every_problem_is_named_where_it_is() -> None:
    found = faults(
        settings={"validaton": "warn", "cors": {"max_age_s": "x"}, "seed": 3},
        labels={"tier": "gold", "bad key!": "x", "ok": "a\nb"},
        environments=[
            NewEnvironment(name="dev"),
            NewEnvironment(name="Dev"),
            NewEnvironment(name="dev", settings={"x": 1}),
        ],
    )
    assert found["/settings/validaton"] == "did you mean `validation`?"
    assert set(found) == {
        "/settings/validaton",
        "/settings/cors/max_age_s",
        "/labels/bad key!",
        "/labels/ok",
        "/environments/1/name",
        "/environments/2/name",
        "/environments/2/settings/x",
    }


def test_a_workspace_has_some_environments_and_not_too_many() -> None:
    assert set(faults(environments=[])) == {"/environments"}
    assert set(faults(environments=[NewEnvironment(name=f"e{n}") for n in range(51)])) == {"/environments"}


@pytest.mark.parametrize("settings", [{"persona": "\ud800"}, {"session_ttl_s": float("nan")}, {"seed": float("inf")}])
def test_what_json_cannot_keep_is_refused(settings: dict[str, object]) -> None:
    assert set(faults(settings=settings)) == {"/settings"}
    assert set(faults(labels={"\ud800": "x"})) == {"/labels"}


def test_numbers_have_bounds() -> None:
    wrong = {"listen": 70_000, "session_ttl_s": -1, "max_session_bytes": -1, "cors": {"max_age_s": 1 << 40}}
    assert set(faults(settings=wrong)) == {
        "/settings/listen",
        "/settings/session_ttl_s",
        "/settings/max_session_bytes",
        "/settings/cors/max_age_s",
    }


def test_what_is_right_passes() -> None:
    check_config(settings={"seed": 2**70}, labels={"team.io/tier": "gold 1"}, environments=[NewEnvironment(name="dev")])
    check_config()


def test_an_environments_settings_lie_over_the_workspaces() -> None:
    settings = effective_settings({"seed": 1, "stateful": True}, {"seed": 2})
    assert (settings.seed, settings.stateful) == (2, True)


def test_editing_shares_its_words() -> None:
    check_latest(3, 3)
    check_latest(3, None)
    with pytest.raises(Changed, match="version 2 was read, 3 is the latest"):
        check_latest(3, 2)
    assert given(a=1, b=None, c="") == {"a": 1, "c": ""}
    one, two = NewEnvironment(name="a", settings={"x": 1}), NewEnvironment(name="b", settings={"x": 1})
    assert differing(one, two) == ({"name": "a"}, {"name": "b"})
