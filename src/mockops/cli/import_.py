"""`mockops import`: a file of another tool as the files of a workspace."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from mockops.cli.failures import explain
from mockops.cli.import_server import Target, import_there
from mockops.cli.nouns.command import reporting
from mockops.cli.output import Output
from mockops.cli.project_options import Org, Server, Token  # noqa: TC001 (Typer reads annotations at run time)
from mockops.core.diagnostics import Severity
from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.documents import Document
    from mockops.core.json import JsonObject
    from mockops.mocking.importers.foreign import Imported, ImportOptions

_MAX_BYTES = 256 << 20
_BODIES = "__files"
_AUTO = "auto"


class FormatName(StrEnum):
    """What can be imported."""

    AUTO = "auto"
    WIREMOCK = "wiremock"
    POSTMAN = "postman"
    HAR = "har"
    MOCKOON = "mockoon"


class Winner(StrEnum):
    """Who wins where an import and the server changed the same."""

    IMPORT = "import"
    SERVER = "server"


_WINNERS: dict[Winner, Literal["import", "server"]] = {Winner.IMPORT: "import", Winner.SERVER: "server"}


def import_(
    format: Annotated[FormatName, typer.Argument(help="What the file is; auto: found out.", metavar="FORMAT")],
    file: Annotated[Path, typer.Argument(help="The file to import.", metavar="FILE")],
    into: Annotated[
        Path | None,
        typer.Option(
            help="The workspace's folder; by default one of the file's name, below workspaces/ in a project.",
            metavar="FOLDER",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what an earlier import wrote.")] = False,
    host: Annotated[
        list[str] | None, typer.Option(help="HAR: only exchanges with this host; repeatable.", metavar="HOST")
    ] = None,
    path_prefix: Annotated[str, typer.Option(help="HAR: only paths that begin so.", metavar="PATH")] = "",
    static: Annotated[bool, typer.Option("--static", help="HAR: keep pages, scripts, styles and images, too.")] = False,
    redact_emails: Annotated[bool, typer.Option("--redact-emails", help="HAR: replace e-mail addresses, too.")] = False,
    workspace: Annotated[
        str,
        typer.Option(
            "--workspace", "-w", help="Import into this workspace on a server, and write no files.", metavar="NAME"
        ),
    ] = "",
    name: Annotated[
        str, typer.Option(help="On a server: what tells this import from others. [the file's own]", metavar="NAME")
    ] = "",
    prefer: Annotated[
        Winner | None, typer.Option(help="On a server: who wins where both sides changed the same. [nobody: conflict]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="On a server: only say what would happen.")] = False,
    output: Annotated[Output, typer.Option("--output", "-o", help="On a server: how to answer.")] = Output.TABLE,
    server: Server = "",
    token: Token = "",
    org: Org = "",
) -> None:
    """Turn WireMock mappings, a Postman collection, a HAR recording or a Mockoon environment into stub files.

    With --workspace they become stubs on a server; importing the file again is a three-way merge with what was edited
    there. Secrets in recordings are masked. What is not imported is listed, with its place in the file and what to do.

    Exit codes: 0 stubs were written (or are there already), 1 nothing was written, 2 a wrong command line, 3 a conflict
    on the server, 4 no server answers.

    Example: mockops import postman shop.postman_collection.json --workspace shop

    """
    from mockops.mocking.importers.foreign import ImportOptions  # noqa: PLC0415 (the command line's root stays quick)

    options = ImportOptions(
        hosts=tuple(host or ()), path_prefix=path_prefix, include_static=static, redact_emails=redact_emails
    )
    if workspace:
        if into is not None or force:
            raise typer.BadParameter("--into and --force write files; with --workspace none are written")
        target = Target(
            workspace=workspace,
            server=server,
            token=token,
            org=org,
            name=name,
            prefer="" if prefer is None else _WINNERS[prefer],
            is_dry_run=dry_run,
            output=output,
        )
        _import_there(format.value, file, options, target)
        return
    if server or dry_run or name or prefer:
        raise typer.BadParameter("--server, --dry-run, --name and --prefer need a --workspace")
    try:
        code = _import(format.value, file, into, options, force=force)
    except Invalid as error:
        code = explain(error)
    except OSError as error:
        typer.echo(f"mockops: {error.filename or file}: {error.strerror or error}", err=True)
        code = 1
    raise typer.Exit(code)


def _import_there(format: str, file: Path, options: ImportOptions, target: Target) -> None:
    with reporting():
        format, document = _read(format, file)
    import_there(format, document, _reader(file.parent), options, target)


def _import(format: str, file: Path, into: Path | None, options: ImportOptions, *, force: bool) -> int:
    from mockops.mocking.importers.foreign import FORMATS, read_foreign  # noqa: PLC0415 (as above)

    format, document = _read(format, file)
    imported = read_foreign(format, document, read_file=_reader(file.parent), options=options)
    documents, broken = _usable(imported)
    for diagnostic in (*imported.diagnostics, *broken):
        typer.echo(str(diagnostic), err=True)
    if not documents:
        typer.echo(f"mockops: {file}: nothing in it can be imported", err=True)
        return 1
    name = _slug(FORMATS[format].name_of(document.data)) or _slug(file.stem) or format
    folder = into if into is not None else _default_folder(name)
    return _write(folder, name, documents, imported.files, force=force)


def _read(format: str, file: Path) -> tuple[str, Document]:
    """Return the format and the document of a file; raises Invalid when it is of none that is known."""
    from mockops.core.documents import read_document  # noqa: PLC0415 (as above)
    from mockops.mocking.importers.foreign import FORMATS, detect_format  # noqa: PLC0415 (as above)

    document = read_document(_content(file), str(file), max_bytes=_MAX_BYTES)
    if format == _AUTO:
        found = detect_format(document.data)
        if found is None:
            known = ", ".join(each.title for each in FORMATS.values())
            raise Invalid(f"{file}: this is none of {known}")
        format = found
    return format, document


def _content(file: Path) -> bytes:
    if not file.is_file():
        raise Invalid(f"{file}: there is no such file")
    with file.open("rb") as opened:
        content = opened.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise Invalid(f"{file}: more than {_MAX_BYTES >> 20} MiB; export a part of it")
    return content


def _reader(folder: Path) -> Callable[[str], bytes]:
    """Return a reader of files in a folder and below, not of what links lead out of it."""
    root = folder.resolve()

    def read(name: str) -> bytes:
        path = (root / name).resolve()
        if not path.is_relative_to(root.parent if name.startswith("../__files/") else root):
            raise Invalid(f"{name!r} lies outside of {folder}")
        if not path.is_file():
            raise FileNotFoundError(2, "No such file", name)
        return path.read_bytes()

    return read


def _usable(imported: Imported) -> tuple[list[JsonObject], list[Diagnostic]]:
    """Return the documents of stubs that can be served, and what is wrong with the others."""
    from mockops.mocking.rules.check import check_stub  # noqa: PLC0415 (as above)

    documents, problems = [], []
    for stub, document in zip(imported.stubs, imported.documents, strict=True):
        found = check_stub(stub, {})
        problems += found
        if not any(each.severity is Severity.ERROR for each in found):
            documents.append(document)
    return documents, problems


def _slug(text: str) -> str:
    from mockops.mocking.importers.foreign_parts import slug  # noqa: PLC0415 (as above)

    return slug(text)[:60].strip("-")


def _default_folder(name: str) -> Path:
    is_project = Path("mockops.yaml").is_file() or Path("workspaces").is_dir()
    return Path("workspaces", name) if is_project else Path(name)


def _write(folder: Path, name: str, documents: list[JsonObject], files: dict[str, bytes], *, force: bool) -> int:
    from mockops.mocking.importers.written import as_yaml  # noqa: PLC0415 (as above)

    stubs = folder / "stubs"
    wanted = {document["respond"]["file"] for document in documents if _has_file(document)}
    contents = {stubs / _BODIES / each: files[each] for each in sorted(wanted)}
    target = stubs / f"{name}.yaml"
    contents[target] = as_yaml(documents).encode("utf-8")
    changed = {path: content for path, content in contents.items() if not _holds(path, content)}
    in_the_way = [path for path in changed if path.exists()]
    if in_the_way and not force:
        more = f" (and {len(in_the_way) - 1} more)" if len(in_the_way) > 1 else ""
        typer.echo(
            f"mockops: {in_the_way[0]}{more} exists and differs; --force overwrites it, --into writes elsewhere",
            err=True,
        )
        return 1
    for path, content in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if not (folder / "workspace.yaml").exists():
        (folder / "workspace.yaml").write_text(_workspace(folder), encoding="utf-8")
    count = f"{len(documents):,} stub{'' if len(documents) == 1 else 's'}"
    bodies = f" and {len(wanted):,} body file{'' if len(wanted) == 1 else 's'}" if wanted else ""
    typer.echo(f"{target}: {count}{bodies}{'' if changed else ', as they were'}")
    typer.echo(f"try: mockops serve {folder}")
    return 0


def _has_file(document: JsonObject) -> bool:
    respond = document.get("respond")
    return isinstance(respond, dict) and "file" in respond


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _workspace(folder: Path) -> str:
    name = _slug(folder.resolve().name) or "imported"
    return f"name: {msgspec.json.encode(name).decode() if name.isdecimal() else name}\n"
