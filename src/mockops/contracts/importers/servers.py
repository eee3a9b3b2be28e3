"""Servers: of their URLs a mock needs the path part (OpenAPI 3.1.1 section 4.8.5)."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING

from mockops.contracts.importers.context import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.contracts.importers.places import Node

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_MAX_VARIANTS = 50


def read_base_paths(servers: Node) -> tuple[str, ...]:
    """Return the path parts of servers, without trailing slash; the empty one is always among them."""
    found = [""]
    for server in servers.items():
        found += _base_paths(server)
    return tuple(dict.fromkeys(found))


def base_path(url: str) -> str | None:
    """Return the path part of a URL or path, with a leading and no trailing slash; None if variables are left."""
    path = url.strip().partition("?")[0].partition("#")[0]
    if "//" in path:
        path = path.partition("//")[2].partition("/")[2]
    segments = [segment for segment in path.split("/") if segment not in ("", ".", "..")]
    path = "".join(f"/{segment}" for segment in segments)
    return None if "{" in path else path


def _base_paths(server: Node) -> Iterator[str]:
    url = text(server.get("url"))
    _scheme, slashes, rest = url.partition("//")
    # variables of scheme and host make no difference to the path, however many values they have
    _host, _slash, path = rest.partition("/") if slashes else ("", "", url)
    names = [*dict.fromkeys(_VARIABLE.findall(path))]
    values = [_values(server.child("variables").child(name)) for name in names]
    for chosen in islice(product(*values), _MAX_VARIANTS):
        filled = path
        for name, value in zip(names, chosen, strict=True):
            filled = filled.replace(f"{{{name}}}", value)
        found = base_path("/" + filled.lstrip("/"))
        if found is not None:
            yield found


def _values(variable: Node) -> list[str]:
    """Return what a server variable can be: its default, then what it enumerates."""
    enum = variable.get("enum")
    written = [variable.get("default"), *(enum if type(enum) is list else ())]
    return [*dict.fromkeys(text(value) for value in written if value is not None)]
