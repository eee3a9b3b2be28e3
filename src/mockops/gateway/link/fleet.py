"""The targets that control published: replaced one by one, compiled when asked for, the last good version kept."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from mockops.contracts.rules.artefact import Contract
from mockops.core.errors import MockOpsError
from mockops.gateway.link.blobs import BlobMissing
from mockops.gateway.link.rows import RowInvalid, head_of, snapshot_of
from mockops.gateway.target import Target, TargetBroken, compile_body, keep_sessions
from mockops.infra.loop import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from collections.abc import Set as AbstractSet

    from mockops.gateway.gateway import Gateway
    from mockops.gateway.link.blobs import Blobs
    from mockops.gateway.link.rows import Page, Row
    from mockops.gateway.target import Body
    from mockops.mocking.model import Stub

logger = logging.getLogger(__name__)

MAX_COMPILED_BYTES = 768 << 20
"""About how much memory compiled targets may take; the longest unused leave beyond it."""
_OPERATION_BYTES = 4500
_TARGET_BYTES = 20_000
_TEXT_FACTOR = 12
"""Decoded stubs with their matchers take about this many times their JSON."""


class Member:
    """A target with the row it is served from."""

    __slots__ = ("failure", "former", "row", "served", "shown", "target")

    def __init__(self, row: Row, former: Row | None = None) -> None:
        self.row = row
        self.former = former
        """What to serve where `row` cannot be compiled; None once it was, or where there is nothing."""
        self.shown = row
        """What the target is addressed and set by."""
        self.served: Row | None = None
        """What the target's body was compiled from last."""
        self.failure: TargetBroken | None = None
        """Why it cannot be compiled; raised again until a row or blob comes."""
        self.target: Target

    @property
    def good(self) -> Row | None:
        """The last version that could be compiled, or may be, where it is not `row`."""
        return self.served if self.served is not None and self.served is not self.row else self.former


class Fleet:
    """All targets of a gateway that follows control."""

    def __init__(
        self,
        gateway: Gateway,
        blobs: Blobs,
        *,
        want: Callable[[str], None],
        max_compiled_bytes: int = MAX_COMPILED_BYTES,
    ) -> None:
        """Start with no target.

        Args:
            gateway: What serves them.
            blobs: Where contracts and personas are.
            want: Called with the digest of a blob that turned out not to be here.
            max_compiled_bytes: Bound on compiled targets, about.

        """
        self._gateway = gateway
        self._blobs = blobs
        self._want = want
        self._members: dict[str, Member] = {}
        self._contracts: WeakValueDictionary[str, Contract] = WeakValueDictionary()
        self._compiled: OrderedDict[str, int] = OrderedDict()
        """Weight of each compiled target by key, oldest first."""
        self._compiled_bytes = 0
        self._max_compiled_bytes = max_compiled_bytes
        self._stale: set[str] | None = None
        """While a snapshot comes from its beginning: keys of the former one that did not come yet."""
        self.replaced = 0
        """How many compiled bodies made way for others."""
        self.home = ""
        """The org whose targets have bare names."""
        self.problems: dict[str, str] = {}
        """What is wrong with a target, by its key."""

    def __len__(self) -> int:
        return len(self._members)

    @property
    def compiled(self) -> int:
        """How many targets are compiled."""
        return len(self._compiled)

    @property
    def rows(self) -> list[tuple[Row, Row | None]]:
        """Each row with its last good version, where that is another one."""
        return [(member.row, member.good) for member in self._members.values()]

    @property
    def digests(self) -> set[str]:
        """The blobs that targets need, or fall back to."""
        return {digest for pair in self.rows for row in pair if row is not None for digest in row.digests}

    def load(self, rows: Iterable[tuple[Row, Row | None]], home: str) -> None:
        """Serve what was saved."""
        self.home = home
        for row, good in rows:
            self._enter(Member(row, good))
        self._serve()

    def apply(self, page: Page, *, is_first: bool) -> bool:
        """Take a page over, each target at once and whole; return whether ports may have to be opened or closed.

        Args:
            page: The page; its blobs are here, as far as control has them.
            is_first: Whether it is the first of a snapshot from its beginning.

        """
        if is_first or page.reset:
            self._stale = set(self._members)
        is_readdressed = page.home != self.home
        self.home = page.home
        for row in page.changed:
            is_readdressed |= self._take(row)
            if self._stale is not None:
                self._stale.discard(row.key)
        gone: AbstractSet[str] = set(page.removed)
        if self._stale is not None and not page.more:
            gone |= self._stale
            self._stale = None
        for key in gone & self._members.keys():
            self._leave(key)
            is_readdressed = True
        if is_readdressed:
            for member in self._members.values():
                member.target.describe(head_of(member.shown, home=self.home))
            self._serve()
        elif page.changed:
            self._gateway.refresh()
        return is_readdressed

    def retry(self, digests: AbstractSet[str]) -> None:
        """Try targets anew that could not be compiled for want of blobs that are here now."""
        is_readdressed = False
        for member in self._members.values():
            row, good = member.row, member.good
            if row.key not in self.problems or digests.isdisjoint(row.digests):
                continue
            if good is not None:
                member.row = good
                is_readdressed |= self._take(row)
            else:
                member.failure = None
                del self.problems[row.key]
        if is_readdressed:
            self._serve()
        else:
            self._gateway.refresh()

    # -- one target

    def _take(self, row: Row) -> bool:
        """Serve a row; return whether it is addressed otherwise than before, or new."""
        member = self._members.get(row.key)
        if member is None:
            self._enter(Member(row))
            return True
        target, former = member.target, member.row
        if row.raw == former.raw:
            return False
        member.former = member.good if row.key in self.problems else former
        member.row = row
        member.failure = None
        self.problems.pop(row.key, None)
        if target.is_compiled:
            # who uses it shall not wait for it; and what is wrong is known at once
            try:
                body, weight = self._compile(row, target.added)
            except MockOpsError as error:
                self._blame(row, error, keeps=True)
                return False
            self._settle(member, row, body, weight)
        return self._show(member, row)

    def _show(self, member: Member, row: Row) -> bool:
        """Address and set a target by a row; return whether that differs from before."""
        former, member.shown = member.shown, row
        target, head = member.target, head_of(row, home=self.home)
        target.sessions = keep_sessions(head.settings, clock=self._gateway.clock, former=target)
        target.stub_count = row.stub_count
        is_same_place = (row.org, row.name, row.environment, row.is_default) == (
            former.org,
            former.name,
            former.environment,
            former.is_default,
        )
        is_same_port = head.settings.listen == target.settings.listen
        target.describe(head)
        return not (is_same_place and is_same_port)

    def _enter(self, member: Member) -> None:
        row = member.row
        head = head_of(row, home=self.home)
        target = Target(
            head,
            sessions=keep_sessions(head.settings, clock=self._gateway.clock, former=None),
            compile_body=lambda: self._compile_late(member),
        )
        target.stub_count = row.stub_count
        target.admit = self._gateway.admit
        member.target = target
        self._members[row.key] = member

    def _leave(self, key: str) -> None:
        del self._members[key]
        self._compiled_bytes -= self._compiled.pop(key, 0)
        self.problems.pop(key, None)

    def _serve(self) -> None:
        self._gateway.serve([member.target for member in self._members.values()], home=self.home)

    # -- compiling

    def _compile_late(self, member: Member) -> Body:
        """Compile a target that is asked for; the former version where the newest cannot be."""
        if member.failure is not None:
            raise member.failure
        reason: MockOpsError | None = None
        for row in (member.row, member.good):
            if row is None:
                continue
            try:
                body, weight = self._compile(row, member.target.added)
            except MockOpsError as error:
                reason = reason or error
                continue
            if reason is not None:
                self._blame(member.row, reason, keeps=True)
                member.target.settings = head_of(row, home=self.home).settings
                member.target.stub_count = row.stub_count
            self._settle(member, row, body, weight)
            settle()  # else the collector looks at all compiled targets again and again: 0.2 s at 2,600
            return body
        self._blame(member.row, reason, keeps=False)
        member.failure = TargetBroken(f"{member.target.name}@{member.row.environment} cannot be served: {reason}")
        raise member.failure

    def _compile(self, row: Row, added: dict[str, Stub]) -> tuple[Body, int]:
        """Return a row compiled, and about how much memory it takes.

        Raises:
            MockOpsError: It cannot be; whatever the reason, it is this target's alone.

        """
        try:
            return self._compile_row(row, added)
        except MockOpsError:
            raise
        except Exception as error:
            logger.exception("while compiling %s", row.label)
            raise RowInvalid(f"MockOps failed to compile it: {type(error).__name__}: {error}") from error

    def _compile_row(self, row: Row, added: dict[str, Stub]) -> tuple[Body, int]:
        contract = self._contract(row.contract) if row.contract else None
        personas = self._blobs.open(row.personas) if row.personas else None
        snapshot = snapshot_of(row, head_of(row, home=self.home), personas)
        body = compile_body(snapshot, contract, operations=self._gateway.operations, added=added)
        operations = len(contract.entries) if contract is not None else 0
        return body, _TARGET_BYTES + operations * _OPERATION_BYTES + len(row.raw) * _TEXT_FACTOR

    def _contract(self, digest: str) -> Contract:
        contract = self._contracts.get(digest)
        if contract is None:
            contract = self._contracts[digest] = Contract.from_bytes(self._blobs.open(digest))
        return contract

    def _settle(self, member: Member, row: Row, body: Body, weight: int) -> None:
        """Serve what was compiled, and make room for it."""
        key = row.key
        self.replaced += member.target.is_compiled
        member.target.replace(body)
        member.served = row
        if row is member.row:
            member.former = None
        self._compiled_bytes += weight - self._compiled.pop(key, 0)
        self._compiled[key] = weight
        while self._compiled_bytes > self._max_compiled_bytes and len(self._compiled) > 1:
            self._evict()

    def _evict(self) -> None:
        """Forget the body of a target that was not asked for since it was last considered (the clock algorithm)."""
        newest = next(reversed(self._compiled))
        for key in list(self._compiled):
            if key == newest:
                continue
            target = self._members[key].target
            if target.is_used:
                target.is_used = False
                self._compiled.move_to_end(key)
                self._compiled.move_to_end(newest)
                continue
            break
        else:
            key = next(iter(self._compiled))
        self._compiled_bytes -= self._compiled.pop(key)
        self._members[key].target.replace(None)
        self.replaced += 1

    def _blame(self, row: Row, reason: MockOpsError | None, *, keeps: bool) -> None:
        rest = "its last good version is served" if keeps else "it answers 503"
        self.problems[row.key] = f"{row.label}: {_words(reason)}; {rest}"
        if isinstance(reason, BlobMissing):
            self._want(reason.digest)


def _words(reason: MockOpsError | None) -> str:
    first = next(iter(getattr(reason, "diagnostics", ())), None)
    return f"{reason} ({first})" if first is not None and str(first) not in str(reason) else str(reason)
