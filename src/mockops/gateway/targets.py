"""Which target a request means (SEMANTICS: a bound listener, header, host, path prefix, or the only one there is).

A name is `name[@environment]`, or `org:name[@environment]` for an org that is not the gateway's home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


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

    def __init__(
        self,
        targets: Iterable[T],
        *,
        domain: str = "localhost",
        home: str = "",
        default: Callable[[T], bool] | None = None,
    ) -> None:
        """Index targets; of several environments of one name, `default` says which one the bare name means.

        Args:
            targets: In order of preference.
            domain: What host names end in: `name.localhost`, `name--env.localhost`.
            home: The org whose targets have bare names, which may be written before them all the same.
            default: Whether a bare name means this target; where it is said of none, the first is meant.

        """
        self._targets = tuple(targets)
        self._suffix = "." + domain
        self._by_name: dict[str, T] = {}
        for target in self._targets:
            name, environment = target.name.lower(), target.environment.lower()
            spellings = (name, f"{home}:{name}".lower()) if home and ":" not in name else (name,)
            for spelling in spellings:
                self._by_name[f"{spelling}@{environment}"] = target
                if default is not None and default(target):
                    self._by_name[spelling] = target
                else:
                    self._by_name.setdefault(spelling, target)

    def __iter__(self) -> Iterator[T]:
        return iter(self._targets)

    def __len__(self) -> int:
        return len(self._targets)

    @property
    def names(self) -> list[str]:
        """Known targets, as people write them; each once, whatever environments it has."""
        return list(dict.fromkeys(target.name for target in self._targets))

    def address(self, target: T) -> str:
        """Return the shortest name of a target: the bare one if it means this environment."""
        is_bare = self._by_name.get(target.name.lower()) is target
        return target.name if is_bare else f"{target.name}@{target.environment}"

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
