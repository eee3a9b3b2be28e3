"""Templates that only look things up, `Hello {{ request.query.name }}`: read as they are, without running Jinja2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from jinja2 import nodes

from mockops.mocking.rules.templates.scope import RequestView

if TYPE_CHECKING:
    from mockops.mocking.rules.templates.scope import Scope

_ROOTS = frozenset({"request", "persona", "state", "session"})


class Chain(msgspec.Struct, frozen=True):
    """A root and the members to follow from it."""

    root: str
    members: tuple[str | int, ...]

    def follow(self, scope: Scope) -> tuple[bool, Any]:
        """Return whether every member was there, and the value at the end."""
        value = scope.root(self.root)
        for member in self.members:
            if isinstance(value, dict):
                try:
                    value = value[member]
                except KeyError:
                    return False, None
            elif isinstance(value, RequestView) and member in RequestView.FIELDS:
                value = getattr(value, str(member))
            elif isinstance(value, list) and isinstance(member, int) and 0 <= member < len(value):
                value = value[member]
            else:
                return False, None
        return not isinstance(value, RequestView), value


def read_chains(tree: nodes.Template) -> tuple[str | Chain, ...] | None:
    """Return a template's texts and look-ups in order; None when it does anything else."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    parts: list[str | Chain] = []
    for node in tree.body[0].nodes:
        part = node.data if isinstance(node, nodes.TemplateData) else read_chain(node)
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def read_chain(node: nodes.Expr) -> Chain | None:
    """Return the root and members of a look-up in what requests, personas and sessions say; None: it is none."""
    members: list[str | int] = []
    while True:
        if isinstance(node, nodes.Getattr):
            members.append(node.attr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and _is_key(node.arg.value):
            members.append(node.arg.value)
        else:
            break
        node = node.node
    if not isinstance(node, nodes.Name) or node.name not in _ROOTS or not members:
        return None
    return Chain(node.name, tuple(reversed(members)))


def _is_key(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
