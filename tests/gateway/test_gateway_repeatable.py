"""Remembered answers are the answers that would have been given."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.contracts.service.load import load_contract
from mockops.core.clock import SystemClock
from mockops.gateway.gateway import Gateway
from mockops.gateway.handler import MockHandler
from mockops.gateway.http.message import RawRequest
from mockops.mocking.importers.stubs import stub_from_json
from mockops.mocking.model import Scenario, ScenarioRule, StubResponse
from mockops.publishing.model import Snapshot, TargetSnapshot
from mockops.workspaces.model.settings import Settings

PETSTORE = Path(__file__).parent.parent.parent / "examples" / "petstore.yaml"
CONTRACT = load_contract(PETSTORE).contract.to_bytes()

STUBS = tuple(
    stub_from_json(stub)
    for stub in (
        {
            "id": "by-header",
            "match": {"path": "/pets/7", "headers": {"x-tenant": "a"}},
            "respond": {"json": {"t": "a"}},
        },
        {"id": "by-body", "match": {"path": "/search", "body": {"contains": "rex"}}, "respond": {"json": {"hit": 1}}},
        {"id": "no-body", "match": {"path": "/search"}, "respond": {"json": {"hit": 0}}},
        {
            "id": "templated",
            "match": {"path": "/echo/{word}"},
            "respond": {
                "template": True,
                "json": {"word": "{{ request.params.word }}", "q": "{{ request.query.q|default('') }}"},
            },
        },
        {
            "id": "templated-body",
            "match": "POST /shout",
            "respond": {"template": True, "text": "{{ request.body.word }}!"},
        },
    )
)
QUIET = Scenario(name="quiet", rules=[ScenarioRule(operation="listPets", respond=StubResponse(status=200, json=[]))])

TARGETS = [
    TargetSnapshot(name=name, contract=CONTRACT, stubs=STUBS, scenarios=(QUIET,), settings=settings)
    for name, settings in (("pets", Settings()), ("lax", Settings(validation="warn", seed=3)))
]

URLS = (
    b"/pets /pets?limit=1 /pets?limit=x /pets/7 /pets/8 /search /echo/a?q=1 /echo/b /shout /@lax/pets/8 "
    b"/@lax/pets?limit=x /nowhere"
).split()
NAMES = (
    b"X-Tenant X-Api-Key Accept Prefer Content-Type Origin MockOps-Scenario X-Other MockOps-Target MockOps-Persona "
    b"Host Accept-Encoding"
).split()
VALUES = b"a b application/json dynamic=true code=400 quiet lax lax.localhost gzip".split()

requests = st.builds(
    lambda method, url, headers, body: RawRequest(method=method, url=url, headers=sorted(headers.items()), body=body),
    st.sampled_from([b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS"]),
    st.sampled_from(URLS),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=3),
    st.sampled_from([b"", b"rex", b'{"name":"Bo","kind":"dog"}', b'{"name":1}', b'{"word":"hi"}']),
)


def answer(handler: MockHandler, request: RawRequest, *, remembered: bool) -> tuple[int, bytes, bytes]:
    """Answer as a connection does: by key where that is allowed, else by asking."""
    key: list[object] = []
    for name, value in request.headers:
        if handler.kinds[name]:
            key += [name.lower(), value]
    request = RawRequest(
        method=request.method,
        url=request.url,
        headers=request.headers,
        body=request.body,
        key=(*key, request.url, request.method),
    )
    found = handler.answers.get(request.key) if remembered else None
    if found is None or not (found.guard is None or found.guard(request.body)):
        made = handler.handle(request)
        assert not isinstance(made, BaseException)
        found = made  # type: ignore[assignment]
    return found.status, found.head, found.tail


def handler_of(targets: list[TargetSnapshot]) -> MockHandler:
    gateway = Gateway(clock=SystemClock(), journal_bytes=0)
    gateway.apply(Snapshot(targets=tuple(targets)))
    handler = MockHandler(gateway)
    gateway.attach(handler)
    return handler


@settings(deadline=None, max_examples=60)
@given(st.lists(requests, min_size=2, max_size=25))
def test_remembering_changes_no_answer(asked: list[RawRequest]) -> None:
    with_memory, without = handler_of(TARGETS), handler_of(TARGETS)
    for request in asked + asked:
        assert answer(with_memory, request, remembered=True) == answer(without, request, remembered=False)


def test_the_same_request_is_answered_from_memory_the_second_time() -> None:
    handler = handler_of(TARGETS[:1])
    request = RawRequest(method=b"GET", url=b"/pets/8", headers=[])
    first = answer(handler, request, remembered=True)
    assert len(handler.answers) == 1
    assert answer(handler, request, remembered=True) == first


def test_a_body_is_checked_every_time_although_the_answer_is_remembered() -> None:
    handler = handler_of(TARGETS[:1])
    headers = [(b"X-Api-Key", b"k"), (b"Content-Type", b"application/json")]
    good = RawRequest(method=b"POST", url=b"/pets", headers=headers, body=b'{"name":"Bo","kind":"dog"}')
    bad = RawRequest(method=b"POST", url=b"/pets", headers=headers, body=b'{"name":"Bo"}')
    for _ in range(2):  # the first shows that X-Api-Key matters, the second is remembered with it
        assert answer(handler, good, remembered=True)[0] == 201
    assert len(handler.answers) == 1
    assert answer(handler, bad, remembered=True)[0] == 400
    assert answer(handler, good, remembered=True)[0] == 201


def test_memory_is_bounded_by_bytes() -> None:
    handler = handler_of(TARGETS[:1])
    handler.answers._max_bytes = 50_000  # the bound is 64 MiB otherwise
    for number in range(300):
        handler.handle(
            RawRequest(method=b"GET", url=b"/pets/%d" % number, headers=[], key=(b"/pets/%d" % number, b"GET"))
        )
    kept = sum(len(each.head) + len(each.tail) for each in handler.answers.values())
    assert 0 < kept <= handler.answers.size_bytes <= 50_000


def test_a_template_cannot_split_the_head() -> None:
    stub = stub_from_json(
        {
            "id": "split",
            "match": {"path": "/split"},
            "respond": {"template": True, "headers": {"X-Echo": "{{ request.query.v }}"}, "text": "ok"},
        }
    )
    handler = handler_of([TargetSnapshot(name="pets", stubs=(stub,))])
    made = handler.handle(RawRequest(method=b"GET", url=b"/split?v=a%0d%0aX-Evil:%201", headers=[]))
    assert b"\r\nX-Evil" not in made.head
    assert re.search(rb"X-Echo: a +X-Evil: 1", made.head)


def test_what_went_wrong_inside_is_a_500_that_says_so() -> None:
    handler = handler_of(TARGETS[:1])
    target = next(iter(handler._gateway.table))

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    target.mock.decide = broken  # type: ignore[method-assign,assignment]
    made = handler.handle(RawRequest(method=b"GET", url=b"/pets", headers=[]))
    assert made.status == 500
    assert json.loads(made.body)["code"] == "gateway.failed"


def test_head_never_has_a_body_whoever_answers() -> None:
    handler = handler_of(TARGETS)
    for url in (b"/@pets/pets", b"/@pets/nowhere", b"/nowhere", b"/@pets/pets?limit=x"):
        made = handler.handle(RawRequest(method=b"HEAD", url=url, headers=[]))
        assert made.tail == b"\r\n"
        assert b"Content-Length: " in made.head


def test_location_stays_behind_the_prefix_that_named_the_target() -> None:
    created = {"id": "c", "match": "POST /things", "respond": {"status": 201, "headers": {"Location": "/things/7"}}}
    elsewhere = {"id": "e", "match": "POST /far", "respond": {"status": 201, "headers": {"Location": "//other/x"}}}
    stubs = (stub_from_json(created), stub_from_json(elsewhere))
    handler = handler_of([TargetSnapshot(name="shop", stubs=stubs)])

    def location(url: bytes) -> str:
        return dict(handler.handle(RawRequest(method=b"POST", url=url, headers=[])).headers)["Location"]

    assert location(b"/@shop/things") == "/@shop/things/7"
    assert location(b"/things") == "/things/7"
    assert location(b"/@shop/far") == "//other/x"


def test_a_compressed_body_is_validated_as_what_it_holds() -> None:
    handler = handler_of(TARGETS[:1])
    headers = [(b"X-Api-Key", b"k"), (b"Content-Type", b"application/json"), (b"Content-Encoding", b"gzip")]

    def status(body: bytes) -> int:
        return handler.handle(RawRequest(method=b"POST", url=b"/pets", headers=headers, body=body)).status

    assert status(gzip.compress(b'{"name":"Bo","kind":"dog"}')) == 201
    assert status(gzip.compress(b'{"name":"Bo"}')) == 400
    assert status(b"not gzip") == 400
    handler._gateway.max_body_bytes = 1000
    assert status(gzip.compress(b'{"name":"%s"}' % (b"o" * 1000))) == 413
