"""The stubs of one operation, path or URL, found by the values they ask for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import UNSET

from mockops.mocking.model import INITIAL_STATE, BodyMatcher
from mockops.mocking.rules.conditions import is_value_spec, json_of
from mockops.mocking.rules.equality import canonical
from mockops.mocking.rules.jsonpaths import compile_json_path
from mockops.mocking.rules.match import header_values
from mockops.mocking.rules.regexes import compile_regex, quiet_options

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from mockops.mocking.model import RequestMatch, Stub, ValueMatcher
    from mockops.mocking.rules.match import Matcher, Subject

_MANY_NAMES = 8
"""With more names than this, those that the request has are looked for, not all."""
_UNSTEADY_LIMIT = 8
"""More stubs than this that look at body or state, and the answers of their path are simply not repeatable."""

Rank = tuple[int, int]
"""Order of trial: priority, then newest."""

_SET_MEMORY_BYTES = 64 << 20
"""What RE2 may use for all path expressions together; it is only taken as needed."""

_by_rank = attrgetter("rank")


class Entry:
    """A stub in its place; its match is compiled when first needed."""

    __slots__ = ("_compile", "_matcher", "headers", "home", "is_steady", "rank", "stub")

    def __init__(self, stub: Stub, sequence: int, compile_matcher: Callable[[], Matcher]) -> None:
        match = stub.match
        self.stub = stub
        self.rank: Rank = (stub.priority, -sequence)
        self.home: list[Entry] | None = None
        self.headers = [*map(str.lower, match.headers), *(("cookie",) if match.cookies else ())]
        is_counted = stub.times is not None or stub.weight is not None
        self.is_steady = not (is_counted or stub.session or match.body or match.persona or match.state)
        self._compile = compile_matcher
        self._matcher = compile_matcher() if _is_risky(match) else None

    @property
    def matcher(self) -> Matcher:
        """The compiled match."""
        if self._matcher is None:
            self._matcher = self._compile()
        return self._matcher

    def is_answering(self, bound: Subject) -> bool:
        """Whether this stub may and does answer, given that operation, URL and path fit."""
        stub = self.stub
        if stub.session and stub.session != bound.session.name:
            return False
        if stub.times is not None and bound.session.hits.get(stub.id, 0) >= stub.times:
            return False
        return self.matcher.answers(bound)


def _is_risky(match: RequestMatch) -> bool:
    """Whether compiling can fail, so that it must happen when the stub is added."""
    if match.path_regex or match.url_regex:
        return True
    if match.body is not None and match.body != BodyMatcher(equals=match.body.equals):
        return True
    return any(
        matcher.regex is not UNSET or matcher.not_regex is not UNSET
        for matchers in (match.params, match.query, match.headers, match.cookies)
        for matcher in matchers.values()
    )


class Bucket:
    """Stubs that share an address, each filed under one value it insists on, or to be tried in turn."""

    __slots__ = ("_all", "_filed", "_turn", "_unsteady")

    def __init__(self) -> None:
        self._all: list[Entry] = []
        self._turn: list[Entry] = []
        self._filed: dict[str, dict[str, dict[Hashable, list[Entry]]]] = {}
        self._unsteady: list[Entry] = []

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._all)

    @property
    def best_rank(self) -> Rank | None:
        """The rank that would be tried first; None: empty."""
        return self._all[0].rank if self._all else None

    def add(self, entry: Entry) -> None:
        """File an entry under the one of its values that the fewest others are filed under."""
        best: tuple[int, str, str, Hashable] | None = None
        for kind, name, value in insisted(entry.stub):
            size = len(self._filed.get(kind, {}).get(name, {}).get(value, ()))
            if best is None or size < best[0]:
                best = size, kind, name, value
        if best is None:
            entry.home = self._turn
        else:
            _, kind, name, value = best
            entry.home = self._filed.setdefault(kind, {}).setdefault(name, {}).setdefault(value, [])
        insort(entry.home, entry, key=_by_rank)
        insort(self._all, entry, key=_by_rank)
        if not entry.is_steady:
            insort(self._unsteady, entry, key=_by_rank)

    def remove(self, entry: Entry) -> None:
        """Take an entry out."""
        for entries in (entry.home, self._all, self._unsteady):
            if entries is not None:
                at = bisect_left(entries, entry.rank, key=_by_rank)
                if at < len(entries) and entries[at] is entry:
                    del entries[at]
        if not entry.home and entry.home is not self._turn:
            self._forget_place(entry)

    def _forget_place(self, entry: Entry) -> None:
        """Drop the value that only this entry was filed under: sessions come and go without end."""
        for kind, name, value in insisted(entry.stub):
            by_name = self._filed.get(kind, {})
            if by_name.get(name, {}).get(value) is entry.home:
                del by_name[name][value]
                if not by_name[name]:
                    del by_name[name]
                return

    def candidates(self, subject: Subject) -> Iterable[Entry]:
        """Return the entries that can match, in order of trial."""
        lists = [self._turn] if self._turn else []
        for kind, by_name in self._filed.items():
            names = by_name if len(by_name) <= _MANY_NAMES else _names_sent(subject, kind, by_name)
            for name in names:
                lists.extend(by_name[name][value] for value in _READERS[kind](subject, name) if value in by_name[name])
        return lists[0] if len(lists) == 1 else merge(*lists, key=_by_rank)

    def first(self, bound: Subject) -> Entry | None:
        """Return the first entry that answers, or None."""
        for entry in self.candidates(bound):
            if entry.is_answering(bound):
                return entry
        return None

    def matching(self, bound: Subject) -> Iterator[Entry]:
        """Yield every entry that answers, in order of trial."""
        return (entry for entry in self.candidates(bound) if entry.is_answering(bound))

    def is_steady(self, until: Rank | None, bound: Subject) -> bool:
        """Whether no entry tried before `until` (None: at all) looks at more than method, URL and headers.

        Entries that such looks rule out anyway do not count, as long as there are few to ask.
        """
        end = len(self._unsteady) if until is None else bisect_right(self._unsteady, until, key=_by_rank)
        ahead = self._unsteady[: min(end, _UNSTEADY_LIMIT + 1)]
        if len(ahead) > _UNSTEADY_LIMIT:
            return False
        return not any(_is_within_reach(entry, bound) for entry in ahead)


def _is_within_reach(entry: Entry, bound: Subject) -> bool:
    """Whether everything that the cache key tells holds, so that body, state or count decide."""
    matcher = entry.matcher
    tests = (*matcher.addressing, *matcher.conditions)
    return all(test.holds(bound) for test in tests if not test.field.startswith(("body.", "state.", "persona")))


def _names_sent(subject: Subject, kind: str, by_name: Iterable[str]) -> Iterable[str]:
    """Return those of many names that the request has, where that can be told."""
    request = subject.request
    sent: dict[str, Callable[[], set[str]]] = {
        "query": lambda: {name for name, _ in request.query},
        "headers": lambda: set(request.header_map),
        "cookies": lambda: set(request.cookies),
    }
    return sent[kind]() & set(by_name) if kind in sent else by_name


def insisted(stub: Stub) -> Iterator[tuple[str, str, Hashable]]:
    """Yield kind, name and value of what a stub insists on; each alone is necessary for a match."""
    match = stub.match
    yield from _fixed("query", match.query)
    yield from _fixed("headers", {name.lower(): matcher for name, matcher in match.headers.items()})
    yield from _fixed("cookies", match.cookies)
    yield from _fixed("params", match.params)
    if match.body is not None:
        yield from _fixed_in_body(match.body)
    for name, value in match.state.items():
        yield "state", name, value
    if stub.session:
        yield "session", "", stub.session
    method = match.method.upper()
    if method and method != "ANY" and not match.operation:
        yield "method", "", method


def _fixed(kind: str, matchers: dict[str, ValueMatcher]) -> Iterator[tuple[str, str, Hashable]]:
    for name, matcher in matchers.items():
        if matcher.equals is not UNSET and not matcher.ignore_case:
            yield kind, name, matcher.equals


def _fixed_in_body(body: BodyMatcher) -> Iterator[tuple[str, str, Hashable]]:
    if isinstance(body.equals, str):
        yield "text", "", body.equals
    elif body.equals is not UNSET and not body.ignore_array_order:
        yield "json", "", canonical(body.equals)
    if body.json_path is not UNSET:
        for path, wanted in body.json_path.items():
            if not is_value_spec(wanted):
                yield "json_path", path, canonical(wanted)


def _query(subject: Subject, name: str) -> Iterable[Hashable]:
    return dict.fromkeys(value for field, value in subject.request.query if field == name)


def _param(subject: Subject, name: str) -> Iterable[Hashable]:
    return (subject.params[name],) if name in subject.params else ()


def _cookie(subject: Subject, name: str) -> Iterable[Hashable]:
    return (subject.request.cookies[name],) if name in subject.request.cookies else ()


def _json(subject: Subject, _name: str) -> Iterable[Hashable]:
    value = json_of(subject.request)
    return () if value is UNSET else (canonical(value),)


def _json_path(subject: Subject, path: str) -> Iterable[Hashable]:
    value = json_of(subject.request)
    selected = UNSET if value is UNSET else compile_json_path(path)(value)
    return () if selected is UNSET else (canonical(selected),)


_READERS: dict[str, Callable[[Subject, str], Iterable[Hashable]]] = {
    "query": _query,
    "headers": lambda subject, name: dict.fromkeys(header_values(subject, name)),
    "cookies": _cookie,
    "params": _param,
    "text": lambda subject, _: (subject.request.text,),
    "json": _json,
    "json_path": _json_path,
    "state": lambda subject, name: (subject.session.states.get(name, INITIAL_STATE),),
    "session": lambda subject, _: (subject.session.name,),
    "method": lambda subject, _: (subject.request.method,),
}


class RegexBuckets:
    """Buckets by regular expression, all of them tried in one pass."""

    def __init__(self) -> None:
        self._on_path: dict[str, Bucket] = {}
        self._on_url: dict[str, Bucket] = {}
        self._finders: list[tuple[Callable[[str], list[int] | None], list[Bucket]] | None] | None = None

    def bucket(self, path_regex: str, url_regex: str) -> Bucket:
        """Return the bucket of an expression on the path, else of one on the URL, made when new.

        Raises:
            StubInvalid: An expression is not RE2 syntax.

        """
        compile_regex(path_regex)
        compile_regex(url_regex)
        buckets, pattern = (self._on_path, path_regex) if path_regex else (self._on_url, url_regex)
        if not buckets.get(pattern):  # an empty one is in no finder
            buckets.setdefault(pattern, Bucket())
            self._finders = None
        return buckets[pattern]

    def find(self, path: str, url: str) -> list[Bucket]:
        """Return the non-empty buckets whose expression matches the whole path, or the whole URL."""
        if not self._on_path and not self._on_url:
            return []
        if self._finders is None:
            self._finders = [_compile_set(self._on_path), _compile_set(self._on_url)]
        found: list[Bucket] = []
        for finder, text in zip(self._finders, (path, url), strict=True):
            if finder is not None:
                match, buckets = finder
                found.extend(buckets[at] for at in sorted(match(text) or ()) if buckets[at])
        return found


def _compile_set(by_pattern: dict[str, Bucket]) -> tuple[Callable[[str], list[int] | None], list[Bucket]] | None:
    """Return a function from a text to the positions of the expressions that match all of it, and their buckets."""
    import re2  # noqa: PLC0415 (loaded when the expressions were checked)

    used = {pattern: bucket for pattern, bucket in by_pattern.items() if bucket}
    if not used:
        return None
    options = quiet_options()
    options.max_mem = _SET_MEMORY_BYTES
    together = re2.Set.FullMatchSet(options)
    for pattern in used:
        together.Add(pattern)
    try:
        together.Compile()
    except re2.error:  # together they would take too much memory
        return _one_by_one([compile_regex(pattern) for pattern in used]), list(used.values())
    return together.Match, list(used.values())


def _one_by_one(tests: list[Callable[[str], bool]]) -> Callable[[str], list[int]]:
    return lambda text: [at for at, matches in enumerate(tests) if matches(text)]
