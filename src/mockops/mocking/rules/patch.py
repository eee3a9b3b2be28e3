"""Changing a JSON document: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockops.core.json import Json

MAX_OPERATIONS = 1000
MAX_NODES = 100_000
_MAX_DEPTH = 100


class PatchFailed(ValueError):
    """A JSON Patch cannot be applied; nothing of it is."""


def merge_patch(target: Json, patch: Json, depth: int = 0) -> Json:
    """Return `target` changed as RFC 7396 section 2 says; neither argument is changed."""
    if not isinstance(patch, dict) or depth > _MAX_DEPTH:
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value, depth + 1)
    return merged


def json_patch(target: Json, operations: Json) -> Json:
    """Return `target` changed as RFC 6902 section 4 says; raises PatchFailed, naming the operation that failed."""
    if not isinstance(operations, list) or len(operations) > MAX_OPERATIONS:
        raise PatchFailed(f"a JSON Patch is an array of at most {MAX_OPERATIONS} operations")
    document = deepcopy(target)
    budget = MAX_NODES
    for number, operation in enumerate(operations):
        try:
            document, copied = _apply(document, operation)
        except PatchFailed as error:
            raise PatchFailed(f"operation {number} {error}") from None
        budget -= copied
        if budget < 0:
            raise PatchFailed(f"operation {number} makes the document too large")
    return document


def _apply(document: Json, operation: Json) -> tuple[Json, int]:
    """Apply one operation; also return how many nodes it copied."""
    if not isinstance(operation, dict):
        raise PatchFailed("is not an object")
    kind, path = operation.get("op"), _tokens(operation.get("path"))
    if kind in {"add", "replace", "test"} and "value" not in operation:
        raise PatchFailed("has no `value`")
    match kind:
        case "add":
            return _add(document, path, deepcopy(operation["value"])), 0
        case "replace":
            return _add(_remove(document, path)[0], path, deepcopy(operation["value"])), 0
        case "remove":
            return _remove(document, path)[0], 0
        case "test":
            return _tested(document, path, operation["value"]), 0
        case "move":
            return _moved(document, _tokens(operation.get("from")), path), 0
        case "copy":
            value = deepcopy(_get(document, _tokens(operation.get("from"))))
            return _add(document, path, value), _nodes(value)
        case _:
            raise PatchFailed(f"has an unknown `op` {kind!r:.40}")


def _tested(document: Json, path: list[str], expected: Json) -> Json:
    if not _same(_get(document, path), expected):
        raise PatchFailed(f"test failed at `/{'/'.join(path)[:80]}`")
    return document


def _moved(document: Json, source: list[str], path: list[str]) -> Json:
    if path[: len(source)] == source and path != source:
        raise PatchFailed("moves a value into itself")
    document, value = _remove(document, source)
    return _add(document, path, value)


def _tokens(path: Json) -> list[str]:
    if not isinstance(path, str) or (path and not path.startswith("/")):
        raise PatchFailed(f"has a path that is no JSON Pointer: {path!r:.60}")
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]


def _index(step: str, end: int) -> int:
    """Return an array index, at most `end`."""
    if not (step.isascii() and step.isdecimal()) or (step[0] == "0" and len(step) > 1) or int(step[:9]) > end:
        raise PatchFailed(f"has no array index `{step[:40]}`")
    return int(step)


def _get(document: Json, path: list[str]) -> Json:
    here = document
    for token in path:
        if isinstance(here, dict) and token in here:
            here = here[token]
        elif isinstance(here, list):
            here = here[_index(token, len(here) - 1)]
        else:
            raise PatchFailed(f"finds nothing at `/{'/'.join(path)[:80]}`")
    return here


def _add(document: Json, path: list[str], value: Json) -> Json:
    if not path:
        return value
    holder = _get(document, path[:-1])
    if isinstance(holder, dict):
        holder[path[-1]] = value
    elif isinstance(holder, list):
        holder.insert(len(holder) if path[-1] == "-" else _index(path[-1], len(holder)), value)
    else:
        raise PatchFailed(f"cannot add below a scalar at `/{'/'.join(path)[:80]}`")
    return document


def _remove(document: Json, path: list[str]) -> tuple[Json, Json]:
    if not path:
        return None, document
    value = _get(document, path)
    holder = _get(document, path[:-1])
    if isinstance(holder, dict):
        del holder[path[-1]]
    else:
        del holder[int(path[-1])]
    return document, value


def _same(one: Json, other: Json) -> bool:
    """Compare as RFC 6902 section 4.6 says: numbers by value, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _nodes(value: Json) -> int:
    count, stack = 0, [value]
    while stack:
        here = stack.pop()
        count += 1
        if isinstance(here, dict):
            stack += here.values()
        elif isinstance(here, list):
            stack += here
    return count
