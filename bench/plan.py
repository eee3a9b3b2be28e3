"""What a benchmark asks of every server, in words that each adapter translates into its server's own configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of the load, and what a right answer holds."""

    method: str = "GET"
    path: str
    """With the query string."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 200
    expect: Any = None
    """A JSON value that the answer must equal (objects may hold more); None: any JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One answer, as servers without contracts want it said."""

    method: str = "GET"
    path: str
    """A path template: `{name}` takes one segment."""
    query: tuple[str, str] | None = None
    """A parameter and the value it must have."""
    status: int = 200
    body: Any = None
    """The JSON answered."""
    templates: Mapping[str, str] = field(default_factory=dict)
    """Server kind to the body as a template in that server's language; instead of `body`."""
    schema: Any = None
    """JSON Schema that the request body must fit; what does not is refused."""
    delay_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The mock to build."""

    contract: Any
    """An OpenAPI document, or the path of one (`Path`)."""
    routes: tuple[Route, ...]
    """The same mock for servers that know routes only."""
    has_stubs: bool = False
    """The routes lie over the contract as stubs, also for servers that read contracts."""
    is_generated: bool = False
    """The bodies come from the schema, not from an example."""
    yardstick: tuple[int, Any]
    """Status and body of the one answer that nginx gives to everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A mock, the load on it, and who can be measured with it."""

    name: str
    shows: str
    """What the number tells, for the report."""
    plan: Plan
    calls: tuple[Call, ...]
    """Sent in turn."""
    servers: tuple[str, ...]
    """Names of the lines to measure, in order."""
    refused: Call | None = None
    """Must be refused with 400 or 422 by all but nginx (which validates nothing)."""
    is_fresh: bool = False
    """Every request asks for an id nobody asked for before, in place of the last segment of the first call's path."""
    status_only: frozenset[str] = frozenset()
    """Kinds that cannot echo what was asked: only status and being JSON are checked; the report says so."""


def openapi(paths: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a minimal OpenAPI 3.1 document around some paths."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bench", "version": "1.0.0"},
        "paths": dict(paths),
        "components": {"schemas": dict(schemas or {})},
    }


def answer(schema: Any, example: Any = None, *, status: int = 200) -> dict[str, Any]:
    """Return a Responses Object with one JSON answer."""
    media: dict[str, Any] = {"schema": schema}
    if example is not None:
        media["example"] = example
    return {str(status): {"description": "The answer.", "content": {JSON: media}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHub:
    """GitHub's public contract, unpacked."""

    path: Path
    operations: int
