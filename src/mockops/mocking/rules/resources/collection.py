"""Collections and items, found in the paths of a contract: `/pets` and `/pets/{petId}`."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import quote

from mockops.mocking.rules.resources.shape import Shape, read_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mockops.contracts.model import Operation, OperationEntry

MAX_SHAPES = 128
"""Shapes hold the operations they were read from; the longest unused is read again when needed."""

_ITEM = re.compile(r"(?P<collection>.*)/\{(?P<id>[^{}/]+)\}(?P<suffix>\.[A-Za-z]+)?")
_PARAMETER = re.compile(r"\{([^{}/]+)\}")


class Role(StrEnum):
    """What an operation does to a collection."""

    LIST = "list"
    CREATE = "create"
    REPLACE_MEMBER = "replace_member"
    """A PUT to the collection's own path: the body says which item is replaced."""
    READ = "read"
    REPLACE = "replace"
    UPDATE = "update"
    DELETE = "delete"


_COLLECTION_ROLES = {"GET": Role.LIST, "POST": Role.CREATE, "PUT": Role.REPLACE_MEMBER}
_ITEM_ROLES = {
    "GET": Role.READ,
    "PUT": Role.REPLACE,
    "PATCH": Role.UPDATE,
    "POST": Role.UPDATE,
    "DELETE": Role.DELETE,
}
_WRITERS = frozenset(Role) - {Role.LIST, Role.READ}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collection path, its item path, and the operations on both."""

    path: str
    """The collection's path template, without trailing slash or suffix."""
    id_parameter: str
    """Name of the last path parameter of the item path."""
    parents: tuple[str, ...] = ()
    """Path parameters that name the item's ancestors, outermost first."""
    operations: Mapping[Role, int] = field(default_factory=dict)
    """Index of the operation for each role."""

    def key(self, params: Mapping[str, str]) -> str:
        """Return the store's key: the path with the ancestors filled in, `/users/42/orders`."""
        return _PARAMETER.sub(lambda match: quote(params.get(match.group(1), ""), safe=""), self.path)

    @property
    def can_grow(self) -> bool:
        """Whether a caller can add items."""
        return Role.CREATE in self.operations

    @property
    def name(self) -> str:
        """The last literal segment, `orders`."""
        return self.path.rpartition("/")[2]


class Collections:
    """All collections of one contract; shapes are read from the schemas on first use."""

    __slots__ = ("_by_path", "_load", "_roles", "_shapes")

    def __init__(self, found: Sequence[Collection], load: Callable[[int], Operation]) -> None:
        self._load = load
        self._roles = {index: (each, role) for each in found for role, index in each.operations.items()}
        self._by_path = {each.path: each for each in found}
        self._shapes: OrderedDict[str, Shape | None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_path)

    def __iter__(self) -> Iterator[Collection]:
        return iter(self._by_path.values())

    def find(self, index: int) -> tuple[Collection, Role] | None:
        """Return which collection an operation belongs to, and what it does to it."""
        return self._roles.get(index)

    def at(self, path: str) -> Collection | None:
        """Return the collection with a path template."""
        return self._by_path.get(path)

    def load(self, index: int) -> Operation:
        """Return an operation of the contract."""
        return self._load(index)

    def shape(self, collection: Collection) -> Shape | None:
        """Return what the items look like; None when the schemas show no resource here."""
        if collection.path in self._shapes:
            self._shapes.move_to_end(collection.path)
            return self._shapes[collection.path]
        shape = self._shapes[collection.path] = read_shape(
            collection.name,
            collection.id_parameter,
            {role.value: self._load(index) for role, index in collection.operations.items()},
        )
        if len(self._shapes) > MAX_SHAPES:
            self._shapes.popitem(last=False)
        return shape


def infer_collections(entries: Sequence[OperationEntry], load: Callable[[int], Operation]) -> Collections:
    """Return the collections of a contract, by its paths alone; `load` is called with an entry's index on first use.

    A collection has a path that is listed or posted to, an item path one parameter longer, and at least one operation
    that writes. Everything else (sub-actions, read-only lists) is left to the contract.
    """
    by_path: dict[str, dict[str, int]] = {}
    for index, entry in enumerate(entries):
        by_path.setdefault(entry.path.rstrip("/"), {}).setdefault(entry.method, index)
    found: list[Collection] = []
    for path, methods in by_path.items():
        match = _ITEM.fullmatch(path)
        if match is None:
            continue
        base = match.group("collection")
        own = by_path.get(base + (match.group("suffix") or ""))
        if not base or own is None or not {"GET", "POST"} & set(own):
            continue
        roles = {_COLLECTION_ROLES[method]: index for method, index in own.items() if method in _COLLECTION_ROLES}
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE"):
            if method in methods:
                roles[_ITEM_ROLES[method]] = methods[method]
        if _WRITERS & set(roles) and ({Role.LIST, Role.READ} & set(roles)):
            parents = tuple(_PARAMETER.findall(base))
            found.append(Collection(path=base, id_parameter=match.group("id"), parents=parents, operations=roles))
    return Collections(found, load)
