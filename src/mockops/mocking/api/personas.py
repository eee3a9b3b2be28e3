"""Personas of an organization."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote

from mockops.infra.web.bodies import DEFAULT, Cursor, Limit, Listed
from mockops.infra.web.bulk import BulkShown
from mockops.infra.web.router import Created, Read, Router, Write
from mockops.mocking.api.shapes import (
    ItemBody,
    ItemBulk,
    Key,
    PatchBody,
    PersonaShown,
    Text,
    as_write,
    common,
    show_problems,
)
from mockops.mocking.api.stubs import run_changes
from mockops.mocking.model import StubInvalid
from mockops.mocking.model.saved import ItemChanged, ItemExists, ItemUnknown, SavedItem
from mockops.mocking.service.parsed import problems_of
from mockops.mocking.service.personas import begin_persona_changes, list_personas, save_persona_changes
from mockops.mocking.service.stubs import read_item

router = Router("mocking", tag="personas")


def _show(item: SavedItem) -> PersonaShown:
    return PersonaShown.model_construct(
        **common(item), name=item.key, problems=show_problems(problems_of("persona", item, {}))
    )


@router.reads("GET", "/personas")
def list_organization_personas(
    work: Read, q: Text = "", limit: Limit = DEFAULT, cursor: Cursor = None
) -> Listed[PersonaShown]:
    """List personas by name; `q` stands anywhere in it."""
    page = list_personas(work.tx, text=q, cursor=cursor, limit=limit)
    return Listed[PersonaShown].of(page, lambda item: _show(cast("SavedItem", item)))


@router.writes("POST", "/personas", errors=(ItemExists, StubInvalid))
def create_persona(work: Write, body: ItemBody) -> Created[PersonaShown]:
    """Create a persona, live in the first environment of every workspace; its key is the document's `name`."""
    changes = begin_persona_changes(work.tx)
    item = changes.create(as_write(body))
    save_persona_changes(work.tx, changes)
    return Created(_show(item), f"/personas/{quote(item.key, safe='')}")


@router.writes("POST", "/personas/bulk")
def change_personas(work: Write, body: ItemBulk) -> BulkShown:
    """Create, update and delete up to 1,000 personas."""
    changes = begin_persona_changes(work.tx)
    shown = run_changes(work, changes, body, "persona")
    save_persona_changes(work.tx, changes)
    return shown


@router.reads("GET", "/personas/{name:path}", errors=(ItemUnknown,))
def get_persona(work: Read, name: Key) -> PersonaShown:
    """Read a persona."""
    return _show(read_item(work.tx, "persona", work.caller.org_id, name))


@router.writes("PUT", "/personas/{name:path}", errors=(ItemUnknown, ItemChanged, StubInvalid))
def replace_persona(work: Write, name: Key, body: ItemBody) -> PersonaShown:
    """Replace a persona; `If-Match` carries the version you read."""
    changes = begin_persona_changes(work.tx)
    item = changes.replace(as_write(body, name), version=work.if_match())
    save_persona_changes(work.tx, changes)
    return _show(item)


@router.writes("PATCH", "/personas/{name:path}", errors=(ItemUnknown, ItemChanged, StubInvalid))
def patch_persona(work: Write, name: Key, body: PatchBody) -> PersonaShown:
    """Change parts of a persona (JSON Merge Patch, RFC 7396); `If-Match` carries the version you read."""
    changes = begin_persona_changes(work.tx)
    item = changes.patch(name, document=body.document, files=body.files, version=work.if_match())
    save_persona_changes(work.tx, changes)
    return _show(item)


@router.writes("DELETE", "/personas/{name:path}", errors=(ItemUnknown, ItemChanged))
def delete_persona(work: Write, name: Key) -> None:
    """Delete a persona; it is not live in first environments any more, later ones change by promotion alone."""
    changes = begin_persona_changes(work.tx)
    changes.delete(name, version=work.if_match())
    save_persona_changes(work.tx, changes)
