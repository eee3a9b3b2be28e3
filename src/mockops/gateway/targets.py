"""Which target a request means (SEMANTICS: a bound listener, header, host, path prefix, or the only one there is)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Named(Protocol):
    """Something that is addressed by name and environment."""

    @property
    def name(self) -> str:
        """The target's name."""
        ...

    @property
    def environment(self) -> str:
        """The environment it serves."""
        ...


T = TypeVar("T", bound=Named)


class Addressed(msgspec.Struct, Generic[T], frozen=True):
    """A target found, and the path that is left for it."""

    target: T
    path: str


class TargetTable(Generic[T]):
    """Targets by every way of naming them; one dictionary look-up each."""

    def __init__(self, targets: Iterable[T], *, domain: str = "localhost") -> None:
        """Index targets; of two environments of one name, the first is what the bare name means.

        Args:
            targets: In order of preference.
            domain: What host names end in: `name.localhost`, `name--env.localhost`.

        """
        self._targets = tuple(targets)
        self._suffix = "." + domain
        self._by_name: dict[str, T] = {}
        for target in self._targets:
            self._by_name.setdefault(target.name.lower(), target)
            self._by_name[f"{target.name}@{target.environment}".lower()] = target

    def __iter__(self) -> Iterator[T]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    @property
    def names(self) -> list[str]:
        """Known targets, as people write them."""
        return [target.name for target in self._targets]

    def get(self, name: str) -> T | None:
        """Return the target called `name` or `name@environment`, or None."""
        return self._by_name.get(name.strip().lower())

    def find(self, path: str, *, header: str | None, host: str | None) -> Addressed[T] | None:
        """Return the target a request means and the path left for it, or None.

        Args:
            path: The request's path as sent.
            header: The value of `MockOps-Target`.
            host: The value of `Host`.

        """
        if header:
            named = self.get(header)
            return Addressed(named, path) if named is not None else None
        if path.startswith("/@"):
            name, _, rest = path[2:].partition("/")
            named = self.get(name)
            return Addressed(named, "/" + rest) if named is not None else None
        by_host = self._by_host(host) if host else None
        if by_host is not None:
            return Addressed(by_host, path)
        if len(self._targets) == 1:
            return Addressed(self._targets[0], path)
        return None

    def _by_host(self, host: str) -> T | None:
        name = host.lower()
        if not name.endswith("]"):
            name = name.rpartition(":")[0] or name
        if not name.endswith(self._suffix):
            return None
        label, _, environment = name[: -len(self._suffix)].partition("--")
        return self._by_name.get(f"{label}@{environment}" if environment else label)
