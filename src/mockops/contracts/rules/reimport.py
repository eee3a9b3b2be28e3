"""Re-importing a contract: what the provider changed and what was edited by hand, in one document."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.model import Bundle, ContractConflict
from mockops.contracts.rules.bundles import check_bundle
from mockops.core.documents import DocumentInvalid, read_document
from mockops.core.documents.write import write_yaml
from mockops.workspaces.rules.merge import MISSING, merge

if TYPE_CHECKING:
    from typing import Literal

    from mockops.core.json import Json
    from mockops.workspaces.rules.merge import MergeConflict, Missing

MAX_CONFLICTS = 1_000
"""Conflicts that are listed, of one re-import."""
_MAX_VALUE_BYTES = 10_000


@dataclass(slots=True, kw_only=True)
class MergedBundle:
    """A bundle made of three."""

    bundle: Bundle
    conflicts: tuple[ContractConflict, ...] = ()
    """At most `MAX_CONFLICTS`."""
    conflict_count: int = 0


@dataclass(slots=True)
class _Merging:
    prefer: Literal["ours", "theirs"]
    files: dict[str, bytes] = field(default_factory=dict)
    conflicts: list[ContractConflict] = field(default_factory=list)


def merge_bundles(
    base: Bundle, ours: Bundle, theirs: Bundle, *, prefer: Literal["ours", "theirs"] = "ours"
) -> MergedBundle:
    """Merge a contract's documents: roots with each other whatever they are called, other files by name.

    A file that only one side changed is taken from it as it is, comments and all; one that both changed is merged as a
    tree and written anew: as JSON if ours is JSON, else as YAML.

    Args:
        base: What was imported last.
        ours: What there is now, with edits made by hand.
        theirs: What is imported.
        prefer: Whose value is taken where both changed the same; every such place is a conflict all the same.

    Returns:
        The merged bundle, whose root is called as theirs.

    Raises:
        BundleInvalid: Together they are no bundle.
        MergeTooDeep: Something nests deeper than can be walked.
        DocumentInvalid: A root that becomes JSON cannot be read.

    """
    merging = _Merging(prefer)
    roots = (base.files[base.root], ours.files[ours.root], theirs.files[theirs.root])
    _merge_file(merging, theirs.root, *roots)
    others = [{name: text for name, text in each.files.items() if name != each.root} for each in (base, ours, theirs)]
    for name in sorted({*others[1], *others[2]} - {theirs.root}):
        _merge_file(merging, name, *(each.get(name) for each in others))
    check_bundle(theirs.root, {name: len(content) for name, content in merging.files.items()})
    return MergedBundle(
        bundle=Bundle(root=theirs.root, files=merging.files),
        conflicts=tuple(merging.conflicts[:MAX_CONFLICTS]),
        conflict_count=len(merging.conflicts),
    )


def _merge_file(merging: _Merging, name: str, base: bytes | None, ours: bytes | None, theirs: bytes | None) -> None:
    """Put a file into the merged bundle, unless the side that changed it removed it."""
    if base == ours or ours == theirs:
        merged = theirs
    elif base == theirs:
        merged = ours
    else:
        merged = _merge_texts(merging, name, base, ours, theirs)
    if merged is not None:
        merging.files[name] = merged if _fits(name, merged) else write_document(_tree(merged), name, is_json=True)


def _merge_texts(
    merging: _Merging, name: str, base: bytes | None, ours: bytes | None, theirs: bytes | None
) -> bytes | None:
    preferred = ours if merging.prefer == "ours" else theirs
    if ours is None or theirs is None:
        merging.conflicts.append(_of_file(name, base, ours, theirs))
        return preferred
    try:
        trees = [MISSING if text is None else _tree(text) for text in (base, ours, theirs)]
    except DocumentInvalid:
        merging.conflicts.append(_of_file(name, base, ours, theirs))
        return preferred
    return _merge_trees(merging, name, trees, ours, theirs)


def _merge_trees(merging: _Merging, name: str, trees: list[Json | Missing], ours: bytes, theirs: bytes) -> bytes:
    if merging.prefer == "ours":
        merged = merge(*trees)
        conflicts = [_conflict(name, each, each.ours, each.theirs) for each in merged.conflicts]
    else:
        merged = merge(trees[0], trees[2], trees[1])
        conflicts = [_conflict(name, each, each.theirs, each.ours) for each in merged.conflicts]
    merging.conflicts += conflicts
    # a text that already says it is kept, with its comments
    for tree, text in ((trees[1], ours), (trees[2], theirs)):
        if merged.value == tree and _canonical(merged.value) == _canonical(tree):
            return text
    is_json = name.lower().endswith(".json") or _is_json(ours)
    return write_document(merged.value, name, is_json=is_json)


def _tree(text: bytes) -> Json:
    """Return what a document says, of whatever format: a root may be called as its former format."""
    return read_document(text, "document").data


def _is_json(text: bytes) -> bool:
    return text.lstrip()[:1] in (b"{", b"[")


def _fits(name: str, text: bytes) -> bool:
    """Say whether a file of this name is read as what it is."""
    return _is_json(text) or not name.lower().endswith(".json")


def write_document(tree: Json, name: str, *, is_json: bool) -> bytes:
    """Return a JSON tree as a document that reads back as the same: JSON, or YAML if that can say it."""
    if not is_json:
        text = write_yaml(tree).encode()
        try:
            if _canonical(read_document(text, name).data) == _canonical(tree):
                return text
        except DocumentInvalid:
            # YAML's readers refuse some texts that JSON can carry, and JSON is YAML
            pass
    return (json.dumps(tree, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def _canonical(tree: Json) -> bytes:
    return msgspec.json.encode(tree, order="sorted")


def _conflict(name: str, found: MergeConflict, ours: Json | Missing, theirs: Json | Missing) -> ContractConflict:
    values = {
        side: value
        for side, value in (("base", found.base), ("ours", ours), ("theirs", theirs))
        if value is not MISSING
    }
    shown = {side: value for side, value in values.items() if len(msgspec.json.encode(value)) <= _MAX_VALUE_BYTES}
    return ContractConflict(source=name, pointer=found.pointer, left_out=tuple(sorted({*values} - {*shown})), **shown)


def _of_file(name: str, base: bytes | None, ours: bytes | None, theirs: bytes | None) -> ContractConflict:
    sides = {"base": base, "ours": ours, "theirs": theirs}
    return ContractConflict(source=name, left_out=tuple(side for side, text in sides.items() if text is not None))
