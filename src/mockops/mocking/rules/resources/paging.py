"""Which items a list answers with: filters, order, page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockops.mocking.rules.resources import names
from mockops.mocking.rules.schemas import ALL_TYPES, json_types, keyword, properties

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from mockops.contracts.model import Operation
    from mockops.core.json import Json, JsonObject
    from mockops.mocking.rules.schemas import Definitions, Schema

Pairs = tuple[tuple[str, str], ...]

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_MAX_SORT_FIELDS = 8
_RANKS: dict[type, int] = {bool: 1, int: 2, float: 2, str: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParameters:
    """The query parameters by which a list operation is paged and sorted; empty where it has none."""

    limit: str = ""
    offset: str = ""
    page: str = ""
    cursor: str = ""
    before: str = ""
    sort: str = ""
    direction: str = ""
    search: str = ""
    default_limit: int = DEFAULT_LIMIT
    max_limit: int = MAX_LIMIT
    offset_base: int = 0
    """Number of the first item: 1 where the schema says so."""
    page_base: int = 1
    """Number of the first page."""

    @property
    def reserved(self) -> frozenset[str]:
        """Names that are no filters."""
        own = (self.limit, self.offset, self.page, self.cursor, self.before, self.sort, self.direction, self.search)
        return frozenset(own) - {""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list."""

    items: Sequence[JsonObject]
    total: int
    """Number of items on all pages."""
    start: int
    """Index of the first item shown."""
    limit: int

    @property
    def end(self) -> int:
        """Index after the last item shown."""
        return self.start + len(self.items)

    @property
    def has_next(self) -> bool:
        """Whether items follow."""
        return self.end < self.total and self.limit > 0


def read_list_parameters(operation: Operation) -> ListParameters:
    """Return how an operation's lists are paged and sorted, by the names and types of its query parameters."""
    declared: dict[str, Schema] = {}
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        declared[parameter.name] = parameter.schema
        if names.normal(parameter.name) in {"page", "pagination"}:
            for name, schema in properties(parameter.schema, operation.definitions).items():
                declared[f"{parameter.name}[{name}]"] = schema
    definitions = operation.definitions
    whole = [name for name, schema in declared.items() if _may_be(schema, definitions, {"integer", "number"})]
    texts = [name for name, schema in declared.items() if _may_be(schema, definitions, {"string", "integer"})]
    sorts = [name for name, schema in declared.items() if _may_be(schema, definitions, {"string", "array"})]
    limit = _first(names.LIMIT, whole)
    offset = _first(names.OFFSET, whole)
    page = _first(names.PAGE, whole)
    sort = _first(names.SORT, sorts)
    most = keyword(declared.get(limit), definitions, "maximum")
    usual = keyword(declared.get(limit), definitions, "default")
    max_limit = int(most) if _is_positive(most) else MAX_LIMIT
    return ListParameters(
        limit=limit,
        offset=offset,
        page=page,
        cursor=_first(names.CURSOR, texts),
        before=_first(names.BEFORE, texts),
        sort=sort,
        direction=_first(names.DIRECTION, [name for name in sorts if name != sort]),
        search=_first(names.SEARCH, texts),
        default_limit=min(int(usual) if _is_positive(usual) else DEFAULT_LIMIT, max_limit),
        max_limit=min(max_limit, MAX_LIMIT),
        offset_base=1 if 1 in (_bound(declared.get(offset), definitions, "minimum", "default")) else 0,
        page_base=0 if 0 in (_bound(declared.get(page), definitions, "minimum", "default")) else 1,
    )


def _first(wanted: Collection[str], declared: Iterable[str]) -> str:
    return next((name for name in declared if names.normal(name) in wanted), "")


def _may_be(schema: Schema, definitions: Definitions, types: set[str]) -> bool:
    allowed = json_types(schema, definitions)
    return allowed == ALL_TYPES or bool(allowed & types)


def _bound(schema: Schema, definitions: Definitions, *keywords: str) -> tuple[Json, ...]:
    values = (keyword(schema, definitions, name) for name in keywords)
    return tuple(value for value in values if isinstance(value, int) and not isinstance(value, bool))


def _is_positive(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 1_000_000_000


def _whole(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 12:
        return None
    return int(text)


def cut(
    items: Sequence[JsonObject], query: Mapping[str, str], how: ListParameters, identify: Callable[[JsonObject], str]
) -> Page:
    """Return the page that a query asks for; a value that is no number is as if not sent.

    A cursor is the id of the last item of the page before (`before`: of the first item of the page after); one that
    names no item starts at the beginning.
    """
    asked = _whole(query.get(how.limit)) if how.limit else None
    is_paged = bool(how.limit or how.page or how.offset or how.cursor or how.before)
    limit = len(items) if not is_paged else how.default_limit if asked is None else min(asked, how.max_limit)
    start = _start(items, query, how, limit, identify)
    chosen = items[start : start + limit]
    return Page(items=chosen, total=len(items), start=min(start, len(items)), limit=limit)


def _start(
    items: Sequence[JsonObject],
    query: Mapping[str, str],
    how: ListParameters,
    limit: int,
    identify: Callable[[JsonObject], str],
) -> int:
    if how.cursor and query.get(how.cursor):
        found = _position(items, query[how.cursor], identify)
        return 0 if found is None else found + 1
    if how.before and query.get(how.before):
        found = _position(items, query[how.before], identify)
        return 0 if found is None else max(0, found - limit)
    page = _whole(query.get(how.page)) if how.page else None
    if page is not None:
        return max(0, page - how.page_base) * limit
    offset = _whole(query.get(how.offset)) if how.offset else None
    return 0 if offset is None else max(0, offset - how.offset_base)


def _position(items: Sequence[JsonObject], wanted: str, identify: Callable[[JsonObject], str]) -> int | None:
    return next((index for index, item in enumerate(items) if identify(item) == wanted), None)


def matching(
    items: Sequence[JsonObject], query: Pairs, how: ListParameters, fields: Collection[str]
) -> list[JsonObject]:
    """Return the items that fit every filter: a query parameter named like a field (`status`, `owner.name`).

    Several values of one field, repeated or separated by commas, are alternatives; `q` and its like look into all text.
    """
    wanted: dict[str, set[str]] = {}
    by_normal = {names.normal(field): field for field in fields}
    for name, value in query:
        if name in how.reserved or not value:
            continue
        root, dot, rest = name.removesuffix("[]").partition(".")
        field = root if root in fields else by_normal.get(names.normal(root))
        if field is not None:
            wanted.setdefault(field + dot + rest, set()).update({value, *value.split(",")})
    found = [item for item in items if all(_fits(item, field, values) for field, values in wanted.items())]
    searched = next((value for name, value in query if how.search and name == how.search), "").lower()
    return [item for item in found if _contains(item, searched)] if searched else found


def _fits(item: JsonObject, field: str, values: set[str]) -> bool:
    here: Json = item
    for name in field.split("."):
        here = here.get(name) if isinstance(here, dict) else None
    if here is None:
        return False
    alternatives = here if isinstance(here, list) else [here]
    return any(_is_text(each, value) for each in alternatives for value in values)


def _is_text(value: Json, text: str) -> bool:
    if isinstance(value, bool):
        return text.lower() == ("true" if value else "false")
    if isinstance(value, float) and value.is_integer():
        return text in {str(value), str(int(value))}
    return not isinstance(value, dict | list) and str(value) == text


def _contains(item: JsonObject, text: str) -> bool:
    return any(isinstance(value, str) and text in value.lower() for value in item.values())


def ordered(
    items: Sequence[JsonObject], query: Mapping[str, str], how: ListParameters, fields: Collection[str]
) -> list[JsonObject]:
    """Return the items in the order asked for: `-age,name`, `name:desc`, `name desc`; unknown fields do nothing."""
    found = list(items)
    if not how.sort or not query.get(how.sort):
        return found
    falling = query.get(how.direction, "").lower().startswith("desc") if how.direction else False
    by_normal = {names.normal(field): field for field in fields}
    keys: list[tuple[str, bool]] = []
    for piece in query[how.sort].split(",")[:_MAX_SORT_FIELDS]:
        name, is_down = _sort_key(piece.strip())
        field = name if name in fields else by_normal.get(names.normal(name))
        if field:
            keys.append((field, is_down != falling))
    for field, is_down in reversed(keys):
        found.sort(key=lambda item, field=field: _rank(item.get(field)), reverse=is_down)  # type: ignore[misc]
    return found


def _sort_key(piece: str) -> tuple[str, bool]:
    if piece.startswith(("-", "+")):
        return piece[1:], piece[0] == "-"
    for sign in (":", " ", "."):
        name, _, direction = piece.partition(sign)
        if direction.strip().lower() in {"asc", "desc", "ascending", "descending"}:
            return name, direction.strip().lower().startswith("desc")
    return piece, False


def _rank(value: Json) -> tuple[int, Json]:
    """Order values of mixed types: nothing, booleans, numbers, text, everything else alike."""
    rank = _RANKS.get(type(value))
    if rank is None:
        return (0, 0) if value is None else (4, 0)
    return rank, value
