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

from mockops.contracts.model import Bundle, ContractInvalid
from mockops.contracts.service.builder_wire import Answer, Done, Job, Limits, Refused, frame, peak_bytes, receive
from mockops.contracts.service.bundled import BundleSources
from mockops.contracts.service.load import LoadedContract, load_sources
from mockops.core.diagnostics import Diagnostic, Severity

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
    try:
        loaded = load_sources(BundleSources(Bundle(root=job.root, files=job.files)))
        artefact = loaded.contract.to_bytes()
        if len(artefact) > limits.artefact_bytes:
            return Refused(reason="artefact")
        return Done(
            artefact=artefact,
            diagnostics=_diagnostics(loaded, job.root),
            title=loaded.contract.title,
            version=loaded.contract.version,
            dialect=loaded.contract.dialect,
            operations=loaded.contract.entries,
        )
    except ContractInvalid as error:
        return Refused(reason="invalid", message=str(error), diagnostics=error.diagnostics[:MAX_DIAGNOSTICS])
    except RecursionError:
        message = "the document nests too deeply to be compiled"
        found = Diagnostic(code=ContractInvalid.code, message=message, source=job.root, hint="flatten it")
        return Refused(reason="invalid", message=message, diagnostics=(found,))
    except MemoryError:
        return Refused(reason="memory")


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
