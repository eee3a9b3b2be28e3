"""What all bodies share: unknown members are refused, lists come in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from mockops.infra.db.pages import DEFAULT_LIMIT, MAX_LIMIT, Page

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Body(BaseModel):
    """A body that somebody sends: unknown members are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Shown(BaseModel):
    """A body that MockOps answers with."""

    model_config = ConfigDict(frozen=True)


class Listed(Shown, Generic[T]):
    """One page of a list."""

    items: tuple[T, ...]
    next: str | None = Field(None, description="Cursor of the next page; null ends the list.")

    @classmethod
    def of(cls, page: Page[Any], show: Callable[..., T]) -> Listed[T]:
        """Return a page with its items as they are shown."""
        return cls.model_construct(items=tuple(show(item) for item in page.items), next=page.next)


class ProblemError(Shown):
    """One of several things that are wrong."""

    code: str
    message: str
    pointer: str | None = Field(None, description="JSON Pointer (RFC 6901) into the body.")
    parameter: str | None = None
    hint: str | None = None
    source: str | None = None
    line: int | None = None


class Problem(Shown):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str = Field(description="Stable identifier of the situation.")
    detail: str
    errors: tuple[ProblemError, ...] | None = None


Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many items.")]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before.")]
DEFAULT = DEFAULT_LIMIT
