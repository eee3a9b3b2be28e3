"""Bodies of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.client.shown.bulk import BulkResult, BulkResults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.client.base import Api
    from mockops.client.shown.bulk import BulkChange
    from mockops.core.json import Json, JsonObject

MOST = 1_000
"""Changes that one request takes."""


def said(**members: Json) -> JsonObject:
    """Return a body without the members that are None: what is not said stays as it is, or is the server's default."""
    return {name: value for name, value in members.items() if value is not None}


def change_many(api: Api, path: str, changes: Sequence[BulkChange]) -> BulkResults:
    """Send many changes, a thousand a request; return what became of each, by its index among all."""
    results: list[BulkResult] = []
    for start in range(0, len(changes), MOST):
        part = changes[start : start + MOST]
        done = api.post(path, {"items": msgspec.to_builtins(part)}).read(BulkResults)
        results += [msgspec.structs.replace(each, index=start + each.index) for each in done.results]
    failed = sum(each.problem is not None for each in results)
    return BulkResults(results=tuple(results), succeeded=len(results) - failed, failed=failed)
