"""`MockServer` as a test suite uses it."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockops.core.diagnostics import Severity
from mockops.core.errors import Invalid
from mockops.mocking.model import StubInvalid
from mockops.publishing.service.assemble import assemble
from mockops.testing import MockServer, NotVerified

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
PETSTORE = EXAMPLES / "petstore.yaml"


def test_the_readmes_example() -> None:
    with MockServer(PETSTORE) as server:
        server.stub("GET", "/pets/{petId}", json={"id": 1, "name": "Rex"})
        assert httpx.get(f"{server.url}/pets/1").json()["name"] == "Rex"
        server.verify("GET", "/pets/1", times=1)


def test_it_is_ready_within_100_ms_once_its_libraries_are_loaded() -> None:
    took = []
    for _ in range(20):  # a busy machine may take longer now and then, but not always
        begun = time.perf_counter()
        with MockServer(PETSTORE) as server:
            assert httpx.get(f"{server.url}/pets").status_code == 200
            took.append(time.perf_counter() - begun)
        if took[-1] < 0.1:
            break
    assert min(took) < 0.1


async def test_it_works_in_an_event_loop() -> None:
    async with MockServer(PETSTORE) as server, httpx.AsyncClient(base_url=server.url) as client:
        answers = await asyncio.gather(*(client.get(f"/pets/{number}") for number in range(1, 21)))
        assert [answer.json()["id"] for answer in answers] == list(range(1, 21))
        assert len(server.verify("GET", "/pets/{petId}")) == 20


def test_a_failed_verify_shows_the_three_nearest_requests_and_what_differed() -> None:
    with MockServer(PETSTORE) as server:
        httpx.get(f"{server.url}/pets", params={"limit": 2})
        httpx.get(f"{server.url}/pets/9")
        httpx.post(f"{server.url}/elsewhere", json={"a": 1})
        httpx.delete(f"{server.url}/far/away/from/everything")
        with pytest.raises(NotVerified) as caught:
            server.verify("GET", "/pets", query={"limit": "3"})
    message = str(caught.value)
    assert message.startswith("expected GET /pets at least once, but it came not at all.")
    assert "GET /pets?limit=2 → 200" in message
    assert "query.limit: expected 3, was 2" in message.replace('"', "").replace("'", "")
    assert message.count("→") == 3
    assert "1 more" in message


def test_verify_counts_exactly() -> None:
    with MockServer(PETSTORE) as server:
        for _ in range(2):
            httpx.post(f"{server.url}/pets", json={"name": "Bo", "kind": "dog"}, headers={"X-Api-Key": "k"})
        assert len(server.verify("POST", "/pets", times=2, json={"name": "Bo"})) == 2
        server.verify("POST", "/pets", times=0, json={"name": "Rex"})
        with pytest.raises(NotVerified, match="expected POST /pets once, but it came twice"):
            server.verify("POST", "/pets", times=1)
        assert issubclass(NotVerified, AssertionError)


def test_requests_are_told_in_order() -> None:
    with MockServer(PETSTORE) as server:
        httpx.get(f"{server.url}/pets/1", headers={"X-Trace": "t"})
        httpx.post(f"{server.url}/pets", json={"name": "Bo", "kind": "dog"}, headers={"X-Api-Key": "k"})
        first, second = server.requests
    assert (first.request.method, first.request.path, first.status) == ("GET", "/pets/1", 200)
    assert first.request.header("x-trace") == "t"
    assert second.request.json == {"name": "Bo", "kind": "dog"}
    assert second.operation == "POST /pets"


def test_without_a_contract_it_answers_stubs_alone() -> None:
    with MockServer() as server:
        stub = server.stub("GET", "/hello", text="hi", status=201, headers={"X-A": "b"}, times=1)
        answer = httpx.get(f"{server.url}/hello")
        assert (answer.status_code, answer.text, answer.headers["X-A"]) == (201, "hi", "b")
        assert httpx.get(f"{server.url}/hello").status_code == 404
        other = server.stub("ANY", "/hello", json=None)
        assert httpx.put(f"{server.url}/hello").content == b"null"
        server.remove_stub(other)
        server.remove_stub(stub)
        assert httpx.put(f"{server.url}/hello").status_code == 404


def test_reset_starts_anew() -> None:
    with MockServer(PETSTORE, stateful=True) as server:
        server.stub("GET", "/extra", json=1)
        httpx.post(f"{server.url}/pets", json={"name": "Bo", "kind": "dog"}, headers={"X-Api-Key": "k"})
        assert len(httpx.get(f"{server.url}/pets").json()) == 4
        server.reset()
        assert server.requests == []
        assert len(httpx.get(f"{server.url}/pets").json()) == 3
        assert httpx.get(f"{server.url}/extra").status_code == 404


def test_several_contracts_have_a_url_each() -> None:
    with MockServer(EXAMPLES / "shop") as server:
        assert httpx.get(f"{server.url_of('inventory')}/products").status_code in {200, 401}
        with pytest.raises(Invalid, match="several targets"):
            server.stub("GET", "/x", json=1)
        server.stub("GET", "/x", json=1, target="auth")
        assert httpx.get(f"{server.url_of('auth')}/x").json() == 1


def test_delays_and_faults_reach_the_client() -> None:
    with MockServer() as server:
        server.stub("GET", "/slow", json=1, delay="80ms")
        server.stub("GET", "/broken", fault="reset")
        begun = time.perf_counter()
        httpx.get(f"{server.url}/slow")
        assert time.perf_counter() - begun >= 0.08
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.url}/broken")


def test_mistakes_are_named() -> None:
    with pytest.raises(Invalid, match="no such file"):
        MockServer("nowhere.yaml").start()
    with MockServer() as server:
        with pytest.raises(StubInvalid, match="regular expression"):
            server.stub("GET", "/x", json=1, match={"query": {"a": {"regex": "("}}})
        with pytest.raises(RuntimeError, match="runs already"):
            server.start()


def test_nothing_is_left_behind() -> None:
    before = threading.active_count()
    with MockServer(PETSTORE) as server:
        url = server.url
        httpx.get(f"{url}/pets")
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/pets")
    server.stop()


def test_chance_in_templates_is_another_for_each_answer_and_the_same_in_each_run() -> None:
    def ids() -> list[str]:
        with MockServer() as server:
            server.stub("POST", "/orders", json={"id": "{{ uuid() }}"}, template=True)
            return [httpx.post(f"{server.url}/orders").json()["id"] for _ in range(3)]

    first = ids()
    assert len(set(first)) == 3
    assert ids() == first


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"statefull": True}, "unknown setting 'statefull'; did you mean `stateful`?"),
        ({"validation": "wran"}, "must be one of enforce, warn, off; did you mean `warn`?"),
        ({"cors": {"orgins": ["*"]}}, "unknown setting 'cors.orgins'; did you mean `origins`?"),
        ({"seed": "x", "stateful": 1}, "setting 'seed' is \"x\", but must be a whole number"),
    ],
)
def test_settings_that_are_none_are_refused(settings: dict[str, Any], words: str) -> None:
    for specs in ((), (PETSTORE,)):
        with pytest.raises(Invalid) as caught:
            MockServer(*specs, **settings)
        assert words in str(caught.value)
        assert len(caught.value.diagnostics) == len(settings)


def test_settings_hold_without_a_contract() -> None:
    with MockServer(response_headers=False, cors={"enabled": False}) as server:
        server.stub("GET", "/x", text="a")
        fields = httpx.get(f"{server.url}/x", headers={"Origin": "https://a.example"}).headers
        assert not [name for name in fields if name.startswith(("mockops-", "access-control-"))]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("stubs/a.yaml", "match: {pth: /x}\nrespond: 200\n", "did you mean 'path'?"),
        ("stubs/a.yaml", "match: [", "stubs/a.yaml:"),
        ("stubs/a.yaml", "match: {operation: gone}\nrespond: 200\n", "gone"),
        ("scenarios/a.yaml", "name: a\nrules: [{operation: gone}]\n", "gone"),
        ("personas/a.yaml", "name: a\ntrait: {}\n", "trait"),
        ("workspace.yaml", "name: a\nsettings: {sed: 1}\n", "unknown setting 'sed'"),
        ("workspace.yaml", "name: a\ncontract: gone.yaml\n", "gone.yaml"),
    ],
)
def test_what_would_be_left_out_is_refused_unless_that_is_wanted(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    (tmp_path / "workspace.yaml").write_text("name: a\n")
    for folder in ("stubs", "scenarios", "personas"):
        (tmp_path / folder).mkdir()
    (tmp_path / "stubs" / "good.yaml").write_text("match: GET /good\nrespond: 204\n")
    (tmp_path / name).write_text(text)
    with pytest.raises(Invalid) as caught:
        MockServer(tmp_path).start()
    assert words in str(caught.value)
    assert caught.value.diagnostics
    with MockServer(tmp_path, strict=False) as server:
        assert httpx.get(f"{server.url}/good").status_code == 204


def test_a_broken_operation_of_a_contract_alone_is_left_out(tmp_path: Path) -> None:
    spec = tmp_path / "api.yaml"
    spec.write_text(
        "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n"
        "  /good: {get: {responses: {'204': {description: d}}}}\n"
        "  /bad: {get: {responses: {'200': {$ref: '#/components/responses/Gone'}}}}\n"
    )
    assert any(each.severity is Severity.ERROR for each in assemble([str(spec)]).diagnostics)
    with MockServer(spec) as server:
        assert httpx.get(f"{server.url}/good").status_code == 204
