"""What a route of the admin API is; routing, checking, `openapi.json` and the reference all read the same table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json
    from mockops.gateway.admin.desk import Desk

API = "/api/v1"
"""Prefix of everything that is versioned; health, readiness, state and metrics stand at the root, where probes look."""

Kind = Literal["text", "integer", "boolean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A query parameter."""

    name: str
    description: str
    kind: Kind = "text"
    default: Json = None
    minimum: int = 0
    """Of integers."""
    maximum: int = (1 << 53) - 1
    """Of integers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One kind of answer of a route."""

    status: int = 200
    description: str
    type: Any = None
    """What the body is, as a msgspec type; None: no body."""
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a route answered."""

    status: int = 200
    value: Any = None
    """Sent as JSON; None: no body."""
    text: str | None = None
    """Sent as it is."""
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method on a path, what it takes, what it promises and what it does."""

    method: str
    path: str
    operation_id: str
    """`noun.verb`."""
    tag: str
    summary: str
    run: Callable[[Call], Outcome]
    promises: tuple[Promise, ...]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    """What the body is, as a msgspec type, for the description; None: none is taken."""
    body_is_optional: bool = False
    problems: tuple[int, ...] = ()
    """Statuses of its refusals beside 400, and 415 where it takes a body."""
    takes_any_media_type: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that fits a route, checked and decoded."""

    desk: Desk
    params: dict[str, str]
    query: dict[str, Any] = field(default_factory=dict)
    """Every parameter of the route by name: the value sent, else its default."""
    body: Json = None
    has_body: bool = False
    target: str = ""
    """The value of a `MockOps-Target` header."""

    @property
    def target_name(self) -> str:
        """The target that the request names, in its query or by header; empty: none."""
        return self.query.get("target") or self.target
