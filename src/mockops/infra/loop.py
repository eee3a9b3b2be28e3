"""The event loop: uvloop where it is installed, asyncio's own elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_T = TypeVar("_T")

VARIABLE = "MOCKOPS_LOOP"
"""Environment variable: `asyncio` or `uvloop` forces one; empty or `auto`: uvloop where it is installed."""


class LoopUnknown(Invalid):
    """The environment asks for an event loop that there is not."""

    code: ClassVar[str] = "infra.loop_unknown"


def find_loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the event loop this process should run on.

    Raises:
        LoopUnknown: `MOCKOPS_LOOP` names no loop, or uvloop where it is not installed.

    """
    wanted = os.environ.get(VARIABLE, "").strip().lower() or "auto"
    if wanted == "asyncio":
        return asyncio.new_event_loop
    if wanted not in ("auto", "uvloop"):
        message = f"{VARIABLE}={wanted!r} names no event loop; use `auto`, `uvloop` or `asyncio`"
        raise LoopUnknown(message)
    try:
        import uvloop  # noqa: PLC0415 (not there on every platform)
    except ImportError as error:
        if wanted == "uvloop":
            message = f"{VARIABLE}=uvloop, but uvloop is not installed; `pip install uvloop`, or use `auto`"
            raise LoopUnknown(message) from error
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def settle(*, is_replaced: bool = False) -> None:
    """Take what exists now, which is to live on, out of the garbage collector's sight: looking at it stops the loop.

    Args:
        is_replaced: Something settled before may be garbage by now: look at all of it once more (tens of milliseconds).

    """
    if is_replaced:
        gc.unfreeze()
        gc.collect()
    gc.freeze()


def allow_files(wanted: int = 65_536) -> None:
    """Let this process have as many files open as its user may allow it, up to `wanted`: each client is one."""
    try:
        import resource  # noqa: PLC0415 (not on every platform)
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):  # macOS says more than it allows
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine to its end on a loop of its own and return its result.

    Raises:
        LoopUnknown: `MOCKOPS_LOOP` cannot be satisfied; then nothing was run.

    """
    try:
        factory = find_loop_factory()
    except LoopUnknown:
        main.close()
        raise
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)
