"""Applying the shop to real databases: all of it or nothing, again and again, without losing edits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from mockops.contracts.service.build import Builder
from mockops.contracts.service.saved import save_contract
from mockops.core.actor import Caller, NotAllowed, Role
from mockops.core.errors import Invalid
from mockops.infra.db import tables
from mockops.infra.db.database import Database
from mockops.infra.db.transactions import Tx
from mockops.mocking.model.saved import ItemWrite
from mockops.mocking.service.behaviour import read_behaviour
from mockops.mocking.service.stubs import save_stubs
from mockops.publishing.service.projects.apply import apply_project, plan_project
from mockops.publishing.service.projects.reading import ReadProject, read_state
from mockops.publishing.service.projects.state import export_project
from mockops.workspaces.model.projects import (
    Applied,
    ApplyRequest,
    Item,
    Plan,
    PlanOutdated,
    PlanRequest,
    ProjectConflict,
    ProjectInvalid,
    ProjectState,
)
from mockops.workspaces.service.environments import first_environment, list_environments
from mockops.workspaces.service.organizations import ensure_organization
from mockops.workspaces.service.versions import list_versions
from mockops.workspaces.service.workspaces import find_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    made = Builder(processes=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shop() -> ReadProject:
    read = read_state(SHOP)
    assert read.is_usable, read.diagnostics
    return read


class Server:
    """An organization with its admin, as endpoints would have them."""

    def __init__(self, database: Database, builder: Builder, shop: ReadProject) -> None:
        self.database = database
        with database.write() as tx:
            org = ensure_organization(tx)
        self.caller = Caller(kind="token", id="t", name="ada", org_id=org.id, org=org.name, role=Role.ADMIN)
        for contract in shop.contracts.values():
            bundle = contract.read()
            built = builder.build(bundle)
            with database.write(self.caller) as tx:
                save_contract(tx, org.id, bundle, built)

    def plan(self, state: ProjectState, **options: object) -> Plan:
        with self.database.read(self.caller) as tx:
            return plan_project(tx, PlanRequest(project=state, **options))

    def apply(self, state: ProjectState, *, caller: Caller | None = None, **options: object) -> tuple[Applied, Tx]:
        with self.database.write(caller or self.caller) as tx:
            applied = apply_project(tx, ApplyRequest(project=state, **options))
        return applied, tx

    def export(self) -> ProjectState:
        with self.database.read(self.caller) as tx:
            return export_project(tx)

    def count(self, table: str) -> int:
        with self.database.read() as tx:
            found: int = tx.scalar(select(func.count()).select_from(tables.metadata.tables[table]))
            return found

    def edit(self, workspace: str, key: str, **document: object) -> None:
        """Edit a stub as somebody does through the API."""
        with self.database.write(self.caller) as tx:
            found = find_workspace(tx, self.caller, workspace)
            save_stubs(tx, found, writes=[ItemWrite(key=key, document={"id": key, **document})], origin="api")


@pytest.fixture
def server(database: Database, builder: Builder, shop: ReadProject) -> Server:
    return Server(database, builder, shop)


def edited(state: ProjectState, workspace: str, key: str, **members: object) -> ProjectState:
    """Return a project in which a stub's file says something else."""
    workspaces = []
    for each in state.workspaces:
        stubs = tuple(
            replace(stub, document={**stub.document, **members}) if (each.name, stub.key) == (workspace, key) else stub
            for stub in each.stubs
        )
        workspaces.append(replace(each, stubs=stubs))
    return replace(state, workspaces=tuple(workspaces))


def without(state: ProjectState, workspace: str, key: str) -> ProjectState:
    workspaces = [
        replace(each, stubs=tuple(stub for stub in each.stubs if (each.name, stub.key) != (workspace, key)))
        for each in state.workspaces
    ]
    return replace(state, workspaces=tuple(workspaces))


def test_the_shop_is_applied_once_and_then_nothing_is_left_to_do(server: Server, shop: ReadProject) -> None:
    planned = server.plan(shop.state)
    assert planned.has_effects
    assert server.count("workspaces") == 0
    applied, tx = server.apply(shop.state, fingerprint=planned.fingerprint)
    assert applied.plan.counts == planned.counts
    assert tx.revision > 0
    assert server.count("workspaces") == 4
    again = server.plan(shop.state)
    assert again.changes == ()
    assert set(again.counts) == {"unchanged"}
    _, quiet = server.apply(shop.state)
    assert quiet.revision == 0
    exported = server.export()
    assert {each.name for each in exported.workspaces} == {each.name for each in shop.state.workspaces}
    by_name = {each.name: each for each in exported.workspaces}
    for each in shop.state.workspaces:
        assert by_name[each.name].stubs == each.stubs
        assert by_name[each.name].scenarios == each.scenarios
        assert by_name[each.name].contract == each.contract
    assert exported.personas == tuple(sorted(shop.state.personas, key=lambda one: one.key)) or {
        one.key for one in exported.personas
    } == {one.key for one in shop.state.personas}


def test_what_is_applied_is_what_gateways_get(server: Server, shop: ReadProject) -> None:
    server.apply(shop.state)
    with server.database.read(server.caller) as tx:
        workspace = find_workspace(tx, server.caller, "payments")
        environment = first_environment(tx, workspace.id)
        behaviour = read_behaviour(tx, workspace.org_id, environment)
        state = next(each for each in shop.state.workspaces if each.name == "payments")
        assert [stub.id for stub in behaviour.stubs] == [stub.key for stub in state.stubs]
        assert [each.name for each in behaviour.scenarios] == ["checkout-declined"]
        assert behaviour.diagnostics == ()
        targets = {row.environment_id for row in tx.all(select(tables.targets)) if not row.is_removed}
        assert environment.id in targets
        configs = list_versions(tx, workspace.id, entity_type="config", limit=10).items
        assert len(configs) == 1


def test_an_edit_of_a_file_is_one_change(server: Server, shop: ReadProject) -> None:
    server.apply(shop.state)
    changed = edited(shop.state, "payments", "declined-card", name="Another name")
    planned = server.plan(changed)
    (change,) = planned.changes
    assert (change.action, change.kind, change.key) == ("update", "stub", "declined-card")
    assert [field.pointer for field in change.fields] == ["/name"]
    _, tx = server.apply(changed)
    assert tx.revision > 0
    assert server.plan(changed).changes == ()


def test_a_new_stub_between_others_comes_where_the_files_have_it(server: Server, shop: ReadProject) -> None:
    server.apply(shop.state)
    payments = next(each for each in shop.state.workspaces if each.name == "payments")
    new = Item(key="new", document={"id": "new", "match": "GET /new", "respond": {"status": 204}})
    stubs = (payments.stubs[0], new, *payments.stubs[1:])
    others = tuple(replace(each, stubs=stubs) if each.name == "payments" else each for each in shop.state.workspaces)
    state = replace(shop.state, workspaces=others)
    server.apply(state)
    exported = {each.name: each for each in server.export().workspaces}
    assert [stub.key for stub in exported["payments"].stubs] == [stub.key for stub in stubs]
    assert server.plan(state).changes == ()


def test_edits_on_the_server_survive_and_merge(server: Server, shop: ReadProject) -> None:
    server.apply(shop.state)
    stub = next(s for w in shop.state.workspaces for s in w.stubs if s.key == "declined-card")
    server.edit("payments", "declined-card", **{**stub.document, "delay": "999ms"})
    (kept,) = server.plan(shop.state).changes
    assert kept.action == "kept"
    changed = edited(shop.state, "payments", "declined-card", name="From the file")
    (merged,) = server.plan(changed).changes
    assert merged.action == "merged"
    server.apply(changed)
    payments = next(each for each in server.export().workspaces if each.name == "payments")
    document = next(one.document for one in payments.stubs if one.key == "declined-card")
    assert (document["delay"], document["name"]) == ("999ms", "From the file")
    (still,) = server.plan(changed).changes
    assert still.action == "kept"


def test_edits_in_the_same_place_are_refused_whole(server: Server, shop: ReadProject) -> None:
    server.apply(shop.state)
    stub = next(s for w in shop.state.workspaces for s in w.stubs if s.key == "declined-card")
    server.edit("payments", "declined-card", **{**stub.document, "delay": "999ms"})
    changed = edited(shop.state, "payments", "declined-card", delay="1ms")
    changed = edited(changed, "payments", "rate-limit", name="Other")
    with pytest.raises(ProjectConflict) as caught:
        server.apply(changed)
    conflicts = [c for change in caught.value.members["plan"]["changes"] for c in change.get("conflicts", ())]
    assert [(c["pointer"], c["ours"], c["theirs"]) for c in conflicts] == [("/delay", "999ms", "1ms")]
    names = {s.key: s.document.get("name") for w in server.export().workspaces for s in w.stubs}
    assert names["rate-limit"] != "Other"
    server.apply(changed, prefer="files")
    stubs = {s.key: s.document for w in server.export().workspaces for s in w.stubs}
    assert stubs["declined-card"]["delay"] == "1ms"
    assert stubs["rate-limit"]["name"] == "Other"


def test_only_prune_deletes(server: Server, shop: ReadProject) -> None:
    server.apply(shop.state)
    fewer = without(shop.state, "payments", "rate-limit")
    (unmanaged,) = server.plan(fewer).changes
    assert unmanaged.action == "unmanaged"
    server.apply(fewer)
    assert any(s.key == "rate-limit" for w in server.export().workspaces for s in w.stubs)
    server.apply(fewer, prune=True)
    assert not any(s.key == "rate-limit" for w in server.export().workspaces for s in w.stubs)
    one_less = replace(fewer, workspaces=tuple(w for w in fewer.workspaces if w.name != "shipping"))
    server.apply(one_less, prune=True)
    assert {w.name for w in server.export().workspaces} == {"auth", "payments", "inventory"}
    assert server.plan(one_less, prune=True).changes == ()


def test_one_bad_item_and_nothing_is_applied(server: Server, shop: ReadProject) -> None:
    bad = edited(shop.state, "shipping", "carriers-down", respond={"status": "what"})
    bad = edited(bad, "shipping", "slow-carrier", match={"operation": "noSuchOperation"})
    entries = server.count("audit")
    with pytest.raises(Invalid) as caught:
        server.apply(bad)
    assert len(caught.value.diagnostics) >= 2
    assert server.count("workspaces") == 0
    assert server.count("events") == 0
    assert server.count("audit") == entries
    assert server.count("audit") == entries
    assert server.count("targets") == 0


def test_an_outdated_plan_is_refused(server: Server, shop: ReadProject) -> None:
    planned = server.plan(shop.state)
    server.apply(shop.state)
    with pytest.raises(PlanOutdated):
        server.apply(shop.state, fingerprint=planned.fingerprint)


def test_environments_and_settings(server: Server, shop: ReadProject) -> None:
    from mockops.workspaces.model.projects import EnvironmentState

    environments = (EnvironmentState(name="dev"), EnvironmentState(name="prod", settings={"validation": "off"}))
    first = shop.state.workspaces[0]
    state = replace(shop.state, workspaces=(replace(first, environments=environments),))
    server.apply(state)
    reordered = replace(
        state,
        workspaces=(
            replace(
                first,
                settings={"seed": 7},
                environments=(environments[1], EnvironmentState(name="qa"), environments[0]),
            ),
        ),
    )
    server.apply(reordered)
    with server.database.read(server.caller) as tx:
        workspace = find_workspace(tx, server.caller, first.name)
        found = list_environments(tx, workspace.id)
        assert [each.name for each in found] == ["prod", "qa", "dev"]
        assert found[0].settings == {"validation": "off"}
        assert workspace.settings == {"seed": 7}
    assert server.plan(reordered).changes == ()


def test_a_viewer_may_look_and_not_apply(server: Server, shop: ReadProject) -> None:
    viewer = Caller(
        kind="token", id="v", name="vic", org_id=server.caller.org_id, org=server.caller.org, role=Role.VIEWER
    )
    with server.database.read(viewer) as tx:
        assert plan_project(tx, PlanRequest(project=shop.state)).has_effects
    with pytest.raises(NotAllowed):
        server.apply(shop.state, caller=viewer)


def test_files_of_another_organization_are_refused(server: Server, shop: ReadProject) -> None:
    with pytest.raises(ProjectInvalid, match="acme"):
        server.plan(replace(shop.state, org="acme"))


def test_a_name_twice_is_refused(server: Server, shop: ReadProject) -> None:
    twice = replace(shop.state, workspaces=(*shop.state.workspaces, shop.state.workspaces[0]))
    with pytest.raises(ProjectInvalid, match="auth"):
        server.plan(twice)
