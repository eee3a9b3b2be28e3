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
    from collections.abc import Callable, Iterator, Sequence

    from mockops.core.json import Json

VALIDATIONS = ("enforce", "warn", "off")


class NotQuick(Exception):
    """The framework has to look at it."""


def _whole(lowest: int | None = None, highest: int | None = None) -> Callable[[str], int]:
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


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise NotQuick
    return path


VALUES: dict[str, Callable[[str], Json]] = {
    "--port": _whole(0, 65535),
    "--host": str,
    "--validation": _choice,
    "--seed": _whole(),
    "--tls-cert": _file,
    "--tls-key": _file,
    "--tls-client-ca": _file,
    "--workers": _whole(1, 64),
    "--admin-port": _whole(0, 65535),
    "--journal-bytes": _whole(0),
    "--max-body-bytes": _whole(0),
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
        for name, value in _words(arguments[1:]):
            if name:
                given[name] = value
            else:
                sources.append(value)
        return _options(sources, given)
    except (NotQuick, ValueError, OSError):
        return None


def _words(arguments: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Give each option with its value, and each source under an empty name."""
    rest = iter(arguments)
    for word in rest:
        if not word.startswith("-"):
            yield "", word
        elif word in FLAGS:
            yield FLAGS[word]
        else:
            option, sign, value = word.partition("=")
            if option not in VALUES:
                raise NotQuick
            if not sign:
                value = next(rest, "")
            if not value or value.startswith("-"):
                raise NotQuick
            yield option[2:].replace("-", "_"), VALUES[option](value)


def _options(sources: list[str], given: dict[str, Json]) -> ServeOptions:
    is_half_tls = ("tls_cert" in given) != ("tls_key" in given)
    if not sources or is_half_tls or ("tls_client_ca" in given and "tls_cert" not in given):
        raise NotQuick
    overrides = {name: given.pop(name) for name in OVERRIDES if name in given}
    return ServeOptions(sources=tuple(sources), overrides=overrides, **given)
