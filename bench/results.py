"""What a benchmark run found, as it is written to JSON and read by the report."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from peers import PEERS, version_of


@dataclass(slots=True, kw_only=True)
class Row:
    """One server in one scenario."""

    server: str
    values: dict[str, list[float]] = field(default_factory=dict)
    """Name of a figure, with its unit, to one value a round."""
    skipped: str = ""
    """Why there are no figures."""

    def add(self, **figures: float) -> None:
        """Note the figures of one round."""
        for name, value in figures.items():
            self.values.setdefault(name, []).append(value)

    def figure(self, name: str) -> float | None:
        """Return the median over the rounds, or None."""
        return median(self.values[name]) if self.values.get(name) else None


@dataclass(slots=True, kw_only=True)
class Result:
    """One scenario, measured."""

    name: str
    shows: str
    kind: str
    """`throughput`, `start`, `memory`, `latency`, `delays` or `idle`."""
    rows: list[Row] = field(default_factory=list)

    def row(self, server: str) -> Row:
        """Return a server's row, made when it is new."""
        found = self.find(server)
        if found is None:
            found = Row(server=server)
            self.rows.append(found)
        return found

    def find(self, server: str) -> Row | None:
        """Return a server's row, or None."""
        return next((row for row in self.rows if row.server == server), None)

    def median(self, server: str, name: str) -> float | None:
        """Return the median of a server's figure, or None."""
        found = self.find(server)
        return found.figure(name) if found else None

    def ratio(self, server: str) -> float | None:
        """Return a server's requests per second as a share of nginx's in the same rounds, or None."""
        mine, yardstick = self.median(server, "per_s"), self.median("nginx", "per_s")
        return mine / yardstick if mine is not None and yardstick else None


def document(results: list[Result], *, rounds: int, seconds: float) -> dict[str, Any]:
    """Return everything as JSON: how it was measured, every value, medians and ratios."""
    return {
        "machine": {
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
            "peers": {kind: version_of(kind) for kind in PEERS},
        },
        "rounds": rounds,
        "seconds": seconds,
        "scenarios": [
            {
                **asdict(result),
                "rows": [
                    asdict(row)
                    | {"medians": {name: row.figure(name) for name in row.values}, "ratio": result.ratio(row.server)}
                    for row in result.rows
                ],
            }
            for result in results
        ],
    }


def from_document(found: dict[str, Any]) -> list[Result]:
    """Read what `document` wrote."""
    return [
        Result(
            name=one["name"],
            shows=one["shows"],
            kind=one["kind"],
            rows=[Row(server=row["server"], values=row["values"], skipped=row["skipped"]) for row in one["rows"]],
        )
        for one in found["scenarios"]
    ]
