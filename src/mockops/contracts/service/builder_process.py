"""A process that compiles contracts for another one: no file, no network, bounded in time and memory.

Run as `python -m mockops.contracts.service.builder_process` with a socket as its standard input; it ends when the other
side closes it. A contract that reaches a limit costs this process, and nothing else.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import sys

import msgspec

from mockops.contracts.model import Bundle, BundleInvalid, ContractInvalid
from mockops.contracts.rules.reimport import MergedBundle, merge_bundles
from mockops.contracts.service.builder_wire import (
    Answer,
    Done,
    Job,
    Limits,
    Refused,
    Source,
    frame,
    peak_bytes,
    receive,
)
from mockops.contracts.service.bundled import BundleSources
from mockops.contracts.service.load import LoadedContract, load_sources
from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.documents import DocumentInvalid
from mockops.workspaces.rules.merge import MergeTooDeep

MAX_DIAGNOSTICS = 1_000
"""Problems that are kept, of one contract."""


def main() -> None:
    """Compile what comes, until nothing does."""
    connection = socket.socket(fileno=sys.stdin.fileno())
    limits = msgspec.msgpack.decode(receive(connection), type=Limits)
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_AS, limits.memory_bytes)
    is_worn = False
    while not is_worn and (message := receive(connection)):
        _bound(resource.RLIMIT_CPU, int(_cpu_s()) + limits.cpu_s + 1)
        job = msgspec.msgpack.decode(message, type=Job)
        del message
        answer = _answer(job, limits)
        is_worn = isinstance(answer, Refused) and answer.reason != "invalid"
        is_worn = is_worn or peak_bytes(resource.getrusage(resource.RUSAGE_SELF)) > limits.memory_bytes // 4
        connection.sendall(frame(msgspec.structs.replace(answer, is_worn=is_worn)))


def _answer(job: Job, limits: Limits) -> Answer:
    root = job.bundle.root
    try:
        merged = _merged(job)
        bundle = merged.bundle if merged is not None else _bundle(job.bundle)
        loaded = load_sources(BundleSources(bundle))
        artefact = loaded.contract.to_bytes()
        if len(artefact) > limits.artefact_bytes:
            return Refused(reason="artefact")
        return Done(
            artefact=artefact,
            diagnostics=_diagnostics(loaded, root),
            title=loaded.contract.title,
            version=loaded.contract.version,
            dialect=loaded.contract.dialect,
            operations=loaded.contract.entries,
            merged=Source(root=bundle.root, files=dict(bundle.files)) if merged is not None else None,
            conflicts=merged.conflicts if merged is not None else (),
            conflict_count=merged.conflict_count if merged is not None else 0,
        )
    except (ContractInvalid, BundleInvalid, DocumentInvalid, MergeTooDeep) as error:
        return Refused(reason="invalid", message=str(error), diagnostics=error.diagnostics[:MAX_DIAGNOSTICS])
    except RecursionError:
        message = "the document nests too deeply to be compiled"
        found = Diagnostic(code=ContractInvalid.code, message=message, source=root, hint="flatten it")
        return Refused(reason="invalid", message=message, diagnostics=(found,))
    except MemoryError:
        return Refused(reason="memory")


def _merged(job: Job) -> MergedBundle | None:
    if job.merge is None:
        return None
    base, ours = map(_bundle, job.merge)
    return merge_bundles(base, ours, _bundle(job.bundle), prefer=job.prefer)


def _bundle(source: Source) -> Bundle:
    return Bundle(root=source.root, files=source.files)


def _diagnostics(loaded: LoadedContract, root: str) -> tuple[Diagnostic, ...]:
    """Return what there is to say, errors first when it is too much to say it all."""
    found = loaded.unplaced
    if len(found) <= MAX_DIAGNOSTICS:
        return loaded.placed(found)
    worst = sorted(found, key=lambda each: each.severity is not Severity.ERROR)[: MAX_DIAGNOSTICS - 1]
    rest = Diagnostic(
        code="contract.more_problems",
        severity=Severity.WARNING,
        message=f"{len(found) - len(worst):,} more problems are not listed",
        source=root,
        hint="correct those that are; `mockops validate` lists all of them",
    )
    return (*loaded.placed(worst), rest)


def _bound(limit: int, value: int) -> None:
    """Lower a limit of this process; where the system has no such limit, the other process's clock is the bound."""
    with contextlib.suppress(ValueError, OSError):
        _, most = resource.getrlimit(limit)
        resource.setrlimit(limit, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
