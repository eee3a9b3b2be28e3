"""What has passed, as people ask for it: exchanges read from the journal, filtered and searched. Knows no HTTP API."""

from __future__ import annotations

from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

import msgspec

from mockops.core.errors import Invalid
from mockops.core.exchange import Request
from mockops.gateway import encoding
from mockops.mocking.model import FaultKind, RequestMatch, SessionView
from mockops.mocking.rules.match import Matcher, Subject, compile_match
from mockops.mocking.rules.paths import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockops.gateway.gateway import Gateway
    from mockops.gateway.journal import Entry, Journal
    from mockops.gateway.target import Target

_MAX_DECODED_BYTES = 10 << 20


class SearchInvalid(Invalid):
    """What is asked for cannot be looked for."""

    code: ClassVar[str] = "gateway.search_invalid"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request, its answer, and why it was this answer."""

    number: int
    """Counts the gateway's exchanges from 1, in the order in which they were answered."""
    id: str
    """The `MockOps-Request-Id` of the answer."""
    at: datetime
    """When the answer left, in UTC."""
    duration_ms: float
    target: str = ""
    """Empty: the request named none that is known."""
    environment: str = ""
    operation: str = ""
    source: str = "error"
    stub: str = ""
    scenario: str = ""
    persona: str = ""
    session: str = ""
    ci_run: str = ""
    caller: str = ""
    violations: tuple[str, ...] = ()
    request: Request
    """Without the target's path prefix; its body decoded where it was sent compressed."""
    url: str
    """The request target exactly as sent, prefix included."""
    status: int
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: bytes = b""
    """As sent, so maybe compressed."""
    fault: FaultKind | None = None

    @property
    def is_matched(self) -> bool:
        """Whether something answered it: a stub, scenario or operation, not MockOps explaining that there is none."""
        return self.source != "error" or bool(self.operation or self.stub)


class ExchangeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which exchanges are meant; all that is set must hold."""

    target: str = ""
    """`name` or `name@environment`."""
    method: str = ""
    path: str = ""
    """A path, or a template: `{name}` takes one segment, a trailing `/**` the rest."""
    operation: str = ""
    """An operationId or `GET /pets/{petId}`."""
    status: int | None = None
    source: str = ""
    session: str = ""
    ci_run: str = ""
    persona: str = ""
    scenario: str = ""
    stub: str = ""
    is_matched: bool | None = None
    after: int = 0
    """Only exchanges with a higher number."""
    before: int | None = None
    """Only exchanges with a lower number."""
    match: RequestMatch | None = None
    """What the request must look like; `state` cannot be asked for, it has changed since."""


def find(
    journal: Journal | None, gateway: Gateway, wanted: ExchangeFilter | None = None, *, limit: int | None = None
) -> list[Exchange]:
    """Return the exchanges meant, newest first.

    Args:
        journal: Where to look; None (no journal is kept) holds nothing.
        gateway: Whose targets the exchanges went to.
        wanted: Which are meant; None: all.
        limit: Stop after so many.

    Raises:
        SearchInvalid: A target or operation is not known, or state is asked for.
        StubInvalid: A regular expression, JSONPath or schema of the match cannot be used.
        PathInvalid: A path template cannot be understood.

    """
    return list(islice(_search(journal, gateway, wanted or ExchangeFilter()), limit))


def count(journal: Journal | None, gateway: Gateway, wanted: ExchangeFilter | None = None) -> int:
    """Return how many exchanges are meant; arguments and errors as of `find`."""
    return sum(1 for _ in _search(journal, gateway, wanted or ExchangeFilter()))


def read(journal: Journal, gateway: Gateway, entry: Entry) -> Exchange:
    """Return a journal's entry as an exchange."""
    now, elapsed_s = gateway.clock.now(), perf_counter()
    return _read(entry, now, elapsed_s)


def subject_of(exchange: Exchange, gateway: Gateway) -> Subject:
    """Return what matches are held against: an exchange's request and what was known about it."""
    request = exchange.request
    target = _target_of(exchange, gateway)
    if target is None:
        return Subject(request=request, persona=exchange.persona)
    method = exchange.operation.partition(" ")[0]
    hit = target.mock.operations.find(request, method) if method else None
    params = hit.params if hit is not None else {}
    return target.mock.stubs.subject(request, exchange.operation, params, exchange.persona, SessionView())


def known_target(gateway: Gateway, name: str) -> Target:
    """Return the target called `name` or `name@environment`.

    Raises:
        SearchInvalid: There is none; the known ones are named.

    """
    target = gateway.table.get(name)
    if target is None:
        known = ", ".join(gateway.table.names) or "none"
        raise SearchInvalid(f"There is no target {name!r}. Known targets: {known}.")
    return target


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known name, or nothing."""
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _search(journal: Journal | None, gateway: Gateway, wanted: ExchangeFilter) -> Iterator[Exchange]:
    is_meant = _compile(gateway, wanted)
    if journal is None:
        return
    now, elapsed_s = gateway.clock.now(), perf_counter()
    for entry in journal:
        if entry.number <= wanted.after:
            return
        if wanted.before is not None and entry.number >= wanted.before:
            continue
        if _label_differs(entry, wanted):
            continue
        exchange = _read(entry, now, elapsed_s)
        if is_meant(exchange):
            yield exchange


def _label_differs(entry: Entry, wanted: ExchangeFilter) -> bool:
    """Say whether an entry is out by what is known before it is read; the rest is `_compile`'s."""
    label = entry.answer.label or {}
    return any(
        value and label.get(name, "") != value
        for name, value in (
            ("session", wanted.session),
            ("ci_run", wanted.ci_run),
            ("persona", wanted.persona),
            ("scenario", wanted.scenario),
            ("stub", wanted.stub),
        )
    ) or (wanted.status is not None and entry.answer.status != wanted.status)


def _compile(gateway: Gateway, wanted: ExchangeFilter) -> Callable[[Exchange], bool]:
    """Return a test of all that `_label_differs` did not look at."""
    tests: list[Callable[[Exchange], bool]] = []
    if wanted.target:
        target = known_target(gateway, wanted.target)
        place = (target.name, target.environment)
        tests.append(lambda exchange: (exchange.target, exchange.environment) == place)
    if wanted.method:
        method = wanted.method.upper()
        tests.append(lambda exchange: exchange.request.method == method)
    if wanted.source:
        tests.append(lambda exchange: exchange.source == wanted.source)
    if wanted.is_matched is not None:
        tests.append(lambda exchange: exchange.is_matched is wanted.is_matched)
    if wanted.operation:
        keys = _operation_keys(gateway, wanted)
        tests.append(lambda exchange: exchange.operation in keys)
    if wanted.path:
        tests.append(_path_test(gateway, wanted.path))
    if wanted.match is not None:
        tests.append(_match_test(gateway, wanted, wanted.match))
    return lambda exchange: all(test(exchange) for test in tests)


def _searched(gateway: Gateway, wanted: ExchangeFilter) -> list[Target]:
    """Return the target that is named; without a name, all that have been asked for anything."""
    if wanted.target:
        return [known_target(gateway, wanted.target)]
    return [target for target in gateway.table if target.is_compiled]


def _operation_keys(gateway: Gateway, wanted: ExchangeFilter) -> frozenset[str]:
    """Return what the operation asked for is called in the targets that have it."""
    name = wanted.operation.strip()
    known = [target.mock.stubs.operations for target in _searched(gateway, wanted)]
    keys = frozenset(names[name] for names in known if name in names)
    if not keys:
        known_names = [each for names in known for each in names]
        raise SearchInvalid(f"There is no operation {name!r}{did_you_mean(name, known_names)}.")
    return keys


def _path_test(gateway: Gateway, path: str) -> Callable[[Exchange], bool]:
    router: Router[bool] = Router()
    router.add(path, True)

    def is_on_path(exchange: Exchange) -> bool:
        subject = subject_of(exchange, gateway)
        return any(router.find(each) is not None for each in subject.paths or (exchange.request.path,))

    return is_on_path


def _match_test(gateway: Gateway, wanted: ExchangeFilter, match: RequestMatch) -> Callable[[Exchange], bool]:
    """Compile a match for each target, because the same operationId may mean another operation there."""
    if match.state:
        raise SearchInvalid("`state` cannot be looked for in past requests: it has changed since.")
    matchers: dict[tuple[str, str], Matcher] = {}
    problems = []
    for target in _searched(gateway, wanted):
        try:
            matchers[target.name, target.environment] = compile_match(match, target.mock.stubs.operations)
        except Invalid as error:
            problems.append(error)
    if problems and not matchers:
        raise problems[0]
    elsewhere = None if match.operation else compile_match(match)

    def fits(exchange: Exchange) -> bool:
        matcher = matchers.get((exchange.target, exchange.environment), elsewhere)
        return matcher is not None and matcher.matches(subject_of(exchange, gateway))

    return fits


def _target_of(exchange: Exchange, gateway: Gateway) -> Target | None:
    return gateway.table.get(f"{exchange.target}@{exchange.environment}") if exchange.target else None


def _read(entry: Entry, now: datetime, elapsed_s: float) -> Exchange:
    raw, answer = entry.request, entry.answer
    label = answer.label or {}
    counted = answer.cell.dimensions if answer.cell is not None else None
    url = raw.url.decode("latin-1")
    target = label.get("target", "")
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in raw.headers)
    path, query = _split(url, target)
    return Exchange(
        number=entry.number,
        id=entry.request_id.decode("ascii", "replace"),
        at=now - timedelta(seconds=elapsed_s - entry.at_s),
        duration_ms=entry.seconds * 1000,
        target=target,
        environment=counted.environment if counted is not None else "",
        operation=label.get("operation", ""),
        source=label.get("source", "error"),
        stub=label.get("stub", ""),
        scenario=label.get("scenario", ""),
        persona=label.get("persona", ""),
        session=label.get("session", ""),
        ci_run=label.get("ci_run", ""),
        caller=counted.caller if counted is not None else "",
        violations=tuple(label.get("violations", ())),
        request=Request(
            method=raw.method.decode("latin-1"),
            path=path,
            query_string=query,
            headers=headers,
            body=_body(raw.body, headers),
        ),
        url=url,
        status=answer.status,
        response_headers=answer.headers,
        response_body=answer.body,
        fault=answer.fault,
    )


def _split(url: str, target: str) -> tuple[str, str]:
    """Return path and query of a request target, without authority, fragment and the prefix that named the target."""
    if not url.startswith("/") and "://" in url:
        url = "/" + url.partition("://")[2].partition("/")[2]
    path, _, query = url.partition("?")
    if target and path.startswith("/@"):
        name, _, rest = path[2:].partition("/")
        if _bare(name) == _bare(target):
            path = "/" + rest
    return path or "/", query.partition("#")[0]


def _bare(name: str) -> str:
    """Return a target's name without environment and org, either of which may be left out."""
    return name.lower().partition("@")[0].rpartition(":")[2]


def _body(body: bytes, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Return a body decoded; as sent where it is not what its Content-Encoding says."""
    coding = next((value for name, value in headers if name == "content-encoding"), "")
    if not coding or not body:
        return body
    try:
        return encoding.decode(body, coding, max_bytes=_MAX_DECODED_BYTES)
    except (encoding.CodingUnsupported, encoding.CodingBroken):
        return body
