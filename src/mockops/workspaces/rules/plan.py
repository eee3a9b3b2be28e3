"""Planning: what would make a server's project as its files are, without losing what was edited on the server.

Each item is compared three ways: with the base (what the files said when they were last applied), the server's ("ours",
edited there since) and the files' ("theirs"). Equal to the files: unchanged. Files as at last: the server's is kept.
Server as at last: updated. Both edited: merged, and where they were edited in one place, a conflict.

What the server does not have (any more) is created; what the files do not have is deleted only on request.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from msgspec.structs import replace

from mockops.workspaces.model.projects import Change, FieldChange, FieldConflict, Plan
from mockops.workspaces.rules.differences import differences
from mockops.workspaces.rules.entries import Entry, entries_of
from mockops.workspaces.rules.merge import MISSING, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockops.core.json import Json
    from mockops.workspaces.model.projects import Action, Preference, ProjectState, WorkspaceState
    from mockops.workspaces.rules.entries import Name
    from mockops.workspaces.rules.merge import MergeConflict, Missing

_DOCUMENT = "/document"


def plan(
    base: Mapping[Name, str],
    ours: ProjectState,
    theirs: ProjectState,
    *,
    read_base: Callable[[str], Entry | None] = lambda _: None,
    prune: bool = False,
    prefer: Preference = "",
) -> Plan:
    """Compare a server's project with its files.

    Args:
        base: By item the digest that the files had when they were last applied (`Change.base_digest`). An item that
            was never applied has none. Hold here only what this project applied: a workspace or persona that the files
            do not have is deleted only if it is in here, so that projects that share an organization leave each other
            alone.
        ours: What the server has; workspaces of other projects may be in it.
        theirs: What the files say.
        read_base: Returns the content that a digest in `base` stands for; None: it is not kept any more, and where
            both sides were edited every difference is a conflict. Asked only for items edited on both sides.
        prune: Whether what the files do not have is deleted.
        prefer: Who wins where both sides were edited in one place.

    """
    server, files = entries_of(ours), entries_of(theirs)
    planner = _Planner(base=base, read_base=read_base, prune=prune, prefer=prefer)
    orders = dict(_new_orders(ours, theirs))
    changes = [
        planner.compare(name, server.get(name), entry, orders.get(name[1]) if name[0] == "workspace" else None)
        for name, entry in files.items()
    ]
    gone = _without_contents({name: entry for name, entry in server.items() if name not in files})
    missing = [change for name, entry in gone if (change := planner.missing(name, entry)) is not None]
    counts: Counter[Action] = Counter(change.action for change in (*changes, *missing))
    listed = [change for change in changes if change.action != "unchanged" or change.base_digest]
    return Plan(
        changes=(*listed, *reversed(missing)),
        counts=dict(counts),
        fingerprint=fingerprint_of(base, server),
    )


def fingerprint_of(base: Mapping[Name, str], server: Mapping[Name, Entry]) -> str:
    """Return the SHA-256 in hex of everything of a server's state that a plan depends on."""
    digest = sha256()
    for name in sorted(server):
        digest.update("\0".join((*name, server[name].digest, base.get(name, ""), "")).encode())
    return digest.hexdigest()


def brief(made: Plan) -> Plan:
    """Return a plan as it is sent to who made the files: without the content that he has already.

    What is kept of the server, or merged with it, he has not: `mockops pull` writes it.
    """
    return replace(
        made,
        changes=tuple(
            change if change.action in ("kept", "merged") else replace(change, document=UNSET, files={})
            for change in made.changes
            if change.action != "unchanged"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    base: Mapping[Name, str]
    read_base: Callable[[str], Entry | None]
    prune: bool
    prefer: Preference

    def compare(self, name: Name, ours: Entry | None, theirs: Entry, order: FieldChange | None = None) -> Change:
        """Return what happens to an item that the files have."""
        if ours is None:
            return _change("create", name, theirs, theirs)
        base = self.base.get(name, "")
        if ours.digest == theirs.digest:
            if order is not None:
                return _change("update", name, theirs, theirs, fields=[order])
            return _change("unchanged", name, ours, theirs if base != theirs.digest else None)
        if theirs.digest == base:
            if order is not None:
                return _change("update", name, ours, None, fields=[order])
            return _change("kept", name, ours, None, fields=_differences(theirs, ours))
        if ours.digest == base:
            return _updated(name, ours, theirs, order)
        return self._both_edited(name, self.read_base(base) if base else None, ours, theirs, order)

    def _both_edited(
        self, name: Name, base: Entry | None, ours: Entry, theirs: Entry, order: FieldChange | None
    ) -> Change:
        if name[0] == "contract":
            return self._contract(name, base, ours, theirs)
        trio = [MISSING if each is None else _content(each) for each in (base, ours, theirs)]
        merged = merge(*trio)
        conflicts = [_as_field(each) for each in merged.conflicts]
        if conflicts and not self.prefer:
            return _change("conflict", name, None, None, conflicts=conflicts, path=theirs.path)
        if conflicts and self.prefer == "files":
            # what stays in a conflict is the first side
            merged = merge(trio[0], trio[2], trio[1])
        return _resolved(name, ours, theirs, _entry(merged.value, theirs.path), conflicts, order)

    def _contract(self, name: Name, base: Entry | None, ours: Entry, theirs: Entry) -> Change:
        """Decide about a contract that both sides changed: its parts make no sense without each other."""
        conflict = FieldConflict(
            pointer="/digest",
            base=base.document["digest"] if base is not None else UNSET,
            ours=ours.document["digest"],
            theirs=theirs.document["digest"],
        )
        if not self.prefer:
            return _change("conflict", name, None, None, conflicts=[conflict], path=theirs.path)
        return _resolved(name, ours, theirs, theirs if self.prefer == "files" else ours, [conflict], None)

    def missing(self, name: Name, ours: Entry) -> Change | None:
        """Return what happens to an item that the files do not have; None: it is none of this project's business."""
        base = self.base.get(name, "")
        if not base and name[0] in ("workspace", "persona"):
            return None
        if not self.prune:
            return _change("unmanaged", name, None, None, path=ours.path)
        if base and ours.digest != base and self.prefer != "files":
            if self.prefer == "server":
                return _change("kept", name, ours, None)
            document = _content(ours)["document"]
            found = self.read_base(base)
            conflict = FieldConflict(pointer="", base=UNSET if found is None else found.document, ours=document)
            return _change("conflict", name, None, None, conflicts=[conflict], path=ours.path)
        return _change("delete", name, None, None, path=ours.path)


def _updated(name: Name, ours: Entry, theirs: Entry, order: FieldChange | None) -> Change:
    fields = [*_differences(ours, theirs), *([order] if order else [])]
    return _change("update", name, theirs, theirs, fields=fields)


def _resolved(
    name: Name,
    ours: Entry,
    theirs: Entry,
    outcome: Entry,
    conflicts: list[FieldConflict],
    order: FieldChange | None,
) -> Change:
    """Return the change that brings two edits together."""
    fields = [*_differences(ours, outcome), *([order] if order else [])]
    # the files say what they say: next time, only what they say anew then counts as their edit
    action: Action = "merged" if fields else "kept"
    return _change(action, name, outcome, theirs, fields=fields, conflicts=conflicts)


def _change(
    action: Action,
    name: Name,
    outcome: Entry | None,
    base: Entry | None,
    *,
    fields: Iterable[FieldChange] = (),
    conflicts: Iterable[FieldConflict] = (),
    path: str = "",
) -> Change:
    """Return a change.

    Args:
        action: What happens.
        name: To what.
        outcome: The item afterwards; None: there is none, or it is not decided.
        base: What the files say, if it is to be the next base.
        fields: What differs.
        conflicts: What both sides edited.
        path: Where it lies, if there is neither outcome nor base to tell.

    """
    kind, workspace, key = name
    found = base or outcome
    return Change(
        action=action,
        kind=kind,
        workspace=workspace,
        key=key,
        fields=tuple(fields),
        conflicts=tuple(conflicts),
        document=outcome.document if outcome is not None else UNSET,
        files=outcome.files if outcome is not None else {},
        digest=outcome.digest if outcome is not None else "",
        base_digest=base.digest if base is not None else "",
        path=found.path if found is not None else path,
    )


def _content(entry: Entry) -> dict[str, Any]:
    return {"document": entry.document, "files": entry.files}


def _entry(content: Json | Missing, path: str) -> Entry:
    assert isinstance(content, dict)  # noqa: S101 (both sides are objects, and so is what they merge to)
    return Entry(document=content.get("document", {}), files=content.get("files", {}), path=path)


def _differences(before: Entry, after: Entry) -> Iterator[FieldChange]:
    yield from differences(before.document, after.document)
    yield from differences(before.files, after.files, ("files",))


def _as_field(conflict: MergeConflict) -> FieldConflict:
    return FieldConflict(
        pointer=conflict.pointer.removeprefix(_DOCUMENT),
        base=UNSET if conflict.base is MISSING else conflict.base,
        ours=UNSET if conflict.ours is MISSING else conflict.ours,
        theirs=UNSET if conflict.theirs is MISSING else conflict.theirs,
    )


def _without_contents(gone: Mapping[Name, Entry]) -> Iterator[tuple[Name, Entry]]:
    """Give what is gone, but not what goes with its workspace."""
    workspaces = {name[1] for name in gone if name[0] == "workspace"}
    for name, entry in gone.items():
        if name[0] in ("workspace", "persona") or name[1] not in workspaces:
            yield name, entry


def _new_orders(ours: ProjectState, theirs: ProjectState) -> Iterator[tuple[str, FieldChange]]:
    """Give workspaces whose stubs come in another order: of two with equal priority the last answers."""
    known = {workspace.name: workspace for workspace in ours.workspaces}
    for workspace in theirs.workspaces:
        if workspace.name not in known:
            continue
        before, after = _keys(known[workspace.name]), _keys(workspace)
        common = set(before) & set(after)
        old, new = ([key for key in keys if key in common] for keys in (before, after))
        if old != new:
            yield workspace.name, FieldChange(pointer="/stubs", before=old, after=new)


def _keys(workspace: WorkspaceState) -> list[str]:
    return [stub.key for stub in workspace.stubs]
