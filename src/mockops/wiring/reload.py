"""Reloading on change: a broken edit keeps the last good version and says what is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from watchfiles import awatch

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.errors import Invalid
from mockops.wiring.report import say, warn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from mockops.publishing.service.assemble import Assembled

_QUIET_MS = 50
"""Changes closer together than this are one: editors and checkouts write several files."""


async def watch(first: Assembled, read: Callable[[], Assembled], apply: Callable[[Assembled], Awaitable[None]]) -> None:
    """Read again and apply whenever a watched file changes, until cancelled."""
    good = first
    folders = _folders(good)
    watched = _places(good)
    async for changes in awatch(*folders, debounce=400, step=_QUIET_MS):
        if not any(_concerns(path, watched) for _, path in changes):
            continue
        try:
            fresh = await asyncio.to_thread(read)
            merged, kept = keep_good(good, fresh)
            await apply(merged)
        except (Invalid, OSError) as error:
            warn(f"not reloaded, the last good version is served: {error}")
            for diagnostic in error.diagnostics if isinstance(error, Invalid) else ():
                warn(str(diagnostic))
            continue
        _report(fresh, kept)
        good = merged
        watched |= _places(fresh)


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


def _report(fresh: Assembled, kept: dict[str, tuple[Diagnostic, ...]]) -> None:
    for name, problems in kept.items():
        for problem in problems[:5]:
            warn(str(problem))
        warn(f"{name}: not reloaded, the last good version is served")
    reloaded = [target.name for target in fresh.snapshot.targets if target.name not in kept]
    if reloaded and len(reloaded) <= 5:
        say(f"reloaded {', '.join(reloaded)}")
    elif reloaded:
        say(f"reloaded {len(reloaded)} targets")


def _places(assembled: Assembled) -> set[str]:
    return {str(path.resolve()) for path in assembled.watched}


def _folders(assembled: Assembled) -> set[Path]:
    """Return folders rather than files: editors replace a file by renaming another over it."""
    folders = {path.resolve() if path.is_dir() else path.resolve().parent for path in assembled.watched}
    return {
        folder for folder in folders if not any(folder != other and folder.is_relative_to(other) for other in folders)
    }


def _concerns(changed: str, watched: set[str]) -> bool:
    return changed in watched or any(changed.startswith(place + "/") for place in watched)
