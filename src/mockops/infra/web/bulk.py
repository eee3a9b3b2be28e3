"""Many changes in one request: each item is done or refused by itself, all of it is one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from pydantic import Field

from mockops.core.errors import MockOpsError
from mockops.core.json import JsonObject
from mockops.core.problems import phrase
from mockops.infra.web.bodies import Body, Shown
from mockops.infra.web.problems import describe, status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.infra.db.transactions import Tx

D = TypeVar("D")
MAX_ITEMS = 1_000


class BulkItem(Body, Generic[D]):
    """One change."""

    action: Literal["create", "update", "delete"]
    id: str = Field("", description="What is meant by update and delete: id, key or name.")
    version: int | None = Field(None, description="Refuse unless this is the latest version, as If-Match does.")
    document: D | None = Field(None, description="What create and update save.")


class BulkBody(Body, Generic[D]):
    """Many changes; they happen in order."""

    items: list[BulkItem[D]] = Field(min_length=1, max_length=MAX_ITEMS)


class BulkResult(Shown):
    """What became of one item."""

    index: int
    status: int
    id: str | None = None
    problem: JsonObject | None = None


class BulkShown(Shown):
    """What became of all items."""

    results: tuple[BulkResult, ...]
    succeeded: int
    failed: int


_DONE = {"create": 201, "update": 200, "delete": 204}


def run_bulk(tx: Tx, items: list[BulkItem[D]], perform: Callable[[BulkItem[D]], str]) -> BulkShown:
    """Do every item in a savepoint of its own; `perform` returns the id of what it changed or raises."""
    results = []
    for index, item in enumerate(items):
        try:
            with tx.attempt():
                done = perform(item)
            results.append(BulkResult(index=index, status=_DONE[item.action], id=done))
        except MockOpsError as error:
            status = status_of(error)
            members: JsonObject = {
                "type": f"urn:mockops:problem:{error.code}",
                "title": phrase(status),
                "status": status,
                "code": error.code,
                "detail": str(error),
                **describe(error),
            }
            results.append(BulkResult(index=index, status=status, id=item.id or None, problem=members))
    failed = sum(result.problem is not None for result in results)
    return BulkShown(results=tuple(results), succeeded=len(results) - failed, failed=failed)
