"""YAML through its node graph: aliases shared and bounded, duplicate keys seen, every node with its place."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from yaml import MappingNode, Node, ScalarNode, SequenceNode, YAMLError
from yaml._yaml import CParser
from yaml.events import CollectionEndEvent, CollectionStartEvent

from mockops.core.diagnostics import pointer
from mockops.core.documents.document import MAX_WARNINGS, DocumentInvalid, refusal, warning
from mockops.core.documents.yaml_scan import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json

MAX_NODES = 2_000_000
"""How many values a document may have once its aliases are written out."""

_PLAIN = "plain"
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, bool | None] = {"null": None, "Null": None, "NULL": None, "~": None, "": None}
_CONSTANTS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}


class _Parser(CParser):
    """libyaml's composer, told to leave the meaning of plain scalars to us."""

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
        """Return the tag of a node that has none."""
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else "tag:yaml.org,2002:str"
        return "tag:yaml.org,2002:seq" if kind is SequenceNode else "tag:yaml.org,2002:map"

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Do nothing: tags do not depend on the path."""

    def ascend_resolver(self) -> None:
        """Do nothing: tags do not depend on the path."""


def refuse_depth(text: str, source: str) -> None:
    """Raise DocumentInvalid if a document nests too deeply; looks at events, so it cannot overflow itself."""
    depth = 0
    parser = _Parser(text)
    try:
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise refusal(
                        f"the document nests deeper than {MAX_DEPTH} levels",
                        source,
                        line=event.start_mark.line + 1 if event.start_mark else None,
                        column=event.start_mark.column + 1 if event.start_mark else None,
                        hint="no real document nests this deeply; is it the right file?",
                    )
            elif isinstance(event, CollectionEndEvent):
                depth -= 1
    except YAMLError as error:
        raise _syntax_error(error, source) from error


def read(text: str, source: str) -> tuple[Json, list[Diagnostic]]:
    """Read a document of any kind; returns its data and warnings, raises DocumentInvalid."""
    root = compose(text, source)
    if root is None:
        return None, []
    _refuse_bombs(root, source)
    builder = _Builder(source)
    data = builder.build(root, ())
    return data, builder.warnings


def duplicates(text: str, source: str) -> list[Diagnostic]:
    """Return a warning for each key that a mapping has twice."""
    return read(text, source)[1]


def compose(text: str, source: str) -> Node | None:
    """Return the root of the node graph, None for an empty document; raises DocumentInvalid."""
    parser = _Parser(text)
    try:
        root: Node | None = parser.get_single_node()
    except YAMLError as error:
        raise _syntax_error(error, source) from error
    except RecursionError as error:
        raise refusal("the document nests too deeply to be read", source) from error
    finally:
        parser.dispose()
    return root


def _syntax_error(error: YAMLError, source: str) -> DocumentInvalid:
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context", None)
    context_mark = getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or error).partition("\n")[0]
    if problem.startswith("but found another document"):
        return refusal(
            "the file holds several YAML documents, separated by `---`; one is expected",
            source,
            line=mark.line + 1 if mark else None,
            column=1,
            hint="split it into one file a document",
        )
    where = f" (begun on line {context_mark.line + 1})" if context and context_mark else ""
    message = f"not valid YAML: {f'{context}{where}, ' if context else ''}{problem}"
    return refusal(
        message,
        source,
        line=mark.line + 1 if mark else None,
        column=mark.column + 1 if mark else None,
        hint="check the indentation and quote text that contains `: `, `#` or brackets",
    )


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value


def _refuse_bombs(root: Node, source: str) -> None:
    """Raise DocumentInvalid for aliases that contain themselves or would expand beyond MAX_NODES."""
    sizes: dict[int, int] = {}

    def measure(node: Node) -> int:
        size = sizes.get(id(node))
        if size == 0:
            raise _alias_error("the anchor on this line contains an alias to itself", node, source)
        if size is None:
            sizes[id(node)] = 0
            size = 1 + sum(map(measure, _children(node)))
            sizes[id(node)] = size
            if size > MAX_NODES:
                raise _alias_error(
                    f"with its aliases written out, what is anchored here has {size:,} values; "
                    f"at most {MAX_NODES:,} are read",
                    node,
                    source,
                )
        return size

    measure(root)


def _alias_error(message: str, node: Node, source: str) -> DocumentInvalid:
    return refusal(
        message,
        source,
        line=node.start_mark.line + 1,
        column=node.start_mark.column + 1,
        hint="write the repeated part once and refer to it with $ref",
    )


def key_text(node: Node) -> str:
    """Return a mapping key as text, spelled as in the document."""
    return str(node.value) if isinstance(node, ScalarNode) else "[…]"


class _Builder:
    """Turns nodes into data once each: what aliases share stays shared."""

    def __init__(self, source: str) -> None:
        self.warnings: list[Diagnostic] = []
        self._source = source
        self._built: dict[int, Json] = {}
        self._counts: Counter[str] = Counter()

    def build(self, node: Node, path: tuple[str | int, ...]) -> Json:
        if id(node) not in self._built:
            if isinstance(node, MappingNode):
                self._built[id(node)] = self._mapping(node, path)
            elif isinstance(node, SequenceNode):
                self._built[id(node)] = [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
            elif isinstance(node, ScalarNode):
                self._built[id(node)] = self._scalar(node, path)
        return self._built[id(node)]

    def _mapping(self, node: MappingNode, path: tuple[str | int, ...]) -> Json:
        merged: dict[str, Json] = {}
        own: dict[str, Json] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.value == "<<" and key_node.tag == _PLAIN:
                merged = {**self._merge(value_node, path), **merged}
                continue
            key = self._key(key_node, path)
            if key in own:
                self._warn(
                    "document.duplicate_key",
                    f"key {key!r} was already given on line {lines[key]}; the last one counts",
                    key_node,
                    (*path, key),
                    "remove or rename one of them",
                )
            lines.setdefault(key, key_node.start_mark.line + 1)
            own[key] = self.build(value_node, (*path, key))
        return {**merged, **own} if merged else own

    def _merge(self, node: Node, path: tuple[str | int, ...]) -> dict[str, Json]:
        """Return what a merge key (`<<`, YAML 1.1) brings in; of several mappings the first wins."""
        sources = [*reversed(node.value)] if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Json] = {}
        for source in sources:
            value = self.build(source, path)
            if isinstance(value, dict):
                merged |= value
        return merged

    def _key(self, node: Node, path: tuple[str | int, ...]) -> str:
        if not isinstance(node, ScalarNode):
            raise refusal(
                "a key is a list or a mapping; JSON knows only text",
                self._source,
                line=node.start_mark.line + 1,
                column=node.start_mark.column + 1,
                hint="quote the key",
            )
        return key_text(node)

    def _scalar(self, node: ScalarNode, path: tuple[str | int, ...]) -> Json:
        text: str = node.value
        tag = node.tag
        if tag not in (_PLAIN, *_CORE_TAGS):
            self._warn("document.unknown_tag", f"tag {tag} is ignored", node, path, "remove the tag")
            return text
        if tag == "tag:yaml.org,2002:str":
            return text
        value = _resolved(text)
        if isinstance(value, float) and not math.isfinite(value):
            self._warn(
                "document.not_a_number",
                f"{text[:40]} is not a number that JSON can carry; read as null",
                node,
                path,
                "write a finite number, or null",
            )
            return None
        return value

    def _warn(self, code: str, message: str, node: Node, path: tuple[str | int, ...], hint: str) -> None:
        self._counts[code] += 1
        if self._counts[code] > MAX_WARNINGS:
            return
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self.warnings.append(
            warning(code, message, self._source, pointer=pointer(*path), line=line, column=column, hint=hint)
        )


def _resolved(text: str) -> Json:
    """Return what a plain scalar means in YAML 1.2's core schema (section 10.3.2)."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text):
        if len(text) > 1000:
            return math.inf
        return int(text, 8) if text[:2] == "0o" else int(text, 16) if text[:2] == "0x" else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return math.inf
    return text


class YamlPositions:
    """Finds values in a YAML text by composing its node graph once."""

    def __init__(self, text: str) -> None:
        try:
            self._root = compose(text, "")
        except DocumentInvalid:
            # the fast parser accepts a little more than libyaml; such a document just has no positions
            self._root = None

    def find(self, tokens: Sequence[str]) -> tuple[int, int] | None:
        """Return line and column (1-based) of the value that reference tokens lead to, or None."""
        place = value = self._root
        for token in tokens:
            place, value = self._step(value, token)
        return None if place is None else (place.start_mark.line + 1, place.start_mark.column + 1)

    def _step(self, node: Node | None, token: str) -> tuple[Node | None, Node | None]:
        """Return the node to point at, and the value, of a child."""
        if isinstance(node, SequenceNode):
            item = node.value[int(token)] if token.isdecimal() and int(token) < len(node.value) else None
            return item, item
        if not isinstance(node, MappingNode):
            return None, None
        for key, value in reversed(node.value):
            if key_text(key) == token:
                return key, value
        for key, value in node.value:
            if key_text(key) == "<<":
                for source in value.value if isinstance(value, SequenceNode) else [value]:
                    found = self._step(source, token)
                    if found[0] is not None:
                        return found
        return None, None
