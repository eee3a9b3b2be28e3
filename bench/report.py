"""Writes results as Markdown tables and a chart, and refreshes the block in docs/performance.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from peers import PEERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from results import Result, Row

NOTHING = "-"
_PATHS = re.compile(r"(?:/[\w.@-]+)+/(?=[\w.-])")
"""Folders of the machine that measured: nobody else's business."""
START, END = "<!-- bench:start -->", "<!-- bench:end -->"
COLUMNS = ("nginx", "MockOps", "WireMock", "Prism", "Mockoon")
COLOURS = {"nginx": "#9aa0a6", "MockOps": "#0b7a75", "WireMock": "#d9822b", "Prism": "#7157d9", "Mockoon": "#c23030"}
HEADINGS = {
    "latency": "Latency at half load",
    "start": "Start-up: from exec to the first right answer",
    "memory": "Resident memory",
    "delays": "Many delayed answers at once",
    "idle": "Idle connections",
}
FIGURES = {
    "per_s": ("requests/s", "{:,.0f}"),
    "rate": ("sent per s", "{:,.0f}"),
    "p50_ms": ("p50 ms", "{:,.2f}"),
    "p99_ms": ("p99 ms", "{:,.2f}"),
    "p999_ms": ("p99.9 ms", "{:,.2f}"),
    "max_ms": ("max ms", "{:,.1f}"),
    "start_ms": ("start ms", "{:,.0f}"),
    "rss_mb": ("MB", "{:,.0f}"),
    "loaded_mb": ("MB when loaded", "{:,.0f}"),
    "after_run_mb": ("MB after a run", "{:,.0f}"),
    "whole_s": ("all answered after s", "{:,.2f}"),
    "p50_s": ("p50 s", "{:,.2f}"),
    "p99_s": ("p99 s", "{:,.2f}"),
    "max_s": ("max s", "{:,.2f}"),
    "cpu_s": ("CPU s", "{:,.2f}"),
    "kb_per_connection": ("KB a connection", "{:,.1f}"),
    "cpu_percent": ("CPU % while idle", "{:,.1f}"),
}
"""Name of a figure to its heading and format."""


def markdown(found: dict[str, Any], results: Sequence[Result]) -> str:
    """Return everything as Markdown; what was left out is named with its reason."""
    machine = found["machine"]
    versions = ", ".join(f"{PEERS[kind].package} {version}" for kind, version in machine["peers"].items() if version)
    where = f"{machine['system']} ({machine['architecture']}, {machine['cores']} cores"
    head = (
        f"Measured on {where}, one for the server, one for the load), Python {machine['python']}"
        f"{', ' + versions if versions else ''}; medians of {found['rounds']} rounds of {found['seconds']:g} s."
    )
    parts = [head, *_throughput([one for one in results if one.kind == "throughput"])]
    for kind, heading in HEADINGS.items():
        chosen = [one for one in results if one.kind == kind]
        if chosen:
            parts += [f"### {heading}", *(block for one in chosen for block in (one.shows, _table(one)))]
    parts += _left_out(results)
    return "\n\n".join(parts) + "\n"


def _throughput(results: Sequence[Result]) -> list[str]:
    if not results:
        return []
    lines = [_line(("scenario", *COLUMNS)), _line(["---"] * (len(COLUMNS) + 1))]
    lines += [_line([f"{one.name}", *(_share(one, column) for column in COLUMNS)]) for one in results]
    legend = "\n".join(f"- `{one.name}`: {one.shows}" for one in results)
    parts = ["### Requests per second, as a share of nginx", "\n".join(lines), legend]
    for one in results:
        if any(row.server not in COLUMNS for row in one.rows):
            parts += [f"`{one.name}`, line by line:", _table(one)]
    return parts


def _share(result: Result, server: str) -> str:
    per_s = result.median(server, "per_s")
    if per_s is None:
        return NOTHING
    ratio = result.ratio(server)
    return f"{per_s:,.0f}/s" if server == "nginx" or ratio is None else f"**{ratio:.3f}** ({per_s:,.0f}/s)"


def _table(result: Result) -> str:
    rows = [row for row in result.rows if row.values]
    if not rows:
        return "No server could be measured."
    names = [name for name in FIGURES if any(name in row.values for row in rows)]
    lines = [_line(["server", *(FIGURES[name][0] for name in names)]), _line(["---", *["---:"] * len(names)])]
    lines += [_line([row.server, *(_figure(row, name) for name in names)]) for row in rows]
    return "\n".join(lines)


def _figure(row: Row, name: str) -> str:
    value = row.figure(name)
    return NOTHING if value is None else FIGURES[name][1].format(value)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _left_out(results: Sequence[Result]) -> list[str]:
    """Group what was left out by server and reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for row in result.rows:
            if row.skipped:
                reasons.setdefault((row.server, row.skipped), []).append(f"`{result.name}`")
    if not reasons:
        return []
    lines = [
        f"- {server} in {', '.join(names)}: {_PATHS.sub('…/', ' '.join(reason.split()))}"
        for (server, reason), names in reasons.items()
    ]
    return ["### Left out", "\n".join(lines)]


def chart(results: Sequence[Result], path: Path) -> bool:
    """Draw requests per second of every scenario as bars, logarithmically; False when there is nothing to draw."""
    chosen = [one for one in results if one.kind == "throughput"]
    if not any(one.median(column, "per_s") for one in chosen for column in COLUMNS):
        return False
    import matplotlib as mpl  # noqa: PLC0415 (half a second that a run without a chart does not pay)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 (after the backend is chosen)

    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.75 * len(chosen)), layout="constrained")
    thickness = 0.8 / len(COLUMNS)
    for index, column in enumerate(COLUMNS):
        places = [number + index * thickness for number in range(len(chosen))]
        values = [one.median(column, "per_s") or 0 for one in chosen]
        axes.barh(places, values, thickness, label=column, color=COLOURS[column])
    axes.set_yticks([number + 0.4 - thickness / 2 for number in range(len(chosen))], [one.name for one in chosen])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(left=10)
    axes.set_xlabel("requests per second, one core (logarithmic; no bar: cannot do it, or left out)")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(COLUMNS), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return True


def refresh(page: Path, block: str) -> None:
    """Put `block` between the markers of a page; raise ValueError when the markers are not there, once each."""
    text = page.read_text("utf-8")
    if text.count(START) != 1 or text.count(END) != 1 or text.index(END) < text.index(START):
        message = f"{page} needs {START} and, after it, {END}, once each"
        raise ValueError(message)
    before, after = text.split(START)[0], text.split(END)[1]
    page.write_text(f"{before}{START}\n{block}{END}{after}", "utf-8")
