"""A plan as people read it: what is created, changed and deleted, with the values; secrets are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET
from rich.text import Text

from mockops.core.redact import MASK, is_telling, mask_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from mockops.core.json import Json, JsonObject
    from mockops.workspaces.model.projects import Action, Change, FieldChange, Plan

_SIGNS: dict[Action, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "merged": ("~", "cyan"),
    "delete": ("-", "red"),
    "kept": ("=", "blue"),
    "conflict": ("!", "bold red"),
    "unmanaged": ("?", "dim"),
}
_NOTES: dict[Action, str] = {
    "kept": "edited on the server, stays; `mockops pull` fetches it",
    "merged": "edited here and on the server",
    "conflict": "edited here and on the server, in the same place",
    "unmanaged": "only on the server; `mockops pull` fetches it, --prune deletes it",
}
_WORDS: dict[Action, str] = {
    "create": "to create",
    "update": "to update",
    "merged": "to merge",
    "delete": "to delete",
    "conflict": "in conflict",
    "kept": "kept as edited on the server",
    "unmanaged": "only on the server",
    "unchanged": "unchanged",
}
_DONE: dict[Action, str] = {
    **_WORDS,
    "create": "created",
    "update": "updated",
    "merged": "merged",
    "delete": "deleted",
}
_MAX_ITEMS = 1_000
_MAX_FIELDS = 30
_MAX_VALUE_CHARS = 120


def show_plan(console: Console, plan: Plan) -> None:
    """Print a plan: item by item, then a summary."""
    created = {each.workspace for each in plan.changes if each.kind == "workspace" and each.action == "create"}
    shown = [change for change in plan.changes if _is_shown(change, created)]
    workspace = None
    for change in shown[:_MAX_ITEMS]:
        home = change.workspace or "personas"
        if home != workspace:
            workspace = home
            _print(console, Text(printable(home), style="bold"))
        for line in _lines(change):
            _print(console, line)
    if len(shown) > _MAX_ITEMS:
        _print(console, Text(f"… and {len(shown) - _MAX_ITEMS:,} more; all are in --output json", style="dim"))
    if shown:
        console.print()
    _print(console, Text(summary(plan), style="bold"))


def summary(plan: Plan, *, is_done: bool = False) -> str:
    """Return how many items something happens, or happened, to, in one line."""
    words = _DONE if is_done else _WORDS
    counts = [f"{plan.counts[action]:,} {words[action]}" for action in words if plan.counts.get(action)]
    return f"{'Applied' if is_done else 'Plan'}: {', '.join(counts) or 'nothing is there'}."


def as_json(plan: Plan) -> JsonObject:
    """Return a plan for machines: what `show_plan` says, whole."""
    changes = [
        {
            "action": change.action,
            "kind": change.kind,
            "workspace": change.workspace,
            "key": change.key,
            "path": change.path,
            "fields": [_masked_members(each) for each in change.fields],
            "conflicts": [_masked_members(each) for each in change.conflicts],
        }
        for change in plan.changes
        if change.action != "unchanged"
    ]
    return {"changes": changes, "counts": plan.counts, "fingerprint": plan.fingerprint}


def printable(text: str) -> str:
    """Return a text whose control characters are spelled out: what a server says cannot steer a terminal."""
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


def masked(value: Json, pointer: str = "") -> Json:
    """Return a value without what is secret in it.

    Args:
        value: Any.
        pointer: Where it stands; members under telling names are masked whole.

    """
    if any(is_telling(token) for token in pointer.split("/")):
        return MASK
    if isinstance(value, dict):
        return {key: MASK if is_telling(str(key)) else masked(member) for key, member in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return mask_values(value)[0] if isinstance(value, str) else value


def _masked_members(each: Any) -> JsonObject:
    members = msgspec.structs.asdict(each)
    return {
        name: value if name == "pointer" else masked(value, each.pointer)
        for name, value in members.items()
        if value is not UNSET
    }


def _is_shown(change: Change, created: set[str]) -> bool:
    """Say whether a change tells something: a new workspace's environments go without saying."""
    if change.action == "unchanged":
        return False
    return change.kind != "environment" or change.action != "create" or change.workspace not in created


def _lines(change: Change) -> Iterator[Text]:
    sign, style = _SIGNS[change.action]
    name = "" if change.kind in ("contract", "workspace") else f" {printable(change.key)}"
    line = Text.assemble((f"  {sign} {change.kind}{name}", style))
    if change.path:
        line.append(f"  {printable(change.path)}", style="dim")
    if change.action in _NOTES:
        line.append(f"  ({_NOTES[change.action]})", style="dim")
    yield line
    for each in change.fields[:_MAX_FIELDS]:
        yield _field(each)
    if len(change.fields) > _MAX_FIELDS:
        yield Text(f"      … and {len(change.fields) - _MAX_FIELDS:,} more values", style="dim")
    for conflict in change.conflicts[:_MAX_FIELDS]:
        yield Text(f"      ! {printable(conflict.pointer) or '(all of it)'}", style="bold red")
        for side, value in (("at last", conflict.base), ("server", conflict.ours), ("files", conflict.theirs)):
            yield Text(f"          {side:8} {_shown(value, conflict.pointer)}")


def _field(each: FieldChange) -> Text:
    where = printable(each.pointer)
    before, after = (_shown(value, each.pointer) for value in (each.before, each.after))
    if each.before is UNSET:
        return Text(f"      + {where}: {after}", style="green")
    if each.after is UNSET:
        return Text(f"      - {where}: {before}", style="red")
    return Text(f"      ~ {where}: {before} → {after}", style="yellow")


def _shown(value: Json, pointer: str) -> str:
    """Return a value in one line, shortened."""
    if value is UNSET:
        return "(not there)"
    if pointer.startswith("/files/") and isinstance(value, str):
        return f"({len(value) * 3 // 4:,} bytes)"
    text = printable(msgspec.json.encode(masked(value, pointer)).decode())
    return text if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}… ({len(text):,} characters)"


def _print(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True, highlight=False)
