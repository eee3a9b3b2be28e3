"""What is live: pinned versions, config versions, and what the contract no longer has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mockops.core.actor import NotAllowed, Role
from mockops.core.diagnostics import Severity
from mockops.mocking.model import StubInvalid
from mockops.mocking.model.saved import ItemWrite
from mockops.mocking.service.behaviour import read_behaviour, read_personas
from mockops.mocking.service.configs import cut_config_version, manifest_of
from mockops.mocking.service.personas import save_personas
from mockops.mocking.service.review import review_contract
from mockops.mocking.service.scenarios import save_scenarios
from mockops.mocking.service.stubs import read_saved, save_stubs
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.rules.digests import digest_of
from mockops.workspaces.service.environments import first_environment, list_environments
from mockops.workspaces.service.versions import find_pin, list_versions, pin
from mockops.workspaces.service.workspaces import create_workspace, update_workspace

if TYPE_CHECKING:
    from tests.mocking.conftest import World

    from mockops.infra.db.transactions import Tx
    from mockops.mocking.model.saved import Behaviour


def stub(key: str, match: Any = "GET /pets", **more: Any) -> ItemWrite:
    return ItemWrite(key=key, document={"id": key, "match": match, "respond": 200, **more})


def live(tx: Tx, world: World) -> Behaviour:
    return read_behaviour(tx, world.caller.org_id, first_environment(tx, world.workspace.id))


def configs(tx: Tx, world: World) -> int:
    return len(list_versions(tx, world.workspace.id, entity_type=EntityType.CONFIG, limit=500).items)


def test_many_stubs_are_one_version_and_live_in_their_order(world: World) -> None:
    with world.database.write(world.caller) as tx:
        done = save_stubs(tx, world.workspace, writes=[stub("a"), stub("b"), stub("c")], order=["c", "a", "b"])
        assert (done.created, configs(tx, world)) == (("a", "b", "c"), 1)
        assert [each.id for each in live(tx, world).stubs] == ["c", "a", "b"]
        assert [each.key for each in read_saved(tx, "stub", [world.workspace.id])[world.workspace.id]] == [
            "c",
            "a",
            "b",
        ]
    with world.database.write(world.caller) as tx:
        assert not save_stubs(tx, world.workspace, writes=[stub("a")], deletes=["nobody"]).is_change
        assert configs(tx, world) == 1
        done = save_stubs(tx, world.workspace, writes=[stub("d"), stub("b", priority=1)], deletes=["a"])
        assert (done.created, done.updated, done.deleted) == (("d",), ("b",), ("a",))
        assert [(each.id, each.priority) for each in live(tx, world).stubs] == [("c", 5), ("b", 1), ("d", 5)]
        done = save_stubs(tx, world.workspace, order=["d", "c"])
        assert (done.is_reordered, done.updated) == (True, ())
        assert [each.id for each in live(tx, world).stubs] == ["d", "b", "c"]
        assert configs(tx, world) == 3


def test_bodies_come_from_the_files(world: World) -> None:
    write = ItemWrite(
        key="a",
        document={"id": "a", "match": "GET /pets", "respond": {"file": "x/a.json"}},
        files={"x/a.json": "WzFd"},
        path="workspaces/pets/stubs/a.yaml",
    )
    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[write])
        (found,) = live(tx, world).stubs
        assert (found.respond.text, found.respond.headers["Content-Type"]) == ("[1]", "application/json")


def test_every_problem_of_every_item_is_named_with_its_file(world: World) -> None:
    writes = [
        ItemWrite(key="a", document={"id": "a", "match": "getPetz", "respond": 200}, path="stubs/a.yaml"),
        ItemWrite(key="b", document={"id": "b", "match": "GET /pets", "respond": {"status": "x"}}, path="stubs/b.yaml"),
        stub("fine"),
    ]
    with pytest.raises(StubInvalid) as refused, world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=writes)
    assert [(each.source, each.pointer) for each in refused.value.diagnostics] == [
        ("stubs/a.yaml", "/document/match/operation"),
        ("stubs/b.yaml", "/document/respond/status"),
    ]


def test_a_base_is_kept_without_a_new_version(world: World) -> None:
    document = stub("a").document
    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[stub("a")])
        again = ItemWrite(key="a", document=document, base_digest=digest_of(document, {}), path="stubs/a.yaml")
        assert not save_stubs(tx, world.workspace, writes=[again]).is_change
        (item,) = read_saved(tx, "stub", [world.workspace.id])[world.workspace.id]
        assert (item.base_digest, item.path, item.version) == (item.digest, "stubs/a.yaml", 1)
        assert configs(tx, world) == 1


def test_a_stub_whose_operation_is_gone_stays_but_is_not_served(world: World) -> None:
    from tests.mocking.conftest import pets, set_pets

    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[stub("one", "getPet"), stub("all", "listPets")])
        closed = {"name": "closed", "rules": [{"operation": "getPet", "respond": 503}]}
        save_scenarios(tx, world.workspace, writes=[ItemWrite(key="closed", document=closed)])
        set_pets(tx, world.workspace, pets(listPets="GET /pets"))
    with world.database.read(world.caller) as tx:
        found = live(tx, world)
        assert [each.id for each in found.stubs] == ["all"]
        assert found.scenarios == ()
        assert [each.pointer for each in found.diagnostics] == [
            "/document/match/operation",
            "/document/rules/0/operation",
        ]
        reviewed = review_contract(tx, world.workspace, ())
        assert [each.message.partition(":")[0] for each in reviewed] == [
            "stub 'one'",
            "stub 'all'",
            "scenario 'closed'",
        ]
        assert {each.severity for each in reviewed} == {Severity.WARNING}


def test_settings_and_stubs_are_one_version(world: World) -> None:
    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[stub("a")])
        after = update_workspace(tx, world.workspace, settings={"seed": 7}, on_config=cut_config_version)
        pinned = find_pin(tx, first_environment(tx, after.id).id, EntityType.CONFIG)
        assert pinned is not None
        manifest = manifest_of(tx, pinned.hash)
        assert (manifest.settings, [key for key, *_ in manifest.stubs]) == ({"seed": 7}, ["a"])
        assert manifest_of(tx, "").stubs == ()


def test_later_environments_keep_what_they_have(world: World) -> None:
    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[stub("a")])
        _, test, *_ = list_environments(tx, world.workspace.id)
        pin(tx, test.id, list_versions(tx, world.workspace.id, entity_type=EntityType.CONFIG).items[0])
    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[stub("b")], deletes=["a"])
    with world.database.read(world.caller) as tx:
        assert [each.id for each in live(tx, world).stubs] == ["b"]
        assert [each.id for each in read_behaviour(tx, world.caller.org_id, test).stubs] == ["a"]


def test_old_configs_go_but_not_those_that_are_pinned(world: World) -> None:
    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[stub("first")])
        _, test, *_ = list_environments(tx, world.workspace.id)
        pin(tx, test.id, list_versions(tx, world.workspace.id, entity_type=EntityType.CONFIG).items[0])
        for number in range(75):
            save_stubs(tx, world.workspace, writes=[stub("a", priority=number + 1)])
        assert 50 <= configs(tx, world) <= 65
        assert [each.id for each in read_behaviour(tx, world.caller.org_id, test).stubs] == ["first"]


def test_applied_scenarios_are_published(world: World) -> None:
    document = {"name": "closed", "rules": [{"operation": "listPets", "respond": 503}]}
    with world.database.write(world.caller) as tx:
        done = save_scenarios(tx, world.workspace, writes=[ItemWrite(key="closed", document=document)])
        assert done.created == ("closed",)
        save_scenarios(tx, world.workspace, writes=[ItemWrite(key="closed", document=document)])
        assert [each.name for each in live(tx, world).scenarios] == ["closed"]
    assert len(world.events("scenario.published")) == 1
    with world.database.write(world.caller) as tx:
        save_scenarios(tx, world.workspace, deletes=["closed", "nobody"])
        assert live(tx, world).scenarios == ()


def test_applied_personas_are_live_everywhere_at_once(world: World) -> None:
    with world.database.write(world.caller) as tx:
        create_workspace(tx, name="shops")
    with world.database.write(world.caller) as tx:
        writes = [ItemWrite(key=name, document={"name": name}) for name in ("a", "b")]
        assert save_personas(tx, writes=writes).created == ("a", "b")
    with world.database.write(world.caller) as tx:
        save_personas(tx, deletes=["a"])
        assert [each.name for each in read_personas(tx, world.caller.org_id, "dev")] == ["b"]


def test_viewers_change_nothing(world: World) -> None:
    from dataclasses import replace

    viewer = replace(world.caller, role=Role.VIEWER)
    with world.database.write(viewer) as tx:
        for save in (
            lambda: save_stubs(tx, world.workspace, writes=[stub("a")]),
            lambda: save_scenarios(tx, world.workspace, deletes=["a"]),
            lambda: save_personas(tx, deletes=["a"]),
        ):
            with pytest.raises(NotAllowed):
                save()


def test_integers_of_any_size_and_the_order_of_members_survive(world: World) -> None:
    body = {"z": 2**80, "a": {"y": 1, "b": [None, True, 1.5, "ü"]}}
    document = {"id": "big", "match": "GET /pets", "respond": {"json": body}}
    with world.database.write(world.caller) as tx:
        save_stubs(tx, world.workspace, writes=[ItemWrite(key="big", document=document)])
    with world.database.read(world.caller) as tx:
        (item,) = read_saved(tx, "stub", [world.workspace.id])[world.workspace.id]
        assert json.dumps(item.document) == json.dumps(document)
        assert item.digest == digest_of(document, {})
        assert live(tx, world).stubs[0].respond.json == body
