"""The work behind `mockops plan|apply|export|pull`: files on one side, a server on the other."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace as replaced
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mockops.cli.project_options import Output, ProjectRefused
from mockops.cli.project_report import as_json, printable, show_plan, summary
from mockops.client.errors import ApiInvalid
from mockops.contracts.rules.bundles import digest_of
from mockops.core.diagnostics import Severity
from mockops.core.documents.write import write_yaml
from mockops.core.errors import Invalid
from mockops.infra.cache import cache_dir
from mockops.infra.http import fetcher
from mockops.publishing.service.projects.reading import ReadOptions, ReadProject, read_state
from mockops.publishing.service.projects.schemas import SCHEMAS_FOLDER, write_schemas
from mockops.workspaces.model.projects import ProjectConflict, ProjectState
from mockops.workspaces.rules.pulling import pulled
from mockops.workspaces.service.layout import is_project
from mockops.workspaces.service.projects import write_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mockops.client.projects import Projects
    from mockops.core.json import JsonObject
    from mockops.publishing.service.projects.contract_files import LocalContract
    from mockops.workspaces.model.projects import Applied, ContractItem, Plan, Preference
    from mockops.workspaces.service.projects import Written

_UPLOADS_AT_ONCE = 2
"""The server compiles in so many processes; more would only wait."""
_MAX_SHOWN = 500
CONFLICT = 3
CHANGES = 5


def out() -> Console:
    """Return what prints for people: plain where it is no terminal."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """Print to the error output."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 (a command speaks to its terminal)


def read_project(root: Path) -> ReadProject:
    """Return a project whose files are right, else say everything that is wrong and raise ProjectRefused."""
    with _busy() as tell:
        read = read_state(root, ReadOptions(fetch=fetcher(), cache_dir=cache_dir(), on_read=tell))
    worst_first = sorted(read.diagnostics, key=lambda one: (one.severity is not Severity.ERROR, one.source))
    for each in worst_first[:_MAX_SHOWN]:
        complain(str(each))
    if len(worst_first) > _MAX_SHOWN:
        complain(f"… and {len(worst_first) - _MAX_SHOWN:,} more; see `mockops validate {root}`")
    if not read.is_usable:
        errors = sum(each.severity is Severity.ERROR for each in read.diagnostics)
        raise ProjectRefused(f"{root}: {errors:,} error{'' if errors == 1 else 's'}; nothing was planned or applied")
    return read


@contextmanager
def _busy() -> Iterator[Callable[[str], None]]:
    """Show on a terminal which workspace is being read."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("reading") as status:
        yield lambda name: status.update(f"reading {name}")


def show(plan: Plan, output: Output, more: JsonObject | None = None) -> None:
    """Print a plan."""
    if output is Output.TEXT:
        show_plan(out(), plan)
        return
    document = {**as_json(plan), **(more or {})}
    if output is Output.YAML:
        sys.stdout.write(write_yaml(msgspec.to_builtins(document)))
    else:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def upload(projects: Projects, contracts: Mapping[str, LocalContract]) -> int:
    """Upload those contracts that the server does not have, two at a time; return how many.

    Raises:
        ProjectRefused: The server cannot serve one of them; all that is wrong was said.
        MockOpsError: The server failed.

    """
    missing = projects.contracts_missing(sorted(contracts))
    refused = 0
    with _progress(len(missing)) as advance, ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        waiting = {pool.submit(_upload_one, projects, contracts[digest]): digest for digest in missing}
        try:
            for done in as_completed(waiting):
                try:
                    done.result()
                except ApiInvalid as error:
                    refused += 1
                    _complain_of(contracts[waiting[done]], error)
                advance()
        except BaseException:
            for each in waiting:
                each.cancel()
            raise
    if refused:
        raise ProjectRefused(f"{refused:,} of {len(missing):,} contracts cannot be served; nothing was applied")
    return len(missing)


def _upload_one(projects: Projects, contract: LocalContract) -> None:
    bundle = contract.read()
    digest = projects.upload_contract(bundle)
    if digest != contract.item.digest:
        raise ProjectConflict(f"{_place(contract)} was edited while it was uploaded; run the command again")


def _place(contract: LocalContract) -> str:
    place = contract.contents[contract.item.root]
    return contract.item.path if isinstance(place, bytes) else str(place)


def _complain_of(contract: LocalContract, error: ApiInvalid) -> None:
    """Say what the server found wrong with a contract, by the names of the files here."""
    for each in error.diagnostics:
        place = contract.contents.get(each.source)
        source = str(place) if place is not None and not isinstance(place, bytes) else f"{_place(contract)}"
        complain(printable_lines(str(replaced(each, source=source))))
    if not error.diagnostics:
        complain(f"{_place(contract)}: {printable(str(error))}")


def printable_lines(text: str) -> str:
    """Return a text of several lines with other control characters spelled out."""
    return "\n".join(map(printable, text.split("\n")))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Show how far the uploads are, on the error output and only on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("contracts"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal or not total, transient=True) as progress:
        task = progress.add_task("contracts", total=total)
        yield lambda: progress.advance(task)


def refuse_conflicts(plan: Plan, root: Path, verb: str) -> None:
    """Raise ProjectConflict where a plan has conflicts."""
    if plan.conflicts:
        count = len(plan.conflicts)
        items = "1 item was" if count == 1 else f"{count:,} items were"
        raise ProjectConflict(
            f"{root}: {items} edited here and on the server in the same place; nothing was {verb}: "
            "edit the files, or decide with --prefer files or --prefer server"
        )


def show_applied(done: Applied, output: Output, uploaded: int) -> None:
    """Print what was done."""
    if output is not Output.TEXT:
        show(done.plan, output, {"revision": done.revision, "contracts_uploaded": uploaded})
        return
    revision = f" Gateways serve it from revision {done.revision}." if done.revision else ""
    out().print(f"{summary(done.plan, is_done=True)}{revision}", style="bold")


def export(projects: Projects, root: Path, state: ProjectState) -> Written:
    """Write what a server has into a folder that is empty or not there yet."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Invalid(f"{root} is not empty; export into a new folder, or bring a project up to date: mockops pull")
    written = write_state(state, root, read_contract=_reader(projects, state), schemas=SCHEMAS_FOLDER)
    write_schemas(root)
    return written


def pull(
    projects: Projects, root: Path, read: ReadProject, *, prefer: Preference, prune: bool, everything: bool
) -> Written:
    """Bring the server's edits into a project's files; what only the files changed stays.

    Raises:
        ProjectConflict: Both were edited in one place.

    """
    if not is_project(root):
        raise Invalid(f"{root} is a workspace alone; pull into the project that it belongs to, or export a new one")
    plan = projects.plan(read.state, prefer=prefer)
    refuse_conflicts(plan, root, "pulled")
    there = projects.export(project="" if everything else read.state.name)
    state = pulled(read.state, there, plan, prune=prune, everything=everything)
    return write_state(
        state,
        root,
        read_contract=_reader(projects, there),
        current=read.state,
        folders=read.folders,
        prune=prune,
        schemas=SCHEMAS_FOLDER if (root / SCHEMAS_FOLDER).is_dir() else "",
    )


def _reader(projects: Projects, state: ProjectState) -> Callable[[ContractItem], Mapping[str, bytes]]:
    """Return what reads the files of a contract that a server's workspaces have."""
    homes = {each.contract.digest: each.name for each in state.workspaces if each.contract is not None}

    def read(item: ContractItem) -> Mapping[str, bytes]:
        home = homes.get(item.digest)
        bundle = projects.read_contract(home) if home is not None else None
        if bundle is None or digest_of(bundle) != item.digest:
            raise ProjectConflict(f"the contract {item.path or item.root} changed meanwhile; run the command again")
        return bundle.files

    return read


def show_written(written: Written, output: Output) -> None:
    """Print which files were written and removed."""
    if output is not Output.TEXT:
        document = {
            "written": [str(path) for path in written.written],
            "removed": [str(path) for path in written.removed],
            "notes": list(written.notes),
        }
        is_yaml = output is Output.YAML
        text = write_yaml(document) if is_yaml else msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"
        sys.stdout.write(text)
        return
    console = out()
    for sign, paths, style in (("~", written.written, "green"), ("-", written.removed, "red")):
        for path in paths[:_MAX_SHOWN]:
            console.print(f"  {sign} {printable(str(path))}", style=style, markup=False)
        if len(paths) > _MAX_SHOWN:
            console.print(f"  … and {len(paths) - _MAX_SHOWN:,} more")
    for note in written.notes:
        complain(f"mockops: {printable(note)}")
    console.print(f"{len(written.written):,} written, {len(written.removed):,} removed.")
