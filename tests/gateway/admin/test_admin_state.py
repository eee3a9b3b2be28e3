"""Probes, state and metrics of the admin port."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mockops.gateway import metrics
from mockops.gateway.counters import Counters, Dimensions


async def test_alive_at_once_but_ready_only_with_a_snapshot(empty_port, port):
    assert (await empty_port.admin.get("/health")).json()["status"] == "ok"
    waiting = await empty_port.admin.get("/ready")
    assert waiting.status_code == 503
    assert waiting.headers["retry-after"] == "1"
    assert waiting.json()["code"] == "gateway.not_ready"
    ready = await port.admin.get("/ready")
    assert (ready.status_code, ready.json()["revision"], ready.json()["targets"]) == (200, 3, 2)


async def test_state_tells_what_is_served(port):
    await port.mock.get("/@pets/pets")
    await port.admin.post("/api/v1/stubs", json={"target": "pets", "match": {"path": "/x"}, "respond": {"status": 204}})
    state = (await port.admin.get("/state")).json()
    pets, bare = state["targets"]
    assert state["revision"] == 3
    assert pets["contract"] | {"digest": ""} == {
        "title": "Pets",
        "version": "1.2.3",
        "dialect": "openapi-3.1",
        "digest": "",
        "operations": 4,
    }
    assert len(pets["contract"]["digest"]) == 64
    assert (pets["stubs"], pets["added_stubs"], pets["scenarios"]) == (1, 1, ["checkout"])
    assert pets["settings"]["seed"] == 4
    assert (bare["name"], bare["environment"], bare["contract"]) == ("bare", "test", None)
    assert (state["journal"]["requests"], state["journal"]["dropped"]) == (1, 0)
    assert state["open_connections"] == 1
    assert state["resident_bytes"] > 10 << 20


async def test_metrics_are_what_prometheus_reads(port):
    for _ in range(3):
        await port.mock.get("/@pets/pets")
    await port.mock.get("/nowhere")
    answer = await port.admin.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    requests = {
        (sample.labels["target"], sample.labels["operation"], sample.labels["status"], sample.labels["source"]): sample
        for sample in families["mockops_requests"].samples
    }
    assert requests["pets", "GET /pets", "200", "mock"].value == 3
    assert requests["", "", "404", "error"].value == 1
    buckets = [
        (float(sample.labels["le"]), sample.value)
        for sample in families["mockops_request_duration_seconds"].samples
        if sample.name.endswith("_bucket") and sample.labels["operation"] == "GET /pets"
    ]
    assert buckets == sorted(buckets)
    assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    assert buckets[-1] == (float("inf"), 3)
    assert families["mockops_journal_requests"].samples[0].value == 4
    assert families["mockops_answers_cached"].samples[0].value >= 1
    assert families["mockops_open_connections"].samples[0].value == 1
    assert families["process_resident_memory_bytes"].samples[0].value > 10 << 20
    assert families["process_start_time_seconds"].samples[0].value > 1.5e9
    assert set(families["mockops_build_info"].samples[0].labels) == {"version", "python"}


def counted(*operations: str, target: str = "shop", seconds: float = 0.001) -> Counters:
    counters = Counters()
    for operation in operations:
        counters.cell(Dimensions(target=target, operation=operation, status=200, source="mock")).add(seconds)
    return counters


def requests_of(counters: Counters) -> dict[str, float]:
    text = "\n".join(metrics._requests(counters)) + "\n"
    return {
        sample.labels["operation"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "mockops_requests_total"
    }


@pytest.mark.parametrize("name", ['say "hi"', "back\\slash", "two\nlines", "ünï", 'all "\\\n'])
def test_any_name_survives_as_a_label(name):
    assert requests_of(counted(name)) == {name: 1}


def test_series_are_bounded_and_nothing_is_lost(monkeypatch):
    monkeypatch.setattr(metrics, "MAX_SERIES", 3)
    counters = counted("a", "b", "c", "d", "e")
    assert requests_of(counters) == {"a": 1, "b": 1, "c": 1, "(other)": 2}
    counters.cell(Dimensions(target="shop", operation="a", status=200, source="mock", ci_run="7")).add(0.1)
    assert requests_of(counters) == {"a": 2, "b": 1, "c": 1, "(other)": 2}


@pytest.mark.parametrize(("seconds", "edge"), [(0.00003, 6.4e-05), (0.001, 0.001024), (0.3, 1.048576), (100, None)])
def test_a_latency_is_in_the_first_bucket_that_it_fits(seconds, edge):
    text = "\n".join(metrics._requests(counted("a", seconds=seconds))) + "\n"
    first = next(
        float(sample.labels["le"])
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.endswith("_bucket") and sample.value == 1
    )
    assert first == (edge or float("inf"))
