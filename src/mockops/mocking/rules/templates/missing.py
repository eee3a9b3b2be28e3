"""What a template misses, named as the template names it: `request.query.page is missing`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateRuntimeError, UndefinedError
from jinja2.utils import missing

from mockops.mocking.rules.templates.chains import Chain, read_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.mocking.rules.templates.scope import Scope


class MemberMissing(UndefinedError):
    """Something has no such member."""

    def __init__(self, message: str | None = None, member: object = None) -> None:
        super().__init__(message)
        self.member = member


class Missing(StrictUndefined):
    """What is not there; whatever is done with it fails, and says which member it was."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = UndefinedError,
    ) -> None:
        is_member = hint is None and obj is not missing
        super().__init__(
            f"{name!r} is missing" if is_member else hint,
            obj,
            name,
            partial(MemberMissing, member=name) if is_member else exc,  # type: ignore[arg-type]  # it is only called
        )


class Place(msgspec.Struct, frozen=True):
    """One place in a template where a member is looked up."""

    member: object
    path: str
    """As the template writes it."""
    chain: Chain | None
    """The same as something to follow; None: it starts at something that only rendering knows."""


def read_places(tree: nodes.Template) -> tuple[Place, ...]:
    """Return where a template looks up members by name or number, as it writes them."""
    return tuple(_places(tree))


def _places(tree: nodes.Template) -> Iterator[Place]:
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = _written(node)
        if path and isinstance(node, nodes.Getattr):
            yield Place(node.attr, path, read_chain(node))
        elif path and isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            yield Place(node.arg.value, path, read_chain(node))


def _written(node: nodes.Node) -> str:
    """Return a chain of members as a template writes it; empty: it is something else."""
    if isinstance(node, nodes.Name):
        return node.name
    base = _written(node.node) if isinstance(node, nodes.Getattr | nodes.Getitem) else ""
    if base and isinstance(node, nodes.Getattr):
        return f"{base}.{node.attr}"
    if base and isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return f"{base}[{node.arg.value!r}]"
    return ""


def describe_missing(error: UndefinedError, places: tuple[Place, ...], scope: Scope) -> str:
    """Return what is missing: by its whole path where the template tells which of its look-ups it was."""
    if not isinstance(error, MemberMissing):
        return error.message or "something is missing"
    named = [place for place in places if place.member == error.member]
    absent = [place for place in named if _is_absent(place, scope)] or named
    paths = dict.fromkeys(place.path for place in absent)
    return f"{' or '.join(paths)} is missing" if paths else error.message or "something is missing"


def _is_absent(place: Place, scope: Scope) -> bool:
    return place.chain is not None and not place.chain.follow(scope)[0]
