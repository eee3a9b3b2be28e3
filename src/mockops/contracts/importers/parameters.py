"""Parameters of OpenAPI 3 (3.1.1 section 4.8.12)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockops.contracts.importers.bodies import header_schema, read_examples
from mockops.contracts.importers.context import flag, text
from mockops.contracts.importers.places import shown
from mockops.contracts.model import Location, Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockops.contracts.importers.context import Context
    from mockops.contracts.importers.places import Node

_DEFAULT_STYLES = {
    Location.PATH: "simple",
    Location.HEADER: "simple",
    Location.QUERY: "form",
    Location.COOKIE: "form",
}
_STYLES = {
    Location.PATH: {"simple", "label", "matrix"},
    Location.HEADER: {"simple"},
    Location.QUERY: {"form", "spaceDelimited", "pipeDelimited", "deepObject"},
    Location.COOKIE: {"form", "cookie"},
}
_OTHERWISE_SAID = frozenset({"accept", "content-type", "authorization"})
_TEMPLATE_NAME = re.compile(r"\{([^{}/]+)\}")


def read_parameter(context: Context, node: Node) -> Parameter | None:
    """Return one parameter of OpenAPI 3, None (reported) if it cannot be used."""
    location = location_of(context, node)
    if location is None:
        return None
    schema = header_schema(node)
    media_type = None
    if node.get("schema") is None:
        media_type = next((name.strip().lower() for name, _ in node.child("content").members()), None)
    style = _style(context, node, location)
    explode = node.get("explode")
    return Parameter(
        name=node.get("name"),
        location=location,
        required=flag(node.get("required")) or location is Location.PATH,
        schema=context.schema(schema),
        style=style,
        explode=flag(explode) if explode is not None else style in ("form", "deepObject"),
        allow_reserved=flag(node.get("allowReserved")),
        allow_empty=flag(node.get("allowEmptyValue")),
        media_type=media_type,
        examples=read_examples(context, node, schema, media_type or ""),
        pointer=node.pointer,
    )


def location_of(context: Context, node: Node) -> Location | None:
    """Return where a parameter travels; None (reported) if its name or place makes no sense."""
    name, written = node.get("name"), node.get("in")
    if type(name) is not str or not name:
        context.report.error("contract.parameter_invalid", "a parameter without a name", node, "give it a `name`")
        return None
    try:
        return Location(text(written).strip().lower())
    except ValueError:
        context.report.error(
            "contract.parameter_invalid",
            f"parameter {name!r} is in {shown(written)}",
            node,
            "use path, query, header or cookie",
        )
        return None


def _style(context: Context, node: Node, location: Location) -> str:
    written = node.get("style")
    default = _DEFAULT_STYLES[location]
    if written is None or written in _STYLES[location]:
        return written or default
    context.report.warn(
        "contract.style_invalid",
        f"style {shown(written)} does not exist in {location}; {default} is used",
        node,
        f"use one of {', '.join(sorted(_STYLES[location]))}",
    )
    return default


def merged_parameters(
    context: Context,
    levels: Iterable[Node],
    read: Callable[[Context, Node], Parameter | None],
) -> dict[tuple[str, Location], Parameter]:
    """Return the parameters of an operation: its own, and those of its path that it does not redefine.

    Args:
        context: the import.
        levels: the nodes of the path's `parameters` and of the operation's, in this order.
        read: reads one parameter of the document's dialect.

    """
    found: dict[tuple[str, Location], Parameter] = {}
    for level in levels:
        if level.value is not None and type(level.value) is not list:
            context.report.error("contract.parameters_invalid", f"parameters {shown(level.value)} is no list", level)
        for item in level.items():
            node = context.follow(item)
            parameter = read(context, node) if node is not None else None
            if parameter is None:
                continue
            if parameter.location is Location.HEADER and parameter.name.lower() in _OTHERWISE_SAID:
                continue
            found[parameter.name, parameter.location] = parameter
    return found


def fit_to_template(
    context: Context, found: dict[tuple[str, Location], Parameter], path: str, node: Node
) -> tuple[Parameter, ...]:
    """Return the parameters with those of the path template added, and path parameters it lacks left out."""
    names = [*dict.fromkeys(_TEMPLATE_NAME.findall(path))]
    for name in names:
        if (name, Location.PATH) not in found:
            context.report.warn(
                "contract.path_parameter_undeclared",
                f"{{{name}}} of the path is not declared as a parameter; any text is accepted",
                node,
                f"declare a parameter {name!r} in path",
            )
            found[name, Location.PATH] = Parameter(
                name=name, location=Location.PATH, required=True, schema={"type": "string"}
            )
    for name, location in [*found]:
        if location is Location.PATH and name not in names:
            context.report.warn(
                "contract.path_parameter_unused",
                f"the path has no {{{name}}}; the parameter is ignored",
                node,
                "correct its name, or remove it",
            )
            del found[name, location]
    return tuple(found.values())
