"""What all commands for nouns share: who is asked, how answers are printed, what errors become."""

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from mockops.cli.output import Output, print_each, print_list, print_value
from mockops.cli.project_options import Org, Server, Token
from mockops.core.errors import Invalid, MockOpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockops.cli.output import Columns
    from mockops.client.connection import MockOps
    from mockops.client.listing import Listing
    from mockops.core.diagnostics import Diagnostic

EXIT_CODES = (
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 a conflict with what somebody else changed, "
    "4 no server answers."
)
Print = Annotated[Output, typer.Option("--output", "-o", help="How to print what is found.")]
Limit = Annotated[int, typer.Option("--limit", help="At most so many.", min=1, metavar="N")]
All = Annotated[bool, typer.Option("--all", help="All of them, however many.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Version = Annotated[
    int | None, typer.Option("--if-version", help="Only if this is the latest version; else exit code 3.", metavar="N")
]

_COMMON: dict[str, tuple[Any, Any]] = {
    "output": (Print, Output.TABLE),
    "server": (Server, ""),
    "token": (Token, ""),
    "org": (Org, ""),
}
_LISTED: dict[str, tuple[Any, Any]] = {"limit": (Limit, 50), "everything": (All, False)}
E = TypeVar("E", bound="Callable[..., None]")


class Work:
    """One run of a command: whom it asks, and how it prints."""

    def __init__(self, api: MockOps, output: Output, *, limit: int = 50, everything: bool = False) -> None:
        self.api = api
        self.output = output
        self.limit = limit
        self.everything = everything

    def list(self, listing: Listing[Any], columns: Columns) -> None:
        """Print a list, as much of it as was asked for; say where there is more."""
        found = tuple(listing) if self.everything else listing.first(self.limit + 1)
        shown = found if self.everything else found[: self.limit]
        print_list(shown, self.output, columns)
        if not found:
            tell("there is none")
        elif len(found) > len(shown):
            tell(f"the first {self.limit:,}; there are more: --limit N, or --all")

    def show(self, value: Any, columns: Columns | None = None) -> None:
        """Print one thing."""
        print_value(value, self.output, columns)

    def follow(self, values: Iterable[Any], columns: Columns) -> None:
        """Print things as they come, as many as were asked for."""
        for count, each in enumerate(values, 1):
            print_each(each, self.output, columns)
            if not self.everything and count >= self.limit:
                return

    def done(self, text: str) -> None:
        """Say that something was done that has nothing to show."""
        tell(text)

    def revised(self) -> None:
        """Say from which revision on gateways serve what was changed, for `mockops gateway wait`."""
        if self.api.revision:
            tell(f"gateways serve it from revision {self.api.revision}")


def noun(name: str, help: str) -> typer.Typer:
    """Return a group of commands."""
    return typer.Typer(
        name=name,
        help=help,
        epilog=EXIT_CODES,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def command(group: typer.Typer, name: str, *, lists: bool = False) -> Callable[[E], E]:
    """Add a command to a group; its first parameter is the `Work`, the options that all have are added to its own.

    Args:
        group: Of commands.
        name: Of the command.
        lists: Whether it prints a list, of which there may be more than is wanted.

    """

    def add(perform: E) -> E:
        group.command(name, epilog=EXIT_CODES)(runnable(perform, lists=lists))
        return perform

    return add


def runnable(perform: Callable[..., None], *, lists: bool = False) -> Callable[..., None]:
    """Return what Typer calls: a function with the options that all commands have beside its own."""
    more = {**(_LISTED if lists else {}), **_COMMON}

    @wraps(perform)
    def run(**given: Any) -> None:
        common = {name: given.pop(name) for name in more}
        with reporting(), connected(common["server"], common["token"], common["org"]) as api:
            work = Work(api, common["output"], limit=common.get("limit", 1), everything=common.get("everything", False))
            perform(work, **given)

    signature = inspect.signature(perform, eval_str=True)
    _, *own = signature.parameters.values()
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in more.items()
    ]
    run.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in (*own, *added)}
    del run.__wrapped__  # Typer would read the annotations of what it wraps
    return run


@contextmanager
def connected(server: str, token: str, org: str) -> Iterator[MockOps]:
    """Give a connection; nothing is sent before it is asked to."""
    from mockops.client.connection import MockOps  # noqa: PLC0415 (help needs no client)

    with MockOps(server, token, org) as api:
        yield api


@contextmanager
def reporting() -> Iterator[None]:
    """Say what went wrong: one line, and each bad field below; end with the error's exit code."""
    try:
        yield
    except MockOpsError as error:
        complain(error)
        raise typer.Exit(_exit_code(error)) from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        tell(f"{error.filename or 'file'}: {error.strerror or error}")
        raise typer.Exit(1) from error


def _exit_code(error: MockOpsError) -> int:
    from mockops.cli.failures import exit_code_of  # noqa: PLC0415 (only when something fails)

    return exit_code_of(error)


def complain(error: MockOpsError) -> None:
    """Say what went wrong."""
    from mockops.cli.output import printable  # noqa: PLC0415 (only when something fails)

    tell(printable(str(error)))
    diagnostics: Sequence[Diagnostic] = getattr(error, "diagnostics", ())
    for each in diagnostics:
        where = each.pointer if each.source == "server" else f"{each.place} {each.pointer}".strip()
        if each.message and each.message not in str(error):
            print(f"  {printable(where) or 'the body'}: {printable(each.message)}", file=sys.stderr)  # noqa: T201
        elif len(diagnostics) == 1 and where and where not in str(error):
            print(f"  at {printable(where)}", file=sys.stderr)  # noqa: T201 (a command speaks to its terminal)
        if each.hint and each.hint not in str(error):
            print(f"    hint: {printable(each.hint)}", file=sys.stderr)  # noqa: T201


def tell(text: str) -> None:
    """Print to the error output, so that the other has only what was asked for."""
    print(f"mockops: {text}", file=sys.stderr, flush=True)  # noqa: T201


def agree(question: str, *, yes: bool) -> None:
    """Ask on a terminal; without one, refuse unless `--yes` was said.

    Raises:
        NotAgreed: The answer is no.

    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NotAgreed(f"{question} Say --yes to mean it; nothing was done")
    if not typer.confirm(question, err=True):
        raise NotAgreed("nothing was done")


class NotAgreed(Invalid):
    """Nobody has agreed to what cannot be undone."""

    code = "cli.not_agreed"
