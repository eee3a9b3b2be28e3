"""Writing stubs, scenarios and personas: each to its file, and files whose meaning stays are left alone."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockops.workspaces.model.layout import BODIES_FOLDER
from mockops.workspaces.rules.digests import digest_of
from mockops.workspaces.rules.file_names import is_safe, stem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockops.core.json import Json, JsonObject
    from mockops.workspaces.model.projects import Item
    from mockops.workspaces.service.folder import Folder

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(slots=True)
class ItemFiles:
    """The files of one kind of items below one folder."""

    folder: Folder
    below: str
    """Where they lie, from the root: `workspaces/pets/stubs`, `personas`."""
    kind: str
    notes: list[str]
    """What could not be done; added to."""
    taken: set[str] = field(default_factory=set)
    """Paths that are in use, in lower case: some file systems do not tell case apart."""

    def write(self, wanted: Sequence[Item], current: Sequence[Item], *, prune: bool) -> None:
        """Make the files say what is wanted.

        Args:
            wanted: What they shall say.
            current: What they say.
            prune: Whether what is not wanted is taken out.

        """
        new = {item.key: item for item in wanted}
        known = {item.key for item in current}
        by_file: dict[str, list[Item]] = {}
        for item in current:
            by_file.setdefault(item.path.partition("#")[0], []).append(item)
        self.taken |= {path.lower() for path in by_file}
        for path, items in by_file.items():
            self._rewrite(path, items, new, prune=prune)
        self._add([item for item in wanted if item.key not in known], is_all=not current)

    def _rewrite(self, path: str, items: Sequence[Item], new: dict[str, Item], *, prune: bool) -> None:
        """Write a file again if an item in it has changed."""
        kept = [item for item in items if item.key in new or not prune]
        if len(kept) == len(items) and all(_is_same(item, new.get(item.key, item)) for item in items):
            return
        if not path.startswith(self.below + "/"):
            names = ", ".join(item.key for item in items if not _is_same(item, new.get(item.key, item)))
            self.notes.append(f"{path} is no file of MockOps and is not rewritten; on the server differ: {names}")
            return
        if not kept:
            self.folder.remove(path)
            return
        outcome = [(item.path, new.get(item.key, item)) for item in kept]
        self._write_file(path, outcome)

    def _add(self, items: Sequence[Item], *, is_all: bool) -> None:
        """Write items that no file has yet."""
        by_file: dict[str, list[tuple[str, Item]]] = {}
        is_numbered = is_all and _needs_numbers(items)
        for at, item in enumerate(items):
            path, _, where = item.path.partition("#")
            if not self._is_free(path) or (path in by_file and not where):
                path, where = self._path_for(item, f"{at:04d}-" if is_numbered else "", by_file), ""
            by_file.setdefault(path, []).append((f"{path}#{where}" if where else path, item))
        for path, found in by_file.items():
            self.taken.add(path.lower())
            self._write_file(path, found)

    def _is_free(self, path: str) -> bool:
        """Say whether an item may be written where it says that it was."""
        return (
            is_safe(path)
            and path.startswith(self.below + "/")
            and path.endswith(_SUFFIXES)
            and f"/{BODIES_FOLDER}/" not in path
            and path.lower() not in self.taken
            and not self.folder.place(path).exists()
        )

    def _path_for(self, item: Item, number: str, used: Iterable[str]) -> str:
        """Return a path for an item without one; with files it gets a folder for itself."""
        taken = self.taken | {path.lower() for path in used}
        stem = number + stem_of(item.key)
        base = f"{self.below}/{stem}/{stem}" if item.files else f"{self.below}/{stem}"
        path, count = f"{base}.yaml", 2
        while path.lower() in taken or self.folder.place(path).exists():
            path, count = f"{base}-{count}.yaml", count + 1
        return path

    def _write_file(self, path: str, items: Sequence[tuple[str, Item]]) -> None:
        """Write the file of some items, given with the places they had in it."""
        before = [place.partition("#")[2] for place, _ in items]
        ordered = sorted(zip(before, items, strict=True), key=lambda each: _index(each[0]))
        documents: list[JsonObject] = []
        for at, (where, (_, item)) in enumerate(ordered):
            has_moved = item.path.partition("#")[0] != path or (where and _index(where) != at)
            documents.append(self._document(item, is_moved=bool(has_moved)))
            self._write_bodies(path, item)
        self.folder.write_document(path, _together(documents, ordered[0][0]), self.kind)

    def _document(self, item: Item, *, is_moved: bool) -> JsonObject:
        """Return what the file says; a stub without an id would get another where it did not lie before."""
        if self.kind != "stub" or "id" in item.document or not is_moved:
            return item.document
        return {"id": item.key, **item.document}

    def _write_bodies(self, path: str, item: Item) -> None:
        """Write the files beside an item."""
        home = path.rpartition("/")[0]
        for name, content in item.files.items():
            if not is_safe(name):
                self.notes.append(f"{path}: the file {name!r} is not written, as its name is no plain relative path")
                continue
            self.folder.write(self._body_path(home, name), b64decode(content))

    def _body_path(self, home: str, name: str) -> str:
        """Return where a body is read from: beside the item, else in the nearest `__files`.

        A body that looks like a stub would be read as one beside it.
        """
        beside = f"{home}/{name}"
        if self.folder.place(beside).is_file():
            return beside
        above = home
        while above:
            bodies = f"{above}/{BODIES_FOLDER}"
            if self.folder.place(bodies).is_dir() if is_safe(bodies) else False:
                return f"{bodies}/{name}"
            above = above.rpartition("/")[0] if above.count("/") > 1 else ""
        return f"{home}/{BODIES_FOLDER}/{name}" if name.endswith(_SUFFIXES) else beside


def _is_same(one: Item, other: Item) -> bool:
    return digest_of(one.document, one.files) == digest_of(other.document, other.files)


def _needs_numbers(items: Sequence[Item]) -> bool:
    """Say whether files named by key would come in another order than the items."""
    if any(item.path for item in items):
        return False
    names = [stem_of(item.key) + ("" if item.files else ".yaml") for item in items]
    return names != sorted(names)


def _index(where: str) -> int:
    """Return the index that a pointer ends with; 0 for a whole file."""
    last = where.rpartition("/")[2]
    return int(last) if last.isdecimal() and len(last) < 10 else 0


def _together(documents: Sequence[JsonObject], where: str) -> Json:
    """Return a file of one or several stubs in the form that it had."""
    if where.startswith("/stubs/"):
        return {"stubs": list(documents)}
    return list(documents) if where or len(documents) > 1 else documents[0]
