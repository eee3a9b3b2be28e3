"""Lists that come in pages."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from mockops.client.errors import AnswerInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockops.client.base import Api, Parameter

T = TypeVar("T")

LARGEST = 500
"""Items that a page has at most."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Part of a list."""

    items: tuple[T, ...]
    next: str | None
    """Cursor of the page that follows; None: this is the last."""


class _RawPage(msgspec.Struct, frozen=True):
    items: list[msgspec.Raw]
    next: str | None = None


class Listing(Generic[T]):
    """A list on the server: iterate over it for all items, page after page, or take single pages.

    Nothing is asked before items are wanted. Each iteration begins anew. Keyset cursors: what is created or deleted
    meanwhile makes no item come twice, and leaves none out that was there all the time.
    """

    def __init__(self, api: Api, path: str, read: type[T] | Callable[[msgspec.Raw], T], /, **params: Parameter) -> None:
        """List what is at a path.

        Args:
            api: Who is asked.
            path: Below the API's root.
            read: Type of the items, or what makes one of its JSON.
            params: The filters.

        """
        self._api = api
        self._path = path
        self._read = read
        self._params: Mapping[str, Parameter] = params

    def page(self, *, limit: int = 50, cursor: str | None = None) -> Page[T]:
        """Return one page.

        Args:
            limit: At most so many items; the server takes up to 500.
            cursor: `next` of the page before; None: the first.

        """
        return self._ask({"limit": limit, "cursor": cursor})

    def _ask(self, more: Mapping[str, Parameter]) -> Page[T]:
        answer = self._api.request("GET", self._path, params={**self._params, **more})
        raw = answer.read(_RawPage)
        try:
            items = tuple(map(self._item, raw.items))
        except msgspec.DecodeError as error:
            raise AnswerInvalid(
                f"the answer to {answer.what} cannot be understood ({error}); is the server of the same version?"
            ) from error
        return Page(items=items, next=raw.next)

    def _item(self, raw: msgspec.Raw) -> T:
        if isinstance(self._read, type):
            return msgspec.json.decode(raw, type=self._read)
        return self._read(raw)

    def pages(self, *, limit: int = LARGEST) -> Iterator[Page[T]]:
        """Give every page; each is fetched when it is wanted."""
        cursor: str | None = None
        while True:
            page = self.page(limit=limit, cursor=cursor)
            yield page
            if not page.next:
                return
            cursor = page.next

    def __iter__(self) -> Iterator[T]:
        """Give every item."""
        for page in self.pages():
            yield from page.items

    def first(self, count: int) -> tuple[T, ...]:
        """Return the first items, at most so many."""
        found = (item for page in self.pages(limit=max(1, min(count, LARGEST))) for item in page.items)
        return tuple(islice(found, count))


class WholeListing(Listing[T]):
    """A list that the server gives at once: few items, and its first page is the last."""

    def page(self, *, limit: int = 50, cursor: str | None = None) -> Page[T]:
        """Return all of it; `limit` and `cursor` are of no use here."""
        del limit, cursor
        return self._ask({})
