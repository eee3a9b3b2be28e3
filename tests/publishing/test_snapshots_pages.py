"""Pages for gateways: cut where they get large, settings laid over one another, personas by their digest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from mockops.core.json import JsonObject
from mockops.infra.db.database import Database
from mockops.mocking.model import Persona
from mockops.publishing.model import SnapshotPage
from mockops.publishing.service import snapshots
from mockops.publishing.service.rows import Assembler, laid_over
from mockops.publishing.service.snapshots import Scope, find_blobs, make_page
from mockops.workspaces.store import tables

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ALL = Scope(org_id=None, home="acme")
OURS = Scope(org_id="o1", home="acme")


def fill(database: Database, count: int, description: str = "") -> None:
    """Make workspaces of one organization, each with a config of nothing but settings."""
    from mockops.mocking.rules.manifests import manifest_content
    from mockops.workspaces.service.blobs import save_blob
    from mockops.workspaces.service.versions import pin, record_version

    common: dict[str, Any] = {"version": 1, "created_at": NOON, "updated_at": NOON}
    with database.write() as tx:
        tx.run(insert(tables.organizations).values(id="o1", name="acme", title="", environments=[], **common))
        for number in range(count):
            ids = {"id": f"w{number}", "org_id": "o1", "name": f"w{number}"}
            tx.run(
                insert(tables.workspaces).values(
                    **ids, title="", description=description, settings={"seed": 1}, labels={}, **common
                )
            )
            for position, name in enumerate(("dev", "test")):
                tx.run(
                    insert(tables.environments).values(
                        id=f"{name}{number}",
                        workspace_id=ids["id"],
                        name=name,
                        position=position,
                        settings={"cors": {"max_age_s": 7}},
                        **common,
                    )
                )
            digest = save_blob(tx, manifest_content({"seed": number, "cors": {"enabled": False}}, []))
            version = record_version(
                tx, org_id="o1", workspace_id=ids["id"], entity_type="config", entity_key="", hash=digest
            )
            pin(tx, f"dev{number}", version)


def page(database: Database, cursor: int, scope: Scope = ALL) -> SnapshotPage:
    with database.read() as tx:
        return msgspec.json.decode(make_page(tx, Assembler(), scope, cursor).content, type=SnapshotPage)


def test_settings_of_the_pinned_config_lie_below_the_environments(database: Database) -> None:
    fill(database, 2)
    rows = page(database, 0).changed
    assert [(row.name, row.environment, row.is_default) for row in rows] == [("w0", "dev", True), ("w1", "dev", True)]
    settings = rows[1].settings
    assert (settings.seed, settings.cors.enabled, settings.cors.max_age_s) == (1, False, 7)


def test_a_page_ends_before_it_gets_too_large(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(database, 5)
    one = len(msgspec.json.encode(page(database, 0).changed[0]))
    for most, wanted in ((one * 2 + 10, [2, 2, 1]), (1, [1, 1, 1, 1, 1])):
        monkeypatch.setattr(snapshots, "MAX_PAGE_BYTES", most)
        sizes, found, cursor, more = [], [], 0, True
        while more:
            got = page(database, cursor)
            sizes.append(len(got.changed))
            found += [row.name for row in got.changed]
            cursor, more = got.cursor, got.more
        assert (sizes, found) == (wanted, [f"w{number}" for number in range(5)])


def test_personas_are_had_by_their_digest_from_any_control(database: Database) -> None:
    from mockops.mocking.rules.manifests import item_content
    from mockops.workspaces.service.blobs import save_blob
    from mockops.workspaces.service.versions import pin_persona, record_version

    fill(database, 1)
    with database.write() as tx:
        digest = save_blob(tx, item_content({"name": "vip", "seed": 7}, {}))
        version = record_version(tx, org_id="o1", workspace_id="", entity_type="persona", entity_key="vip", hash=digest)
        pin_persona(tx, "o1", "dev", version)
    wanted = page(database, 0).changed[0].personas
    with database.read() as tx:
        found = list(find_blobs(tx, Assembler(), OURS, [wanted, wanted, "0" * 64]))
        foreign = list(find_blobs(tx, Assembler(), Scope(org_id="o2", home="x"), [wanted, digest]))
    assert [blob.digest for blob in found] == [wanted, "0" * 64]
    personas = msgspec.json.decode(found[0].content or b"", type=list[Persona])
    assert [(persona.name, persona.seed) for persona in personas] == [("vip", 7)]
    assert [blob.content for blob in (*foreign, found[1])] == [None, None, None]


def test_blobs_end_before_the_answer_gets_too_large(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(database, 0)
    contents = {"a" * 64: b"x" * 10, "b" * 64: b"y" * 10, "c" * 64: b"z"}
    monkeypatch.setattr(snapshots, "MAX_BLOBS_BYTES", 15)
    monkeypatch.setattr(snapshots, "find_artefacts", lambda *_: set(contents))
    monkeypatch.setattr(snapshots, "read_blobs", lambda _, digests: {each: contents[each] for each in digests})
    with database.read() as tx:
        assert [blob.digest[0] for blob in find_blobs(tx, Assembler(), OURS, list(contents))] == ["a"]
        assert [blob.digest[0] for blob in find_blobs(tx, Assembler(), OURS, ["b" * 64, "c" * 64])] == ["b", "c"]


TREES: st.SearchStrategy[JsonObject] = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner | st.integers(0, 3), max_size=3),
    max_leaves=8,
)


@given(TREES, TREES)
def test_what_lies_above_wins_and_what_it_does_not_say_stays(below: JsonObject, above: JsonObject) -> None:
    merged = laid_over(below, above)
    assert laid_over(merged, above) == merged
    assert laid_over(below, {}) == below
    assert merged.keys() == below.keys() | above.keys()
    assert all(merged[key] == below[key] for key in below.keys() - above.keys())
