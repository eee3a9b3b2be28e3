"""From a request to the stub that answers it: by dictionaries, however many stubs there are."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from mockops.core.chance import roll
from mockops.mocking.model import Caller, Change, CountHit, SessionView, SetState, Stub
from mockops.mocking.rules.buckets import Bucket, Entry, RegexBuckets
from mockops.mocking.rules.match import Subject, compile_match, resolve_operation
from mockops.mocking.rules.paths import Router

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockops.contracts.model import OperationEntry
    from mockops.core.exchange import Request


_MAX_VACATED = 1_000
"""Paths and URLs without stubs, beyond as many as have some, that are kept in the index."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A stub that answers a request."""

    stub: Stub
    params: dict[str, str]
    """Path parameters: of the stub's own template, else of the contract's operation."""
    changes: tuple[Change, ...] = ()


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which stub answers, if any, and whether that may be remembered."""

    hit: Hit | None
    is_repeatable: bool
    """Nothing but method, path, query and the index's `headers_used` decided: the same again, the same answer."""


_NOTHING = Choice(hit=None, is_repeatable=True)


class StubIndex:
    """Stubs by everything they can be found by. Mutable: one owner, who adds and removes."""

    def __init__(self, stubs: Iterable[Stub] = (), entries: Sequence[OperationEntry] = ()) -> None:
        """Index `stubs`, later ones newer.

        Args:
            stubs: What to index.
            entries: The contract's operations: their names can be used, and their base paths are optional.

        Raises:
            StubInvalid: A stub cannot be used (see `rules.check` for all problems at once).

        """
        self._operations = operation_names(entries)
        self._bases = tuple(sorted({base for entry in entries for base in entry.base_paths if base}, key=len))
        self._forget_places()
        self._entries: dict[str, tuple[Entry, Bucket]] = {}
        self._sequence = 0
        self._headers: Counter[str] = Counter()
        for stub in stubs:
            self.add(stub)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, stub_id: object) -> bool:
        return stub_id in self._entries

    @property
    def stubs(self) -> list[Stub]:
        """All stubs, oldest first."""
        return [entry.stub for entry, _ in self._entries.values()]

    @property
    def operations(self) -> Mapping[str, str]:
        """Operation keys by the names people may use."""
        return self._operations

    @property
    def headers_used(self) -> frozenset[str]:
        """Lower-case names of the request headers that any stub looks at (`cookie` for cookies)."""
        return frozenset(self._headers)

    def add(self, stub: Stub) -> None:
        """Add a stub as the newest; one with the same id is replaced.

        Raises:
            StubInvalid: It cannot be used.

        """
        self._sequence += 1
        entry = Entry(stub, self._sequence, lambda: compile_match(stub.match, self._operations))
        self._bucket_for(stub)  # refuses, before anything has changed
        self.remove(stub.id)
        bucket = self._bucket_for(stub)
        bucket.add(entry)
        self._entries[stub.id] = (entry, bucket)
        self._headers.update(entry.headers)

    def remove(self, stub_id: str) -> Stub | None:
        """Remove a stub and return it; None if there is none of that id."""
        entry, bucket = self._entries.pop(stub_id, (None, None))
        if entry is None or bucket is None:
            return None
        bucket.remove(entry)
        self._headers -= Counter(entry.headers)
        self._vacated += not bucket
        if self._vacated > _MAX_VACATED + len(self._entries):
            self._clear_away()
        return entry.stub

    def _clear_away(self) -> None:
        """Build the index anew, without the places that no stub is left at: tests that add and remove never end."""
        self._forget_places()
        for stub_id, (entry, _) in self._entries.items():
            bucket = self._bucket_for(entry.stub)
            bucket.add(entry)
            self._entries[stub_id] = (entry, bucket)

    def _forget_places(self) -> None:
        self._by_operation: dict[str, Bucket] = {}
        self._by_path: Router[Bucket] = Router()
        self._by_url: dict[str, Bucket] = {}
        self._by_regex = RegexBuckets()
        self._anywhere = Bucket()
        self._vacated = 0

    def _bucket_for(self, stub: Stub) -> Bucket:
        match = stub.match
        operation, _, path = resolve_operation(match, self._operations)
        if operation:
            return self._by_operation.setdefault(operation, Bucket())
        if path:
            return self._by_path.add(path, Bucket())
        if match.url:
            return self._by_url.setdefault(match.url, Bucket())
        if match.path_regex or match.url_regex:
            return self._by_regex.bucket(match.path_regex, match.url_regex)
        return self._anywhere

    def find(
        self,
        request: Request,
        operation_key: str = "",
        caller: Caller | None = None,
        session_view: SessionView | None = None,
        seed: int = 0,
        params: dict[str, str] | None = None,
    ) -> Hit | None:
        """Return the stub that answers, or None; see `choose`."""
        return self.choose(request, operation_key, caller, session_view, seed, params).hit

    def choose(
        self,
        request: Request,
        operation_key: str = "",
        caller: Caller | None = None,
        session_view: SessionView | None = None,
        seed: int = 0,
        params: dict[str, str] | None = None,
    ) -> Choice:
        """Return which stub answers a request.

        Args:
            request: The request.
            operation_key: The contract's operation it addresses, `GET /pets/{petId}`; empty: none.
            caller: Who asks; `persona` and `session` count here.
            session_view: What the session remembers.
            seed: Of the workspace; weighted choices depend on it, the session and how often they were drawn.
            params: Path parameters of the operation, decoded.

        """
        if not self._entries:
            return _NOTHING
        caller = caller or Caller()
        view = session_view or SessionView()
        if view.name != caller.session:
            view = msgspec.structs.replace(view, name=caller.session)
        subject = self.subject(request, operation_key, params or {}, caller.persona, view)
        reached = self._reach(subject)
        found: tuple[Entry, Subject] | None = None
        for bucket, bound in reached:
            if bucket.best_rank is None or (found is not None and bucket.best_rank >= found[0].rank):
                continue
            entry = bucket.first(bound)
            if entry is not None and (found is None or entry.rank < found[0].rank):
                found = entry, bound
        is_repeatable = all(bucket.is_steady(found[0].rank if found else None, bound) for bucket, bound in reached)
        if found is None:
            return Choice(hit=None, is_repeatable=is_repeatable)
        if found[0].stub.weight is not None:
            found = self._draw(found[0].stub.priority, reached, seed)
            is_repeatable = False
        return Choice(hit=_hit(*found), is_repeatable=is_repeatable)

    def subject(
        self, request: Request, operation: str, params: dict[str, str], persona: str, view: SessionView
    ) -> Subject:
        """Return what matches are held against, with the paths that count as the request's."""
        path = request.path
        shorter = (path[len(base) :] or "/" for base in self._bases if path == base or path.startswith(base + "/"))
        return Subject(
            request=request,
            operation=operation,
            params=params,
            paths=(path, *shorter) if self._bases else (path,),
            persona=persona,
            session=view,
        )

    def _reach(self, subject: Subject) -> list[tuple[Bucket, Subject]]:
        """Return every bucket whose stubs' operation, path or URL fits, with the parameters bound."""
        reached: list[tuple[Bucket, Subject]] = []
        if subject.operation:
            bucket = self._by_operation.get(subject.operation)
            if bucket is not None:
                reached.append((bucket, subject))
        if self._by_path:
            self._reach_by_path(subject, reached)
        request = subject.request
        url = f"{request.path}?{request.query_string}" if request.query_string else request.path
        if self._by_url and url in self._by_url:
            reached.append((self._by_url[url], subject))
        reached.extend((bucket, subject) for bucket in self._by_regex.find(request.path, url))
        if self._anywhere:
            reached.append((self._anywhere, subject))
        return reached

    def _reach_by_path(self, subject: Subject, reached: list[tuple[Bucket, Subject]]) -> None:
        seen: set[int] = set()
        for path in subject.paths:
            for found in self._by_path.find_all(path):
                if id(found.value) not in seen and found.value:
                    seen.add(id(found.value))
                    bound = msgspec.structs.replace(subject, params=found.params) if found.params else subject
                    reached.append((found.value, bound))

    def _draw(self, priority: int, reached: list[tuple[Bucket, Subject]], seed: int) -> tuple[Entry, Subject]:
        """Draw among all matching stubs of one priority that have a weight."""
        pool = sorted(
            (
                (entry, bound)
                for bucket, bound in reached
                for entry in bucket.matching(bound)
                if entry.stub.priority == priority and entry.stub.weight is not None
            ),
            key=lambda pair: pair[0].rank,
        )
        session = pool[0][1].session
        hits = session.hits
        nth = sum(hits.get(entry.stub.id, 0) for entry, _ in pool)
        dice = roll(seed, session.name, "weighted", *(entry.stub.id for entry, _ in pool), nth)
        weights = [max(0.0, entry.stub.weight or 0.0) for entry, _ in pool]
        return dice.choices(pool, weights)[0] if sum(weights) > 0 else pool[0]

    def sample(self, subject: Subject, limit: int) -> list[Entry]:
        """Return up to `limit` stubs worth comparing with an unanswered request: those on its path first."""
        near = (entry for bucket, _ in self._reach(subject) for entry in bucket)
        every = (entry for entry, _ in reversed(self._entries.values()))
        picked = {entry.stub.id: entry for each in (near, every) for entry in islice(each, limit)}
        return list(islice(picked.values(), limit))


def operation_names(entries: Iterable[OperationEntry]) -> dict[str, str]:
    """Return operation keys by the names people may use: operationId, and the key itself."""
    names: dict[str, str] = {}
    for entry in entries:
        names[entry.key] = entry.key
        if entry.operation_id:
            names.setdefault(entry.operation_id, entry.key)
    return names


def _hit(entry: Entry, bound: Subject) -> Hit:
    stub = entry.stub
    changes: list[Change] = [SetState(name, value) for name, value in stub.set_state.items()]
    if stub.times is not None or stub.weight is not None:
        changes.append(CountHit(stub.id))
    return Hit(stub=stub, params=bound.params, changes=tuple(changes))
