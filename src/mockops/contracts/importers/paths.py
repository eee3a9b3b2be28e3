"""Paths: templates made routable, selectors found in what is no path, doubles told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl

from mockops.contracts.model import Location, Selector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.contracts.importers.context import Context
    from mockops.contracts.importers.places import Node
    from mockops.contracts.model import Parameter

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""Keys of a path item that are operations; `query` since OpenAPI 3.2."""

_NAME = re.compile(r"\{[^{}/]*\}")
_BLANK = re.compile(r"\s+")


class Template(NamedTuple):
    """A path as a router can use it."""

    path: str
    selectors: tuple[tuple[str, str], ...]
    """Name and value of what the query or fragment demanded; an empty value means any."""


def read_template(context: Context, written: str, node: Node) -> Template:
    """Return a path without what a router never sees: query, fragment, a missing slash."""
    path, _, rest = written.strip().replace("#", "?", 1).partition("?") if _has_rest(written) else (written, "", "")
    path = path.strip()
    selectors: tuple[tuple[str, str], ...] = ()
    if rest:
        selectors = tuple(
            (name, "" if "{" in value else value)
            for name, value in parse_qsl(rest.replace("#", "&").replace("?", "&"), keep_blank_values=True)
            if "{" not in name
        )
        context.report.warn(
            "contract.path_with_query",
            f"path {written!r} is served as {path or '/'!r}; what follows is matched as parameters",
            node,
            "declare them as parameters",
        )
    if not path.startswith("/"):
        context.report.warn(
            "contract.path_without_slash", f"path {written!r} is served as '/{path}'", node, "begin it with a slash"
        )
        path = f"/{path}"
    if _BLANK.search(path):
        path = _BLANK.sub("%20", path)
    return Template(path, selectors)


def _has_rest(written: str) -> bool:
    """Tell whether a path has a query or fragment outside of its `{parameters}`."""
    bare = _NAME.sub("", written)
    return "?" in bare or "#" in bare


def selectors_of(template: Template, parameters: Iterable[Parameter]) -> tuple[Selector, ...]:
    """Return a template's selectors with the place where the operation's parameters say they travel."""
    headers = {parameter.name.lower() for parameter in parameters if parameter.location is Location.HEADER}
    return tuple(
        Selector(location="header", name=name.lower(), value=value)
        if name.lower() in headers
        else Selector(location="query", name=name, value=value)
        for name, value in template.selectors
    )


def shape_of(template: Template) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what two templates that match the same requests have in common."""
    return _NAME.sub("{}", template.path), template.selectors
