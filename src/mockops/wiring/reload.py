"""Reloading on change: a broken edit keeps the last good version and says what is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.errors import Invalid
from mockops.wiring.changes import Changes
from mockops.wiring.report import say, warn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from mockops.core.clock import Clock
    from mockops.publishing.service.assemble import Assembled

_SHOWN = 5


async def watch(
    first: Assembled,
    read: Callable[[], Assembled],
    apply: Callable[[Assembled], Awaitable[None]],
    *,
    clock: Clock,
    read_at: datetime,
) -> None:
    """Read again and apply whenever a watched file changes, until cancelled.

    Args:
        first: What is served now.
        read: Reads everything anew; called on a thread.
        apply: Serves what was read; Invalid means it cannot be served, and nothing has changed.
        clock: Tells the time.
        read_at: When reading the first began.

    Raises:
        OSError: Files cannot be watched.

    """
    good = first
    changes = Changes(first.watched, read_at=read_at)
    try:
        while True:
            await changes.wait()
            read_at = clock.now()
            try:
                fresh = await asyncio.to_thread(read)
                changes.watch(good.watched | fresh.watched, read_at=read_at)
                if fresh.lost and not set(fresh.lost) <= set(good.lost):
                    _explain_lost(fresh)
                    continue
                merged, kept = keep_good(good, fresh)
                is_new = merged.snapshot.targets != good.snapshot.targets
                if is_new:
                    await apply(merged)
            except (Invalid, OSError) as error:
                for diagnostic in error.diagnostics if isinstance(error, Invalid) else ():
                    warn(str(diagnostic))
                warn(f"not reloaded, the last good version is served: {error}")
                continue
            _report(good, merged, fresh, kept)
            good = merged
    finally:
        changes.close()


def keep_good(good: Assembled, fresh: Assembled) -> tuple[Assembled, dict[str, tuple[Diagnostic, ...]]]:
    """Return what to serve after an edit, and the new problems of each target that keeps its last good version.

    A target keeps its last good version when the edit brought an error that was not there before.
    """
    former = {target.name: target for target in good.snapshot.targets}
    new = {target.name: target for target in fresh.snapshot.targets}
    kept = {
        name: problems
        for name in (*new, *fresh.failed)
        if name in former and (problems := _new_errors(good.by_target.get(name, ()), fresh.by_target.get(name, ())))
    }
    names = [name for name in dict.fromkeys((*former, *new)) if name in new or name in kept]
    targets = tuple(former[name] if name in kept else new[name] for name in names)
    by_target = {**fresh.by_target, **{name: good.by_target.get(name, ()) for name in kept}}
    snapshot = msgspec.structs.replace(fresh.snapshot, targets=targets, revision=good.snapshot.revision + 1)
    return replace(fresh, snapshot=snapshot, by_target=by_target), kept


def _new_errors(before: tuple[Diagnostic, ...], after: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Return the errors that were not there before; lines may have moved."""
    known = {(each.code, each.pointer, each.message) for each in before}
    return tuple(
        each
        for each in after
        if each.severity is Severity.ERROR and (each.code, each.pointer, each.message) not in known
    )


def _explain_lost(fresh: Assembled) -> None:
    for diagnostic in fresh.diagnostics:
        if diagnostic.source in fresh.lost:
            warn(str(diagnostic))
    warn(f"{', '.join(fresh.lost)}: not reloaded, the last good version is served")


def _report(good: Assembled, merged: Assembled, fresh: Assembled, kept: dict[str, tuple[Diagnostic, ...]]) -> None:
    """Say what became of an edit."""
    for name, problems in kept.items():
        for problem in problems[:_SHOWN]:
            warn(str(problem))
        warn(f"{name}: not reloaded, the last good version is served")
    former = {target.name: target for target in good.snapshot.targets}
    new = {target.name: target for target in merged.snapshot.targets}
    for name in fresh.failed:
        if name not in former and name not in good.failed:
            for problem in fresh.by_target.get(name, ())[:_SHOWN]:
                warn(str(problem))
            warn(f"{name}: not served")
    _say("added", [name for name in new if name not in former])
    _say("removed", [name for name in former if name not in new])
    _say("reloaded", [name for name, target in new.items() if name in former and target != former[name]])


def _say(what: str, names: list[str]) -> None:
    if names:
        say(f"{what} {', '.join(names)}" if len(names) <= _SHOWN else f"{what} {len(names)} targets")
