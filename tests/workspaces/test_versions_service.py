"""Contents, versions and pins, on both databases."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from mockops.core.actor import Caller, NotAllowed, Role
from mockops.infra.db import tables
from mockops.workspaces.model.environments import EnvironmentUnknown
from mockops.workspaces.model.versions import (
    BlobUnknown,
    EntityType,
    LabelInvalid,
    LabelTaken,
    PinUnknown,
    PromotionRequired,
    Version,
    VersionStatus,
    VersionUnknown,
)
from mockops.workspaces.service import blobs, environments, pins, versions, workspaces
from mockops.workspaces.store.tables import blobs as blobs_table

if TYPE_CHECKING:
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import Tx
    from mockops.workspaces.model.environments import Workspace


@pytest.fixture
def payments(database: Database, admin: Caller) -> Workspace:
    with database.write(admin) as tx:
        return workspaces.create_workspace(tx, name="payments")


def record(tx: Tx, workspace: Workspace, content: str, *, label: str | None = None, kind: str = "scenario") -> Version:
    return versions.record_version(
        tx,
        org_id=workspace.org_id,
        workspace_id="" if kind == "persona" else workspace.id,
        entity_type=kind,
        entity_key="" if kind in ("config", "contract") else "outage",
        hash=sha256(content.encode()).hexdigest(),
        label=label,
    )


def test_content_is_kept_once(database: Database) -> None:
    with database.write() as tx:
        digest = blobs.save_blob(tx, b"one")
        assert digest == sha256(b"one").hexdigest()
        assert blobs.save_blobs(tx, [b"two", b"one", b"two", b"\x00\xff"])[1] == digest
        assert blobs.read_blob(tx, digest) == b"one"
        assert tx.scalar(select(func.count()).select_from(blobs_table)) == 3
        assert blobs.find_missing(tx, [digest, "f" * 64]) == ["f" * 64]
        assert list(blobs.read_blobs(tx, [digest, "f" * 64])) == [digest]
        with pytest.raises(BlobUnknown):
            blobs.read_blob(tx, "f" * 64)


def test_the_same_content_is_the_same_version(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        one, two = record(tx, payments, "1"), record(tx, payments, "2")
        assert record(tx, payments, "1") == one
        assert [(each.number, each.label) for each in (one, two)] == [(1, "1.0.0"), (2, "1.0.1")]
        assert one.author == "user:admin"
        listed = versions.list_versions(tx, payments.id, entity_type=EntityType.SCENARIO, entity_key="outage")
        assert {each.id for each in listed.items} == {one.id, two.id}
        assert versions.list_versions(tx, payments.id, entity_type=EntityType.CONTRACT).items == ()
        assert versions.read_version(tx, payments.id, one.id) == one
        with pytest.raises(VersionUnknown):
            versions.read_version(tx, "", one.id)


def test_labels_only_rise(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        one = record(tx, payments, "1", label="2.0.0-rc.1")
        assert record(tx, payments, "2").label == "2.0.0"
        for label in ("2.0.0", "1.9.9", "2.0.0-rc.2", "2.0.0+build"):
            with pytest.raises(LabelTaken):
                record(tx, payments, "3", label=label)
        with pytest.raises(LabelInvalid):
            record(tx, payments, "3", label="3")
        assert record(tx, payments, "1", label="2.0.0-rc.1") == one
        with pytest.raises(LabelTaken, match=r"is version 2\.0\.0-rc\.1 already"):
            record(tx, payments, "1", label="3.0.0")
        assert record(tx, payments, "3", label="10.0.0").label == "10.0.0"
        assert record(tx, payments, "4").label == "10.0.1"


def test_configs_have_no_label_until_somebody_gives_one(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        one, two = record(tx, payments, "1", kind="config"), record(tx, payments, "2", kind="config")
        assert (one.label, two.label) == ("", "")
        assert versions.label_version(tx, two, "1.0.0").label == "1.0.0"
        assert versions.label_version(tx, one, "1.1.0").label == "1.1.0"
        assert record(tx, payments, "3", kind="config").label == ""
        with pytest.raises(LabelTaken):
            record(tx, payments, "3", kind="config", label="1.0.5")


def test_old_configs_without_label_and_pin_are_pruned(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        made = [record(tx, payments, str(number), kind="config") for number in range(10)]
        versions.pin(tx, environments.first_environment(tx, payments.id).id, made[0])
        versions.label_version(tx, made[1], "1.0.0")
        assert versions.prune_configs(tx, payments.org_id, payments.id, keep=3) == 5
        left = versions.list_versions(tx, payments.id).items
        assert sorted(each.number for each in left) == [1, 2, 8, 9, 10]
        assert versions.prune_configs(tx, payments.org_id, payments.id, keep=3) == 0
        assert record(tx, payments, "again", kind="config").number == 11


def test_a_version_is_found_by_id_hash_label_and_number(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        one = record(tx, payments, "1")

        def find(named: str, key: str = "outage") -> Version | None:
            return versions.find_version(
                tx,
                org_id=payments.org_id,
                workspace_id=payments.id,
                entity_type="scenario",
                entity_key=key,
                named=named,
            )

        assert find(one.id) == find(one.hash) == find("1.0.0") == find("1") == one
        assert find(one.id, "other") is find("") is find("2.0.0") is find("2") is find("9" * 40) is None


def test_statuses_are_audited(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        one = record(tx, payments, "1")
        left = versions.set_version_status(tx, one, VersionStatus.DEPRECATED)
        assert versions.read_version(tx, payments.id, one.id) == left
        assert versions.set_version_status(tx, left, VersionStatus.DEPRECATED) is left
    with database.read() as read:
        actions = [row.action for row in read.all(select(tables.audit).order_by(tables.audit.c.number))]
    assert actions.count("version.deprecated") == 1


def test_pinning_tells_gateways_once(database: Database, admin: Caller, payments: Workspace) -> None:
    with database.write(admin) as tx:
        one = record(tx, payments, "1")
        first = environments.first_environment(tx, payments.id)
        assert versions.pin(tx, first.id, one)
    revision = tx.revision
    assert revision > 0
    with database.write(admin) as tx:
        assert not versions.pin(tx, first.id, one)
    assert tx.revision == 0
    with database.write(admin) as tx:
        (pin,) = versions.read_pins(tx, first.id)
        assert (pin.version_id, pin.hash, pin.label) == (one.id, one.hash, one.label)
        assert versions.read_pins_of(tx, [first.id, "none"]) == {first.id: [pin], "none": []}
        assert versions.unpin(tx, first.id, "scenario", "outage")
        assert not versions.unpin(tx, first.id, "scenario", "outage")
    assert tx.revision > revision


def test_versions_move_along_the_environments(
    database: Database, admin: Caller, editor: Caller, payments: Workspace
) -> None:
    with database.write(admin) as tx:
        one, two = record(tx, payments, "1"), record(tx, payments, "2")
        dev, test, prod = environments.list_environments(tx, payments.id)
    kind = EntityType.SCENARIO
    with database.write(editor) as tx:
        assert pins.change_pin(tx, payments, dev, kind, "outage", "1.0.1").version_id == two.id
        with pytest.raises(NotAllowed):
            pins.change_pin(tx, payments, test, kind, "outage", "1.0.1")
        with pytest.raises(VersionUnknown):
            pins.change_pin(tx, payments, dev, kind, "outage", "9.9.9")
    approver = replace(editor, role=Role.APPROVER)
    with database.write(approver) as tx:
        with pytest.raises(PromotionRequired, match=r"'dev' has 1\.0\.1 \(.*not 1\.0\.0") as refused:
            pins.change_pin(tx, payments, test, kind, "outage", one.id)
        assert refused.value.code == "workspace.promotion_required"
        with pytest.raises(PromotionRequired, match="nothing of it is pinned in 'test'"):
            pins.change_pin(tx, payments, prod, kind, "outage", two.hash)
        pins.change_pin(tx, payments, test, kind, "outage", two.hash)
        pins.change_pin(tx, payments, prod, kind, "outage", two.hash)
        pins.change_pin(tx, payments, dev, kind, "outage", one.id)
        assert [versions.find_pin(tx, each.id, kind, "outage").label for each in (dev, test, prod)] == [  # type: ignore[union-attr]
            "1.0.0",
            "1.0.1",
            "1.0.1",
        ]
        pins.remove_pin(tx, payments, prod, kind, "outage")
        with pytest.raises(PinUnknown):
            pins.remove_pin(tx, payments, prod, kind, "outage")
    with database.read() as read:
        found = [row.data for row in read.all(select(tables.events).order_by(tables.events.c.sequence))]
    assert [(each["environment"], each["action"]) for each in found if each.get("what") == "pin"] == [
        ("dev", "created"),
        ("test", "created"),
        ("prod", "created"),
        ("dev", "updated"),
        ("prod", "deleted"),
    ]


def test_personas_are_pinned_by_the_name_of_environments(
    database: Database, admin: Caller, editor: Caller, payments: Workspace
) -> None:
    with database.write(admin) as tx:
        workspaces.create_workspace(tx, name="billing")
        one, two = record(tx, payments, "1", kind="persona"), record(tx, payments, "2", kind="persona")
    before = database.read_position()
    with database.write(editor) as tx:
        assert pins.change_persona_pin(tx, "dev", "outage", "1.0.0").version_id == one.id
        with pytest.raises(NotAllowed):
            pins.change_persona_pin(tx, "test", "outage", "1.0.0")
        with pytest.raises(EnvironmentUnknown, match="dev, test, prod"):
            pins.change_persona_pin(tx, "nowhere", "outage", "1.0.0")
    with database.read() as read:
        touched = [row.environment_id for row in read.all(select(tables.targets)) if row.revision > before]
    assert len(touched) == 2
    with database.write(admin) as tx:
        with pytest.raises(PromotionRequired):
            pins.change_persona_pin(tx, "test", "outage", two.id)
        pins.change_persona_pin(tx, "test", "outage", one.id)
        assert [each.persona for each in versions.read_persona_pins(tx, payments.org_id, "test")] == ["outage"]
        assert pins.list_persona_pins(tx, "prod") == []
        pins.remove_persona_pin(tx, "test", "outage")
        with pytest.raises(PinUnknown):
            pins.remove_persona_pin(tx, "test", "outage")
