"""Servers: of their URLs a mock needs the path part (OpenAPI 3.1.1 section 4.8.5)."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING

from mockops.contracts.importers.context import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.contracts.importers.places import Node, Report

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_MAX_VARIANTS = 50
MAX_BASE_PATHS = 200
"""Different paths of servers; each operation is found under every one."""


def read_base_paths(servers: Node, report: Report) -> tuple[str, ...]:
    """Return the path parts of servers, without trailing slash; the empty one is always among them."""
    found = {"": None}
    for server in servers.items():
        found |= dict.fromkeys(_base_paths(server))
        if len(found) > MAX_BASE_PATHS:
            message = f"the servers have more than {MAX_BASE_PATHS} different paths; the further ones are not served"
            report.error("contract.servers_too_many", message, servers, "leave out servers that a mock need not have")
            break
    return tuple(found)[:MAX_BASE_PATHS]


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
    has_host = "//" in url
    url = url.partition("//")[2] if has_host else url
    path = url.partition("/")[2] if has_host else url
    variables = {name: _values(server.child("variables").child(name)) for name in _VARIABLE.findall(url)}
    # a variable of the host makes a difference to the path only where the path begins in it (`https://host{base}`)
    names = [
        name for name, values in variables.items() if f"{{{name}}}" in path or any("/" in value for value in values)
    ]
    for chosen in islice(product(*(variables[name] for name in names)), _MAX_VARIANTS):
        filled = url
        for name, value in zip(names, chosen, strict=True):
            filled = filled.replace(f"{{{name}}}", value)
        # a variable may hold all of an address (`{server}/v1`)
        is_address = has_host or "://" in filled
        filled = filled.rpartition("://")[2]
        found = base_path("/" + (filled.partition("/")[2] if is_address else filled).lstrip("/"))
        if found is not None:
            yield found


def _values(variable: Node) -> list[str]:
    """Return what a server variable can be: its default, then what it enumerates."""
    enum = variable.get("enum")
    written = [variable.get("default"), *(enum if type(enum) is list else ())]
    return [*dict.fromkeys(text(value) for value in written if value is not None)]
