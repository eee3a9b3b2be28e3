"""Security schemes and requirements (OpenAPI 3.1.1 sections 4.8.27 to 4.8.30, Swagger 2.0's definitions)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.contracts.importers.context import text
from mockops.contracts.model import SecurityScheme

if TYPE_CHECKING:
    from mockops.contracts.importers.context import Context
    from mockops.contracts.importers.places import Node

_KINDS = {kind.lower(): kind for kind in ("apiKey", "http", "oauth2", "openIdConnect", "mutualTLS")}


def read_schemes(context: Context, written: Node) -> dict[str, SecurityScheme]:
    """Return the declared security schemes by name."""
    found = {}
    for name, item in written.members():
        node = context.follow(item)
        scheme = _scheme(name, node) if node is not None else None
        if scheme is None:
            context.report.warn(
                "contract.security_scheme_unknown",
                f"security scheme {name!r} is of no known type; it is not checked",
                item,
                "use apiKey, http, oauth2, openIdConnect or mutualTLS",
            )
        else:
            found[name] = scheme
    return found


def _scheme(name: str, node: Node) -> SecurityScheme | None:
    written = text(node.get("type")).lower()
    if written == "basic":
        return SecurityScheme(name=name, kind="http", scheme="basic")
    if written not in _KINDS:
        return None
    kind = _KINDS[written]
    if kind == "apiKey":
        location, parameter = text(node.get("in")).lower(), text(node.get("name"))
        if location not in ("query", "header", "cookie") or not parameter:
            return None
        return SecurityScheme(name=name, kind=kind, location=location, parameter=parameter)
    return SecurityScheme(name=name, kind=kind, scheme=text(node.get("scheme")).lower() if kind == "http" else "")


def read_requirements(
    context: Context, written: Node, schemes: dict[str, SecurityScheme]
) -> tuple[tuple[SecurityScheme, ...], ...]:
    """Return the alternatives of a `security` list; a scheme that nobody declared is reported and not checked."""
    alternatives = []
    for item in written.items():
        needed = []
        for name, node in item.members():
            if name in schemes:
                needed.append(schemes[name])
            else:
                context.report.warn(
                    "contract.security_scheme_unknown",
                    f"security scheme {name!r} is not declared; it is not checked",
                    node,
                    "declare it among the security schemes",
                )
        alternatives.append(tuple(needed))
    return tuple(dict.fromkeys(alternatives))
