"""Metrics in Prometheus's text exposition format 0.0.4: figures that only grow, and sizes of the moment."""

from __future__ import annotations

import os
import sys
from itertools import accumulate
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.gateway.answers import Answers
from mockops.gateway.counters import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from mockops.gateway.counters import Counters
    from mockops.gateway.gateway import Gateway
    from mockops.gateway.http.server import Server
    from mockops.gateway.target import Target

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

MAX_SERIES = 2_000
"""Distinct label sets of the request metrics; what comes later is counted as operation `(other)` of its target."""

SHOWN_BUCKETS = range(6, 26, 2)
"""Every second bucket from 64 microseconds to 17 seconds; the ones between are added up."""

_EDGES = tuple((nth, repr(2**nth / 1e6)) for nth in SHOWN_BUCKETS)

Labels = tuple[tuple[str, str], ...]


class _Series:
    """Requests of one label set."""

    __slots__ = ("buckets", "total_s")

    def __init__(self) -> None:
        self.buckets = [0] * BUCKETS
        self.total_s = 0.0


def expose(gateway: Gateway, servers: Sequence[Server], *, version: str, started_at: datetime) -> str:
    """Return all metrics of a gateway and its listeners."""
    lines = [*_requests(gateway.counters), *_sizes(gateway, servers), *_process(version, started_at)]
    return "\n".join(lines) + "\n"


def remembered(servers: Sequence[Server]) -> tuple[int, int]:
    """Return how many ready answers the listeners remember, and about how many bytes they take."""
    held = [server.handler.answers for server in servers]
    return sum(map(len, held)), sum(each.size_bytes for each in held if isinstance(each, Answers))


def resident_bytes() -> int:
    """Return the memory the process takes now; where the system does not say, the most it ever took."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return _peak_bytes()
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    try:
        import resource  # noqa: PLC0415 (not on every platform)
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _requests(counters: Counters) -> Iterator[str]:
    shown = [(_labels(labels), series) for labels, series in _group(counters).items()]
    yield from _head("mockops_requests_total", "counter", "Requests answered.")
    for labels, series in shown:
        yield f"mockops_requests_total{labels} {sum(series.buckets)}"
    name = "mockops_request_duration_seconds"
    yield from _head(name, "histogram", "From a request's last byte to its answer's leaving, delays included.")
    for labels, series in shown:
        up_to = list(accumulate(series.buckets))
        bucket = f'{name}_bucket{labels[:-1]},le="'
        yield from [f'{bucket}{edge}"}} {up_to[nth]}' for nth, edge in _EDGES]
        yield f'{bucket}+Inf"}} {up_to[-1]}'
        yield f"{name}_sum{labels} {series.total_s!r}"
        yield f"{name}_count{labels} {up_to[-1]}"


def _group(counters: Counters) -> dict[Labels, _Series]:
    """Add cells up by what metrics tell apart; in the order they were made, so a series stays what it was."""
    grouped: dict[Labels, _Series] = {}
    for cell in counters:
        what = cell.dimensions
        labels: Labels = (
            ("target", what.target),
            ("environment", what.environment),
            ("operation", what.operation),
            ("status", str(what.status)),
            ("source", what.source),
        )
        if labels not in grouped and len(grouped) >= MAX_SERIES:
            labels = (*labels[:2], ("operation", "(other)"), ("status", ""), ("source", ""))
        series = grouped.setdefault(labels, _Series())
        series.total_s += cell.total_s
        series.buckets = list(map(add, series.buckets, cell.buckets))
    return grouped


def _sizes(gateway: Gateway, servers: Sequence[Server]) -> Iterator[str]:
    answers, answer_bytes = remembered(servers)
    yield from _gauge("mockops_answers_cached", "Ready answers remembered.", answers)
    yield from _gauge("mockops_answers_cached_bytes", "Memory that remembered answers take, about.", answer_bytes)
    journal = gateway.journal
    if journal is not None:
        yield from _gauge("mockops_journal_requests", "Exchanges in the journal.", len(journal))
        yield from _gauge("mockops_journal_bytes", "Memory that the journal takes, about.", journal.size_bytes)
        yield from _gauge("mockops_journal_max_bytes", "Bound on the journal.", journal.max_bytes)
        yield from _gauge(
            "mockops_journal_dropped", "Exchanges that left the journal to make room, since its reset.", journal.dropped
        )
    yield from _by_target(
        "mockops_sessions", "Sessions remembered.", gateway, lambda target: len(target.sessions.names())
    )
    yield from _by_target(
        "mockops_stubs", "Stubs, from files and added.", gateway, lambda target: target.stub_count + len(target.added)
    )
    connections = sum(len(server.connections) for server in servers)
    yield from _gauge("mockops_open_connections", "Client connections open.", connections)
    yield from _gauge("mockops_snapshot_revision", "Revision of the snapshot applied; -1: none.", gateway.revision)


def _by_target(name: str, help_text: str, gateway: Gateway, measure: Callable[[Target], int]) -> Iterator[str]:
    yield from _head(name, "gauge", help_text)
    for target in gateway.table:
        labels = (("target", target.name), ("environment", target.environment))
        yield f"{name}{_labels(labels)} {measure(target)}"


def _process(version: str, started_at: datetime) -> Iterator[str]:
    yield from _gauge("process_resident_memory_bytes", "Resident memory size in bytes.", resident_bytes())
    started_s = started_at.timestamp()
    yield from _gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", started_s)
    python = ".".join(map(str, sys.version_info[:3]))
    yield from _head("mockops_build_info", "gauge", "What is running; always 1.")
    yield f"mockops_build_info{_labels((('version', version), ('python', python)))} 1"


def _gauge(name: str, help_text: str, value: float) -> Iterator[str]:
    yield from _head(name, "gauge", help_text)
    yield f"{name} {value!r}"


def _head(name: str, kind: str, help_text: str) -> tuple[str, str]:
    return f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"


def _labels(labels: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels) + "}"


def _escape(value: str) -> str:
    """Escape a label's value: backslash, quote and line feed, nothing else (exposition format, "Line format")."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
