"""Who is asking."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockops.gateway.callers import read_caller


def test_headers_win_over_baggage() -> None:
    caller = read_caller({"mockops-persona": "vip", "baggage": "mockops.persona=newcomer,mockops.scenario=sold-out"})
    assert (caller.persona, caller.scenario) == ("vip", "sold-out")


def test_baggage_is_percent_decoded_and_its_properties_are_not_values() -> None:
    caller = read_caller({"baggage": "other=1, mockops.persona = Ada%20L ;ttl=5, mockops.ci-run=job%2F7"})
    assert (caller.persona, caller.ci_run) == ("Ada L", "job/7")


def test_the_session_is_the_ci_run_unless_said() -> None:
    assert read_caller({}).session == "default"
    assert read_caller({"mockops-ci-run": "job-7"}).session == "job-7"
    assert read_caller({"mockops-ci-run": "job-7", "mockops-session": "s"}).session == "s"
    assert read_caller({"baggage": "mockops.ci_run=job-8"}).ci_run == "job-8"


@given(st.text(max_size=300))
def test_any_baggage_is_read_without_complaint(value: str) -> None:
    caller = read_caller({"baggage": value})
    assert len(caller.persona) <= 200
