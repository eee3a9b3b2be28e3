"""Changes of one workspace's stubs or scenarios, or of an organization's personas: decided one by one, saved together.

Whatever is refused leaves what was decided before as it was, so that each item of a bulk stands for itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.ids import new_id
from mockops.mocking.importers.stubs import stable_id
from mockops.mocking.model import Stub, StubInvalid
from mockops.mocking.model.saved import ItemChanged, ItemExists, ItemUnknown, ItemWrite, Outcome, SavedItem
from mockops.mocking.rules.manifests import reordered
from mockops.mocking.rules.match import resolve_operation
from mockops.mocking.rules.patch import merge_patch
from mockops.mocking.service.parsed import Content, content_of, operation_problems, parse
from mockops.mocking.store import items as store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import Tx
    from mockops.mocking.model.saved import Kind
    from mockops.mocking.service.parsed import Noun

_KEY = re.compile("[^\x00-\x1f\x7f\ud800-\udfff]{1,255}")
KEY_MEMBER: dict[Kind, str] = {"stub": "id", "scenario": "name", "persona": "name"}


class Changes:
    """What is about to change; nothing is written before `save`."""

    def __init__(
        self,
        tx: Tx,
        kind: Kind,
        owner_id: str,
        *,
        operations: Mapping[str, str] | None = None,
        origin: str = "api",
        environment_id: str = "",
    ) -> None:
        """Read what is there.

        Args:
            tx: The transaction that all of it happens in.
            kind: Of the items.
            owner_id: Id of the workspace; of personas: of the organization.
            operations: Operation keys by the names that stubs and scenarios may use.
            origin: What makes the changes; kept with items that it creates.
            environment_id: Of the workspace's first environment, where they go live.

        """
        self.environment_id = environment_id
        self._tx = tx
        self._kind: Kind = kind
        self._owner_id = owner_id
        self._operations = operations or {}
        self._origin = origin
        self._last: int | None = None
        self._before: dict[str, SavedItem | None] = {}
        """Items as they are stored; None: there is none."""
        self._after: dict[str, SavedItem | None] = {}
        """What is to be stored; None: nothing any more."""
        self._contents: dict[str, Content] = {}
        self._moved: dict[str, int] = {}
        self._is_reordered = False

    @property
    def operations(self) -> Mapping[str, str]:
        """Operation keys by the names that stubs and scenarios may use."""
        return self._operations

    def load(self, keys: Iterable[str]) -> None:
        """Read many items at once that are about to be changed."""
        wanted = {key for key in keys if key not in self._before and _KEY.fullmatch(key)}
        found = store.read_items(self._tx, self._kind, self._owner_id, wanted)
        self._before.update({key: found.get(key) for key in wanted})

    def has(self, key: str) -> bool:
        """Say whether there will be an item of the key."""
        return self._find(key) is not None

    def current(self, key: str) -> SavedItem:
        """Return an item as it will be.

        Raises:
            ItemUnknown: There is none.

        """
        found = self._find(key)
        if found is None:
            message = f"There is no {self._kind} {key[:255]!r}."
            raise ItemUnknown(message)
        return found

    def create(self, write: ItemWrite) -> SavedItem:
        """Add an item; an empty key is taken from the document, and given to a stub that has none.

        Raises:
            ItemExists: There is one of the key.
            StubInvalid: It cannot be used; pointers begin with `/document` or `/files`.

        """
        write = self._with_key(write)
        if self.has(write.key):
            there = f"There is a {self._kind} {write.key!r} already"
            message = f"{there}; change it with PUT or PATCH, or give this one another {KEY_MEMBER[self._kind]}."
            raise ItemExists(message)
        return self._put(write, None)

    def replace(self, write: ItemWrite, *, version: int | None = None) -> SavedItem:
        """Overwrite an item; what is the same stays as it is.

        Raises:
            ItemUnknown: There is none of the key.
            ItemChanged: `version` is not its latest.
            StubInvalid: It cannot be used; pointers begin with `/document` or `/files`.

        """
        before = self.current(write.key)
        self.require_latest(self._kind, before, version)
        if "id" in before.document and not {"id", "uuid"} & write.document.keys():
            # whoever leaves the id out means the one that there is: without it, a file would have another one
            write = replace(write, document={"id": before.document["id"], **write.document})
        return self._put(write, before)

    def patch(
        self, key: str, *, document: JsonObject, files: Mapping[str, str | None], version: int | None = None
    ) -> SavedItem:
        """Change parts of an item: both arguments are JSON Merge Patches (RFC 7396).

        Raises:
            ItemUnknown: There is none of the key.
            ItemChanged: `version` is not its latest.
            StubInvalid: It cannot be used; pointers begin with `/document` or `/files`.

        """
        before = self.current(key)
        self.require_latest(self._kind, before, version)
        write = ItemWrite(
            key=key, document=merge_patch(before.document, document), files=merge_patch(before.files, dict(files))
        )
        return self._put(write, before)

    def put(self, write: ItemWrite) -> SavedItem:
        """Add or overwrite an item.

        Raises:
            StubInvalid: It cannot be used; pointers begin with `/document` or `/files`.

        """
        return self._put(write, self._find(write.key))

    def put_all(self, writes: Iterable[ItemWrite]) -> None:
        """Add or overwrite many items.

        Raises:
            StubInvalid: With the problems of all that cannot be; the source of each is the item's path, else its key.

        """
        errors: list[Diagnostic] = []
        for write in writes:
            try:
                self.put(write)
            except StubInvalid as error:
                source = write.path or f"{self._kind} {write.key}"
                errors += [replace(each, source=source) for each in error.diagnostics]
        if errors:
            raise _refusal(errors)

    def delete(self, key: str, *, version: int | None = None) -> SavedItem:
        """Remove an item; return what it was.

        Raises:
            ItemUnknown: There is none of the key.
            ItemChanged: `version` is not its latest.

        """
        before = self.current(key)
        self.require_latest(self._kind, before, version)
        self._after[key] = None
        return before

    def reorder(self, keys: Sequence[str]) -> None:
        """Put items into an order; those that are not named stay where they are among all."""
        if not keys:
            return
        stored = {head.key: head for head in store.list_heads(self._tx, self._kind, self._owner_id)}
        ordinals = {key: head.ordinal for key, head in stored.items()}
        for key, planned in self._after.items():
            ordinals.pop(key, None)
            if planned is not None:
                ordinals[key] = planned.ordinal
        for key, ordinal in reordered(ordinals, keys).items():
            planned = self._after.get(key)
            if planned is None:
                self._moved[stored[key].id] = ordinal
            else:
                self._after[key] = replace(planned, ordinal=ordinal)
                self._is_reordered = self._is_reordered or key in stored

    def check(self, key: str, *, version: int | None = None) -> SavedItem:
        """Return an item that can be used as it is.

        Raises:
            ItemUnknown: There is none of the key.
            ItemChanged: `version` is not its latest.
            StubInvalid: It does not fit the contract.

        """
        item = self.current(key)
        self.require_latest(self._kind, item, version)
        self._parse(key, content_of(item.document, item.files))
        return item

    def save(self) -> tuple[Outcome, list[tuple[SavedItem | None, SavedItem | None]], list[bytes]]:
        """Write what was decided.

        Returns:
            What it was; each change as before and after; and contents that the caller saves as blobs.

        """
        tx, kind = self._tx, self._kind
        pairs = [(self._before.get(key), after) for key, after in self._after.items()]
        pairs = [(before, after) for before, after in pairs if before is not None or after is not None]
        gone = [before.id for before, after in pairs if before is not None and (after is None or after.id != before.id)]
        new = [after for before, after in pairs if after is not None and (before is None or after.id != before.id)]
        same = [after for before, after in pairs if after is not None and before is not None and after.id == before.id]
        store.delete_items(tx, kind, gone)
        store.insert_items(tx, kind, new)
        store.update_items(tx, kind, same)
        store.update_ordinals(tx, kind, self._moved)
        used = {after.digest for _, after in pairs if after is not None}
        contents = [content.encoded for digest, content in self._contents.items() if digest in used]
        changed = [pair for pair in pairs if pair[0] is None or pair[1] is None or pair[0].digest != pair[1].digest]
        outcome = Outcome(
            created=tuple(after.key for before, after in changed if before is None and after is not None),
            updated=tuple(after.key for before, after in changed if before is not None and after is not None),
            deleted=tuple(before.key for before, after in changed if before is not None and after is None),
            is_reordered=self._is_reordered or bool(self._moved),
        )
        return outcome, changed, contents

    def _find(self, key: str) -> SavedItem | None:
        if key in self._after:
            return self._after[key]
        if not _KEY.fullmatch(key):
            return None
        if key not in self._before:
            self._before[key] = store.find_item(self._tx, self._kind, self._owner_id, key)
        return self._before[key]

    @staticmethod
    def require_latest(kind: Kind, item: SavedItem, version: int | None) -> None:
        """Refuse a change to an older version of an item.

        Raises:
            ItemChanged: `version` is not its latest.

        """
        if version is not None and version != item.version:
            message = (
                f"The {kind} {item.key!r} has version {item.version} now, not {version}: "
                "somebody else changed it. Read it again."
            )
            raise ItemChanged(message)

    def _with_key(self, write: ItemWrite) -> ItemWrite:
        member = KEY_MEMBER[self._kind]
        key = write.key or write.document.get(member, "")
        if isinstance(key, str) and key:
            return replace(write, key=key)
        content = content_of(write.document, write.files)
        if self._kind == "stub" and not {"id", "uuid"} & write.document.keys():
            key = stable_id("api", (content.digest,), None)
            return replace(write, key=key, document={"id": key, **write.document})
        noun = self._parse("", content)
        return replace(write, key=noun.id if isinstance(noun, Stub) else noun.name)

    def _put(self, write: ItemWrite, before: SavedItem | None) -> SavedItem:
        self._check_key(write)
        content = content_of(write.document, write.files)
        if before is not None and before.digest == content.digest:
            return self._keep(write, before)
        noun = self._parse(write.key, content)
        item = self._item(write, before, content.digest)
        if isinstance(noun, Stub):
            item = replace(item, **self._addressed(noun))
        self._contents[content.digest] = content
        self._plan(item)
        return item

    def _keep(self, write: ItemWrite, before: SavedItem) -> SavedItem:
        """Note where an item is from that is what it was."""
        item = replace(before, path=write.path or before.path, base_digest=write.base_digest or before.base_digest)
        if item != before:
            self._plan(item)
        return item

    def _plan(self, item: SavedItem) -> None:
        self._after[item.key] = item
        self._before.setdefault(item.key, None)

    def _next_ordinal(self) -> int:
        if self._last is None:
            self._last = store.last_ordinal(self._tx, self._kind, self._owner_id)
        self._last += 1
        return self._last

    def _item(self, write: ItemWrite, before: SavedItem | None, digest: str) -> SavedItem:
        now = self._tx.now
        if before is not None:
            stored = self._before.get(write.key)
            is_stored = stored is not None and stored.id == before.id
            return replace(
                before,
                document=write.document,
                files=dict(write.files),
                digest=digest,
                base_digest=write.base_digest or before.base_digest,
                path=write.path or before.path,
                version=(stored.version if stored is not None and is_stored else before.version) + 1,
                updated_at=now,
            )
        return SavedItem(
            id=new_id(),
            owner_id=self._owner_id,
            key=write.key,
            ordinal=self._next_ordinal(),
            document=write.document,
            files=dict(write.files),
            digest=digest,
            base_digest=write.base_digest,
            origin=self._origin,
            path=write.path,
            version=1,
            created_at=now,
            updated_at=now,
        )

    def _addressed(self, stub: Stub) -> JsonObject:
        """Return what a stub is listed by."""
        operation, method, path = resolve_operation(stub.match, self._operations)
        known = operation or (f"{method} {path}" if f"{method} {path}" in self._operations else "")
        if known:
            method, _, path = known.partition(" ")
        listed = {"name": stub.name, "method": method[:16], "request_path": path, "operation": known}
        # PostgreSQL has no text with NUL in it
        return {name: text.replace("\0", "") for name, text in listed.items()}

    def _parse(self, key: str, content: Content) -> Noun:
        """Read an item.

        Raises:
            StubInvalid: With every problem.

        """
        parsed = parse(self._kind, key, content)
        found = [*parsed.diagnostics, *operation_problems(parsed, self._operations)]
        errors = [each for each in found if each.severity is Severity.ERROR]
        if parsed.noun is None or errors:
            raise _refusal(errors)
        return parsed.noun

    def _check_key(self, write: ItemWrite) -> None:
        member = KEY_MEMBER[self._kind]
        said = write.document.get(member, write.key)
        said = str(said) if isinstance(said, int) and not isinstance(said, bool) else said
        if isinstance(said, str) and not _KEY.fullmatch(write.key):
            raise _refusal([_wrong(member, f"the {member} must have 1 to 255 characters, none of them a control")])
        if isinstance(said, str) and said != write.key:
            hint = f"create another {self._kind} and delete this one, or leave {member} as it is"
            raise _refusal([_wrong(member, f"{said!r} is not the {member} {write.key!r} of what is changed", hint)])


def _wrong(member: str, message: str, hint: str = "") -> Diagnostic:
    where = f"/document/{member}"
    return Diagnostic(code="mocking.key", message=message, source="document", pointer=where, hint=hint)


def _refusal(errors: Sequence[Diagnostic]) -> StubInvalid:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return StubInvalid(f"{errors[0].pointer}: {errors[0].message}{more}", errors)
