"""The answer around a list: totals, cursors and links that the schema declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from mockops.mocking.rules.resources import names
from mockops.mocking.rules.schemas import ALL_TYPES, json_types, properties

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.resources.paging import ListParameters, Page, Pairs
    from mockops.mocking.rules.schemas import Definitions, Schema

_MAX_DEPTH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known of a page beside its items."""

    page: Page
    how: ListParameters
    url: str
    """Path by which the list was asked for."""
    query: Pairs
    last_id: str
    """Id of the last item shown; empty: none."""

    def facts(self, siblings: frozenset[str]) -> list[tuple[frozenset[str], tuple[Json, ...]]]:
        """Return names (normalised) with the values that they may have, the first that the schema allows counts."""
        page, limit = self.page, max(self.page.limit, 1)
        has_total = bool(siblings & names.TOTAL)
        number = page.start // limit + self.how.page_base
        pages = -(-page.total // limit)
        has_previous = page.start > 0
        return [
            (names.TOTAL, (page.total, str(page.total))),
            (names.COUNT, (len(page.items) if has_total else page.total,)),
            (names.PAGES, (pages,)),
            (names.PAGE_NOW, (number,)),
            (names.OFFSET, (page.start + self.how.offset_base,)),
            (names.LIMIT, (page.limit,)),
            (names.HAS_NEXT, (page.has_next,)),
            (names.HAS_PREVIOUS, (has_previous,)),
            (frozenset({"first"}), (not has_previous,)),
            (frozenset({"last"}), (not page.has_next,)),
            (names.NEXT_CURSOR, (self.last_id or None,) if page.has_next else (None, "")),
            (names.NEXT, (self.turned(page.end), number + 1) if page.has_next else (None,)),
            (names.PREVIOUS, (self.turned(max(0, page.start - limit)), number - 1) if has_previous else (None,)),
        ]

    def turned(self, start: int) -> Json:
        """Return the address of the page that starts at an index; None when nothing in the query can say it."""
        how = self.how
        if how.page:
            name, value = how.page, str(start // max(self.page.limit, 1) + how.page_base)
        elif how.offset:
            name, value = how.offset, str(start + how.offset_base)
        elif how.cursor and start == self.page.end:
            name, value = how.cursor, self.last_id
        else:
            return None
        return f"{self.url}?{urlencode([pair for pair in self.query if pair[0] != name] + [(name, value)])}"


def surround(schema: Schema, definitions: Definitions, around: Around, depth: int = 0) -> JsonObject:
    """Return the members of an envelope whose names say what they mean, at most two levels deep."""
    declared = properties(schema, definitions)
    facts = around.facts(frozenset(names.normal(name) for name in declared))
    found: JsonObject = {}
    for name, inner in declared.items():
        types = json_types(inner, definitions)
        if types != ALL_TYPES and "object" in types and "array" not in types:
            members = surround(inner, definitions, around, depth + 1) if depth < _MAX_DEPTH else {}
            if members:
                found[name] = members
            continue
        for meaning, values in facts:
            if names.normal(name) in meaning:
                fitting = [value for value in values if _is_allowed(value, types)]
                if fitting:
                    found[name] = fitting[0]
                break
    return found


_ALLOWS: tuple[tuple[str, Callable[[Json], bool]], ...] = (
    ("null", lambda value: value is None),
    ("boolean", lambda value: isinstance(value, bool)),
    ("integer", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    ("number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    ("string", lambda value: isinstance(value, str)),
)


def _is_allowed(value: Json, types: frozenset[str]) -> bool:
    return any(name in types and test(value) for name, test in _ALLOWS)
