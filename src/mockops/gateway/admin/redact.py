"""Under which names an exchange's operation takes secrets, and repeated fields as people are shown them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.redact import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.gateway.exchanges import Exchange
    from mockops.gateway.gateway import Gateway


def secrets_of(exchange: Exchange, gateway: Gateway) -> Secrets:
    """Return under which names an exchange's operation takes API keys (OpenAPI 3.1 section 4.8.27)."""
    target = gateway.table.get(f"{exchange.target}@{exchange.environment}") if exchange.target else None
    method = exchange.operation.partition(" ")[0]
    hit = target.mock.operations.find(exchange.request, method) if target is not None and method else None
    if target is None or hit is None or hit.entry.is_open:
        return Secrets()
    security = target.mock.operations.ready(hit.index).operation.security
    keys = [scheme for alternative in security for scheme in alternative if scheme.kind == "apiKey"]
    return Secrets(
        headers=frozenset(scheme.parameter.lower() for scheme in keys if scheme.location == "header"),
        query=frozenset(scheme.parameter for scheme in keys if scheme.location == "query"),
    )


def join_fields(fields: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return values by name; a list where a name is repeated."""
    joined: dict[str, str | list[str]] = {}
    for name, value in fields:
        former = joined.get(name)
        if former is None:
            joined[name] = value
        else:
            joined[name] = [*former, value] if isinstance(former, list) else [former, value]
    return joined
