"""From a request's path to the templates that fit it, most specific first.

A trie over path segments: each segment of a request is percent-decoded on its own, so an encoded slash stays inside
its segment, and a literal beats a mixed segment (`{id}.json`) beats a parameter beats what takes several segments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar
from urllib.parse import unquote

import msgspec

from mockops.mocking.model import StubInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

_PARAMETER = re.compile(r"\{([^{}]*)\}")
_MAX_SEGMENTS = 128
_PLAIN = re.compile(r"[^{}%*]+")
REST = "**"
"""The parameter name under which a trailing `/**` hands over what it took."""


class PathInvalid(StubInvalid):
    """A path template cannot be understood."""

    code: ClassVar[str] = "mocking.path_invalid"


class Found(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """A template that fits a path."""

    template: str
    value: T
    params: dict[str, str]
    """Decoded values by parameter name."""


class Mixed(msgspec.Struct, frozen=True):
    """A segment of literals and parameters, such as `{id}.json` or `{owner}:{action}`; no parameter is empty."""

    literals: tuple[str, ...]
    """One more than there are parameters; what stands before, between and after them."""

    @property
    def order(self) -> tuple[int, int, tuple[str, ...]]:
        """Sort key: more literal text first, then fewer parameters."""
        return (-sum(map(len, self.literals)), len(self.literals), self.literals)

    def match(self, segment: str) -> tuple[str, ...] | None:
        """Return the parameters' values, each as short as possible from the left, or None."""
        first, *between, last = self.literals
        if not segment.startswith(first) or not segment.endswith(last):
            return None
        values = []
        start, end = len(first), len(segment) - len(last)
        for literal in between:
            at = segment.find(literal, start + 1, end)
            if at < 0:
                return None
            values.append(segment[start:at])
            start = at + len(literal)
        return (*values, segment[start:end]) if start < end else None


class _Leaf(Generic[T]):
    """The templates that end at one node: same shape, maybe other parameter names, in the order added."""

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: list[tuple[str, tuple[str, ...], dict[str, T]]] = []


class _Node(Generic[T]):
    __slots__ = ("leaf", "literals", "mixed", "param", "rest", "several")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.mixed: list[tuple[Mixed, _Node[T]]] = []
        self.param: _Node[T] | None = None
        self.several: _Node[T] | None = None
        self.leaf: _Leaf[T] | None = None
        self.rest: _Leaf[T] | None = None


class _Parsed(msgspec.Struct, frozen=True):
    """A template taken apart."""

    segments: tuple[str | Mixed | bool | None, ...]
    """Literal, mixed, None for one segment, True for several."""
    names: tuple[str, ...]
    takes_rest: bool

    @property
    def is_literal(self) -> bool:
        return not self.takes_rest and all(type(segment) is str for segment in self.segments)


def parse_template(template: str) -> _Parsed:
    """Take a path template apart.

    `{name}` takes one segment, `{name+}` or `{+name}` (RFC 6570 section 3.2.3) one or more, a trailing `/**` the rest.

    Raises:
        PathInvalid: It does not start with `/`, braces do not pair, or more than one part takes several segments.

    """
    if not template.startswith("/"):
        raise PathInvalid(f"path template {template!r} does not start with '/'")
    raw = template.split("/")[1:]
    if len(raw) <= _MAX_SEGMENTS and _PLAIN.fullmatch(template):
        return _Parsed(tuple(raw), (), False)
    takes_rest = raw[-1] == "**"
    if takes_rest:
        raw.pop()
    if len(raw) > _MAX_SEGMENTS:
        raise PathInvalid(f"path template has {len(raw)} segments; at most {_MAX_SEGMENTS} are allowed")
    names: list[str] = []
    segments = tuple(_parse_segment(template, segment, names) for segment in raw)
    if sum(segment is True for segment in segments) + takes_rest > 1:
        raise PathInvalid(f"path template {template!r} has more than one part that takes several segments")
    return _Parsed(segments, (*names, REST) if takes_rest else tuple(names), takes_rest)


def _parse_segment(template: str, segment: str, names: list[str]) -> str | Mixed | bool | None:
    pieces = _PARAMETER.split(segment)
    literals, parameters = pieces[::2], pieces[1::2]
    if any("{" in literal or "}" in literal for literal in literals):
        raise PathInvalid(f"path template {template!r}: the braces of segment {segment!r} do not pair")
    if not parameters:
        return unquote(segment)
    names.extend(name.strip("+") for name in parameters)
    if len(parameters) > 1 or any(literals):
        return Mixed(tuple(map(unquote, literals)))
    return True if parameters[0].startswith("+") or parameters[0].endswith("+") else None


class Router(Generic[T]):
    """Path templates with a value each (per method, where methods are given)."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._exact: dict[str, _Leaf[T]] = {}
        self._templates: dict[str, dict[str, T]] = {}

    def add(self, template: str, value: T, method: str = "") -> T:
        """Register a value; the first one given for a template and method stays, and is returned.

        Raises:
            PathInvalid: The template cannot be understood.

        """
        values = self._templates.get(template)
        if values is None:
            values = self._templates[template] = self._insert(template, parse_template(template))
        return values.setdefault(method, value)

    def get(self, template: str, method: str = "") -> T | None:
        """Return the value registered for exactly this template, or None."""
        return self._templates.get(template, {}).get(method)

    def _insert(self, template: str, parsed: _Parsed) -> dict[str, T]:
        node = self._root
        for segment in parsed.segments:
            node = _child(node, segment)
        leaf = node.rest if parsed.takes_rest else node.leaf
        if leaf is None:
            leaf = _Leaf()
            if parsed.takes_rest:
                node.rest = leaf
            else:
                node.leaf = leaf
        values: dict[str, T] = {}
        leaf.entries.append((template, parsed.names, values))
        if parsed.is_literal and "%" not in template:
            self._exact[template] = leaf
        return values

    def find(self, path: str, method: str = "") -> Found[T] | None:
        """Return the most specific template that fits `path` (as sent) and has `method`, or None.

        A trailing slash is tolerated, missing or too many, where nothing fits exactly.
        """
        leaf = self._exact.get(path)
        if leaf is not None:
            for template, _, values in leaf.entries:
                if method in values:
                    return Found(template, values[method], {})
        greedy = self._descend(path, method) if "%" not in path else None
        if greedy is not None:
            return greedy
        found: list[Found[T]] = []
        if not self._collect(path, method, found):
            self._collect(_toggle_slash(path), method, found)
        return found[0] if found else None

    def find_all(self, path: str, method: str = "") -> list[Found[T]]:
        """Return every template that fits `path` and has `method`, most specific first."""
        found: list[Found[T]] = []
        self._collect(path, method, found, is_all=True)
        if not found:
            self._collect(_toggle_slash(path), method, found, is_all=True)
        return found

    def methods(self, path: str) -> list[str]:
        """Return the methods that templates fitting `path` have, in the order found; empty: no template fits."""
        seen: dict[str, None] = {}
        for each in (path, _toggle_slash(path)):
            for leaf, _ in self._leaves(each):
                for _, _, values in leaf.entries:
                    seen.update(dict.fromkeys(values))
        return list(seen)

    def _descend(self, path: str, method: str) -> Found[T] | None:
        """Walk down by first preference alone: right wherever it succeeds, and all that most paths need."""
        segments = path.split("/")
        if segments[0] or len(segments) > _MAX_SEGMENTS + 1:
            return None
        node = self._root
        captured = []
        for segment in segments[1:]:
            child = node.literals.get(segment)
            if child is None:
                if node.param is None or node.mixed or not segment:
                    return None
                child = node.param
                captured.append(segment)
            node = child
        if node.leaf is not None:
            for template, names, values in node.leaf.entries:
                if method in values:
                    return Found(template, values[method], dict(zip(names, captured, strict=True)))
        return None

    def _collect(self, path: str, method: str, found: list[Found[T]], *, is_all: bool = False) -> bool:
        for leaf, captured in self._leaves(path):
            for template, names, values in leaf.entries:
                if method in values:
                    found.append(Found(template, values[method], dict(zip(names, captured, strict=True))))
                    if not is_all:
                        return True
        return bool(found)

    def _leaves(self, path: str) -> Iterator[tuple[_Leaf[T], tuple[str, ...]]]:
        segments = path.split("/")
        if segments[0] or len(segments) < 2 or len(segments) > _MAX_SEGMENTS + 1:
            return iter(())
        if "%" in path:
            segments = [unquote(segment) for segment in segments]
        return _walk(self._root, segments, 1, ())


def _walk(
    node: _Node[T], segments: Sequence[str], at: int, captured: tuple[str, ...]
) -> Iterator[tuple[_Leaf[T], tuple[str, ...]]]:
    """Yield the leaves below `node` that fit the segments from `at` on, in order of preference."""
    if at == len(segments):
        if node.leaf is not None:
            yield node.leaf, captured
    else:
        yield from _walk_segment(node, segments, at, captured)
        if node.several is not None:
            for end in range(at + 1, len(segments) + 1):
                taken = "/".join(segments[at:end])
                if taken:
                    yield from _walk(node.several, segments, end, (*captured, taken))
    if node.rest is not None:
        yield node.rest, (*captured, "/".join(segments[at:]))


def _walk_segment(
    node: _Node[T], segments: Sequence[str], at: int, captured: tuple[str, ...]
) -> Iterator[tuple[_Leaf[T], tuple[str, ...]]]:
    segment = segments[at]
    child = node.literals.get(segment)
    if child is not None:
        yield from _walk(child, segments, at + 1, captured)
    for mixed, mixed_child in node.mixed:
        values = mixed.match(segment)
        if values is not None:
            yield from _walk(mixed_child, segments, at + 1, captured + values)
    if node.param is not None and segment:
        yield from _walk(node.param, segments, at + 1, (*captured, segment))


def _child(node: _Node[T], segment: str | Mixed | bool | None) -> _Node[T]:
    """Return the child for a template's segment, made when missing."""
    if isinstance(segment, str):
        return node.literals.setdefault(segment, _Node())
    if isinstance(segment, Mixed):
        for mixed, child in node.mixed:
            if mixed == segment:
                return child
        fresh: _Node[T] = _Node()
        node.mixed.append((segment, fresh))
        node.mixed.sort(key=lambda pair: pair[0].order)
        return fresh
    if segment is None:
        node.param = node.param or _Node()
        return node.param
    node.several = node.several or _Node()
    return node.several


def _toggle_slash(path: str) -> str:
    return path[:-1] if path.endswith("/") else path + "/"
