"""`mockops secret`: secrets of the organization."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mockops.cli.nouns.command import Version, Work, Yes, agree, command, noun
from mockops.cli.nouns.inputs import InputInvalid

app = noun("secret", "Secrets of the organization, kept sealed and never shown.")
_LIST = {"NAME": "name", "VERSION": "version", "UPDATED": "updated_at", "BY": "updated_by"}
_MAX_CHARS = 1 << 20

Name = Annotated[str, typer.Argument(help="Its name.", metavar="NAME")]


@command(app, "list", lists=True)
def list_(work: Work) -> None:
    """List the names of secrets.

    Example: mockops secret list

    """
    work.list(work.api.secrets.list(), _LIST)


@command(app, "get")
def get(work: Work, name: Name) -> None:
    """Show what may be known of a secret; never its value.

    Example: mockops secret get UPSTREAM_KEY

    """
    work.show(work.api.secrets.get(name))


@command(app, "set")
def set_(work: Work, name: Name, *, if_version: Version = None) -> None:
    """Keep a secret; its value is asked for, or read from the standard input, where no process list shows it.

    A line end at the end of the input is no part of it.

    Example: pass show upstream | mockops secret set UPSTREAM_KEY

    """
    value = _value(name)
    if not value:
        raise InputInvalid("the value is empty; nothing was kept")
    work.show(work.api.secrets.set(name, value, version=if_version))


def _value(name: str) -> str:
    if sys.stdin.isatty():
        prompted: str = typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True)
        return prompted
    value = sys.stdin.read(_MAX_CHARS + 1)
    if len(value) > _MAX_CHARS:
        raise InputInvalid(f"the value has more than {_MAX_CHARS:,} characters; nothing was kept")
    return value.removesuffix("\n").removesuffix("\r")


@command(app, "delete")
def delete(work: Work, name: Name, *, yes: Yes = False, if_version: Version = None) -> None:
    """Forget a secret.

    Example: mockops secret delete UPSTREAM_KEY --yes

    """
    agree(f"Forget the secret {name}?", yes=yes)
    work.api.secrets.delete(name, version=if_version)
    work.done(f"secret {name} deleted")
