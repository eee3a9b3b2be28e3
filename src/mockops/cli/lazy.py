"""Groups of commands whose modules are imported when one of their commands is asked for."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup
from typer.main import get_command, get_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typer._click import Command, Context, HelpFormatter


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command, or a group of them, that is not imported yet."""

    place: str
    """`module:name` of a function, or of a Typer."""
    help: str
    """One line, for lists of commands."""
    section: str = "Commands"
    """Heading in the list of commands."""

    def load(self, name: str) -> Command:
        """Import it."""
        module, _, member = self.place.partition(":")
        found = getattr(import_module(module), member)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            group.name = name
            return group
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(name)(found)
        return get_command(alone)


class Commands(MutableMapping[str, "Command"]):
    """Commands by name, imported when they are looked up."""

    def __init__(self, known: Mapping[str, Lazy], others: Mapping[str, Command]) -> None:
        self._known = known
        self._loaded = dict(others)

    def __getitem__(self, name: str) -> Command:
        """Import a command; raises KeyError when there is none of the name."""
        if name not in self._loaded:
            self._loaded[name] = self._known[name].load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Command) -> None:
        """Add a command."""
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        """Forget that a command was imported."""
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        """Give every name."""
        return iter(dict.fromkeys((*self._known, *self._loaded)))

    def __contains__(self, name: object) -> bool:
        """Say whether there is a command, without importing it."""
        return name in self._known or name in self._loaded

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self)


def lazy_group(known: Mapping[str, Lazy]) -> type[TyperGroup]:
    """Return the class of a group with commands that are imported when they are needed."""

    class LazyGroup(TyperGroup):
        """Lists its commands without importing them."""

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.commands = Commands(known, self.commands)

        def list_commands(self, ctx: Context) -> list[str]:
            """Return every name."""
            del ctx
            return list(self.commands)

        def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
            """Write names and what they are for, under their headings."""
            del ctx
            width = max(map(len, known))
            sections = dict.fromkeys(each.section for each in known.values())
            for section in sections:
                with formatter.section(section):
                    rows = [(name.ljust(width), each.help) for name, each in known.items() if each.section == section]
                    formatter.write_dl(rows)

        def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
            """Return the names that begin so, and options."""
            named = list(_completed(known, incomplete))
            return named or super().shell_complete(ctx, incomplete)

    return LazyGroup


def _completed(known: Mapping[str, Lazy], incomplete: str) -> Iterator[CompletionItem]:
    for name, each in known.items():
        if name.startswith(incomplete):
            yield CompletionItem(name, help=each.help)
