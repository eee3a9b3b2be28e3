"""Reading `mockops serve …` without the command line's framework, which takes longer to load than a gateway.

Only what is right is read here. Whatever is not, and every question for help, goes to the framework, which explains it;
a test holds both to the same options.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.wiring.options import ServeOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mockops.core.json import Json

VALIDATIONS = ("enforce", "warn", "off")


class NotQuick(Exception):
    """The framework has to look at it."""


def read_whole(lowest: int | None = None, highest: int | None = None) -> Callable[[str], int]:
    """Return what reads a whole number within bounds; it raises NotQuick or ValueError for anything else."""

    def read(text: str) -> int:
        number = int(text)
        if (lowest is not None and number < lowest) or (highest is not None and number > highest):
            raise NotQuick
        return number

    return read


def _choice(text: str) -> str:
    if text not in VALIDATIONS:
        raise NotQuick
    return text


def read_file(text: str) -> Path:
    """Return the path of a file that can be read; raises NotQuick for anything else."""
    path = Path(text)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise NotQuick
    return path


VALUES: dict[str, Callable[[str], Json]] = {
    "--port": read_whole(0, 65535),
    "--host": str,
    "--validation": _choice,
    "--seed": read_whole(),
    "--tls-cert": read_file,
    "--tls-key": read_file,
    "--tls-client-ca": read_file,
    "--workers": read_whole(1, 64),
    "--admin-port": read_whole(0, 65535),
    "--journal-bytes": read_whole(0),
    "--max-body-bytes": read_whole(0),
}
"""Options that take a value."""
FLAGS: dict[str, tuple[str, bool]] = {
    "--watch": ("watch", True),
    "--stateful": ("stateful", True),
    "--no-stateful": ("stateful", False),
    "--allow-remote-refs": ("allow_remote_refs", True),
    "--allow-private": ("allow_private", True),
    "--no-cache": ("use_cache", False),
}
"""Options that take none, and what they set."""
OVERRIDES = ("validation", "seed", "stateful")
"""What goes to the targets' settings and not to the process."""


def read_quickly(arguments: Sequence[str]) -> ServeOptions | None:
    """Return what a command line asks to serve; None when it asks for something else or is not quite right."""
    if not arguments or arguments[0] != "serve" or "_MOCKOPS_COMPLETE" in os.environ:
        return None
    given: dict[str, Json] = {}
    sources: list[str] = []
    try:
        for name, value in read_words(arguments[1:], VALUES, FLAGS):
            if name:
                given[name] = value
            else:
                sources.append(value)
        return _options(sources, given)
    except (NotQuick, ValueError, OSError):
        return None


def read_words(
    arguments: Sequence[str], values: Mapping[str, Callable[[str], Json]], flags: Mapping[str, tuple[str, bool]]
) -> Iterator[tuple[str, Json]]:
    """Give each option with its value, and each source under an empty name.

    Raises:
        NotQuick: There is an option that is not known, or its value is not right.

    """
    rest = iter(arguments)
    for word in rest:
        if not word.startswith("-"):
            yield "", word
        elif word in flags:
            yield flags[word]
        else:
            option, sign, value = word.partition("=")
            if option not in values:
                raise NotQuick
            if not sign:
                value = next(rest, "")
            if not value or value.startswith("-"):
                raise NotQuick
            yield option[2:].replace("-", "_"), values[option](value)


def _options(sources: list[str], given: dict[str, Json]) -> ServeOptions:
    is_half_tls = ("tls_cert" in given) != ("tls_key" in given)
    if not sources or is_half_tls or ("tls_client_ca" in given and "tls_cert" not in given):
        raise NotQuick
    overrides = {name: given.pop(name) for name in OVERRIDES if name in given}
    return ServeOptions(sources=tuple(sources), overrides=overrides, **given)
