"""The benchmark's own parts: what they would get wrong would look like a result."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

BENCH = Path(__file__).parents[2] / "bench"


def load(name: str) -> Any:
    """Import a module of bench/, which is a folder of scripts and not a package."""
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


check, configure, wrk, plan, report, results, run, scenarios, servers, steady = (
    load(name)
    for name in (
        "check",
        "configure",
        "load",
        "plan",
        "report",
        "results",
        "run",
        "scenarios",
        "servers",
        "steady",
    )
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_an_answer_holds_itself_and_may_hold_more(value: Any) -> None:
    assert check.holds(value, value)
    assert check.holds({"a": value}, {"a": value, "b": 1})
    assert not check.holds({"a": value}, {})
    assert not check.holds([value], [value, value])


def test_a_number_is_not_taken_for_a_truth() -> None:
    assert not check.holds(1, True)
    assert not check.holds({"id": 1}, {"id": "1"})


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_an_answers_length_is_found_however_it_is_framed(body: bytes, more: bytes) -> None:
    sized = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    assert steady.complete_length(sized + more) == len(sized)
    assert steady.complete_length(sized.split(b"\r\n\r\n")[0]) is None
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    assert steady.complete_length(chunked) is None
    assert steady.complete_length(chunked + b"0\r\n\r\n") == len(chunked) + 5


def test_latency_counts_from_when_a_request_was_due() -> None:
    load_of = steady.Load(b"", 200, rate=100.0)
    asked: list[float] = []

    class Recorder:
        def ask(self, due: float) -> None:
            asked.append(due)
            load_of.latencies.append(0.0)
            load_of.free(self)

    load_of.idle.append(Recorder())
    total = asyncio.run(load_of.run(0.1))
    assert total == len(asked) == 10
    steps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert steps == pytest.approx([0.01] * 9)


def test_a_run_of_wrk_counts_only_if_nothing_went_wrong() -> None:
    found = wrk.read_result("noise\nBENCH 1000 2000000 0 0 0 100 900 950 999\n")
    assert (found.per_s, found.p50_ms, found.p99_ms) == (500.0, 0.1, 0.9)
    for broken in ("BENCH 1000 2000000 1 0 0 1 1 1 1", "BENCH 1000 2000000 0 0 7 1 1 1 1", "unable to connect"):
        with pytest.raises(servers.Failed):
            wrk.read_result(broken)


def test_lua_literals_are_plain_ascii() -> None:
    assert wrk.lua_text('a"\\\nö') == '"a\\034\\092\\010\\195\\182"'


@pytest.mark.parametrize("adapter", ["wiremock", "mockoon", "mockops"])
def test_every_stub_of_a_plan_reaches_the_configuration(
    adapter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configure, "find_peer", lambda kind: [kind])
    scenario = scenarios.stubs_by_query(100)
    getattr(configure, adapter)(scenario.plan, tmp_path, 4010, ())
    written = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file())
    assert all(f'"k{number}"' in written for number in range(100))


def test_what_a_server_cannot_do_is_said_and_not_faked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configure, "find_peer", lambda kind: [kind])
    with pytest.raises(configure.Unsupported, match="stubs"):
        configure.prism(scenarios.stubs_by_path(10).plan, tmp_path, 4010, ())
    with pytest.raises(configure.Unsupported, match="refuse"):
        configure.mockoon(scenarios.validated().plan, tmp_path, 4010, ())


def test_ratios_and_reasons_survive_the_way_through_json() -> None:
    result = results.Result(name="static", shows="One answer.", kind="throughput")
    for value in (100.0, 300.0, 200.0):
        result.row("nginx").add(per_s=value)
        result.row("MockOps").add(per_s=value / 2)
    result.row("Prism").skipped = "not installed below /home/somebody/.cache/prism"
    whole = results.document([result], rounds=3, seconds=1.0)
    again = results.from_document(json.loads(json.dumps(whole)))
    assert again[0].ratio("MockOps") == 0.5
    text = report.markdown(whole, again)
    assert "| static | 200/s | **0.500** (100/s) | - | - | - |" in text
    assert "- Prism in `static`: not installed below …/prism" in text


def test_the_page_keeps_what_stands_outside_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.START}\nold\n{report.END}\nafter\n", "utf-8")
    report.refresh(page, "new\n")
    assert page.read_text("utf-8") == f"before\n{report.START}\nnew\n{report.END}\nafter\n"
    page.write_text("no markers", "utf-8")
    with pytest.raises(ValueError, match="needs"):
        report.refresh(page, "new\n")


def test_scenarios_are_chosen_by_name_or_family() -> None:
    found = run.jobs(None, run.read_arguments([]))
    names = [name for name, _ in run.chosen(found, ["stubs-path", "idle"])]
    assert names == [*(f"stubs-path-{count}" for count in scenarios.STUB_COUNTS), "idle"]
    with pytest.raises(SystemExit, match="no scenario is called stub"):
        run.chosen(found, ["stub"])


def test_nginx_can_be_the_yardstick_of_every_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configure, "find_program", lambda name: name)
    for scenario in scenarios.throughput_scenarios(None):
        assert scenario.servers[0] == "nginx"
        configure.nginx(scenario.plan, tmp_path, 4010, ())
        assert json.dumps(scenario.plan.yardstick[1]) in (tmp_path / "nginx.conf").read_text("utf-8")
        assert scenario.plan.yardstick[0] == scenario.calls[0].status
