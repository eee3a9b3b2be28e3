"""What nothing refers to goes in time, and nothing else does."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from random import Random
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select

from mockops.contracts.model import Built, Bundle
from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.contracts.rules.bundles import digest_of, pack
from mockops.contracts.service.bundled import BundleSources
from mockops.contracts.service.current import find_current, open_contract, set_contract, unset_contract
from mockops.contracts.service.saved import find_contract, find_missing, read_bundle, save_contract
from mockops.contracts.service.sweep import sweep_contracts
from mockops.core.actor import Caller, Role
from mockops.core.documents import read_document
from mockops.infra.db.metadata import metadata
from mockops.infra.db.walk import walk
from mockops.mocking.model.saved import ItemWrite
from mockops.mocking.rules.manifests import item_content, manifest_content, read_manifest
from mockops.mocking.service.behaviour import read_behaviour, read_personas
from mockops.mocking.service.personas import save_personas
from mockops.mocking.service.scenarios import save_scenarios
from mockops.mocking.service.stubs import save_stubs
from mockops.publishing.service.retention import forget_bases, referenced_blobs
from mockops.publishing.store.projects import applied_items, replace_bases
from mockops.runner.housekeeping import Errand, Housekeeper, Retention
from mockops.runner.outbox import Dispatcher
from mockops.wiring.runner import every_chore
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.rules.digests import canonical_json
from mockops.workspaces.rules.digests import digest_of as item_digest
from mockops.workspaces.service.blobs import MIN_GRACE, save_blob, save_blobs, sweep_blobs
from mockops.workspaces.service.environments import first_environment, list_environments
from mockops.workspaces.service.organizations import ensure_organization
from mockops.workspaces.service.versions import list_versions, pin, unpin
from mockops.workspaces.service.workspaces import create_workspace, delete_workspace, find_workspace, update_workspace
from mockops.workspaces.store import blobs as blob_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx, Tx
    from mockops.workspaces.model.environments import Workspace
    from mockops.workspaces.rules.entries import Name

DAY_S = 86400
GRACE = timedelta(hours=24)
TABLES = metadata.tables


def compiled(number: int) -> tuple[Bundle, Built]:
    """Return a small contract; each number has another."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": f"Pets {number}", "version": "1"},
        "paths": {"/pets": {"get": {"operationId": "listPets", "responses": {"200": {"description": "fine"}}}}},
    }
    bundle = Bundle(root="api.json", files={"api.json": json.dumps(document).encode()})
    sources = BundleSources(bundle)
    imported = import_contract(read_document(sources.read_root(), bundle.root), sources.resolve)
    contract = compile_contract(imported)
    artefact = contract.to_bytes()
    return bundle, Built(
        artefact=artefact,
        artefact_digest=sha256(artefact).hexdigest(),
        diagnostics=imported.diagnostics,
        title=contract.title,
        version=contract.version,
        dialect=contract.dialect,
        operations=contract.entries,
    )


CONTRACTS = [compiled(number) for number in range(3)]


def stub(key: str, status: int) -> ItemWrite:
    return ItemWrite(key=key, document={"id": key, "match": "GET /pets", "respond": status})


def scenario(key: str, status: int) -> ItemWrite:
    return ItemWrite(key=key, document={"name": key, "rules": [{"operation": "GET /pets", "respond": status}]})


def persona(key: str, age: int) -> ItemWrite:
    return ItemWrite(key=key, document={"name": key, "description": f"{age} years old"})


@dataclass
class House:
    """An organization whose content comes and goes."""

    database: Database
    clock: FrozenClock
    caller: Caller
    deleted: list[int] = field(default_factory=list)
    """How much each sweep deleted."""

    def workspace(self, tx: ReadTx, name: str) -> Workspace:
        return find_workspace(tx, self.caller, name)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        with self.database.write(self.caller) as tx:
            yield tx

    def sweep(self) -> None:
        forget_bases(self.database)
        sweep_contracts(self.database)
        self.deleted.append(sweep_blobs(self.database, referenced_blobs, grace=GRACE))

    def kept(self) -> dict[str, bool]:
        """Return the digests of what is there, and whether it is older than the grace period."""
        blobs = TABLES["blobs"]
        with self.database.read() as tx:
            return {
                row.digest: row.created_at < tx.now - GRACE
                for row in tx.all(select(blobs.c.digest, blobs.c.created_at))
            }

    def check(self) -> None:
        """Make sure that all that is named is there, as whoever needs it finds it."""
        needed = self.needed()
        kept = self.kept()
        assert not needed - kept.keys()
        with self.database.read(self.caller) as tx:
            for row in tx.all(select(TABLES["workspaces"].c.id)):
                workspace = self.workspace(tx, row.id)
                current = find_current(tx, workspace.id)
                if current is not None:
                    saved = find_contract(tx, workspace.org_id, current.digest)
                    assert saved is not None
                    assert read_bundle(tx, saved).files
                for environment in list_environments(tx, workspace.id):
                    assert not read_behaviour(tx, workspace.org_id, environment).diagnostics
            for environment_name in ("dev", "test", "prod"):
                read_personas(tx, self.caller.org_id, environment_name)
            for row in tx.all(select(TABLES["versions"]).where(TABLES["versions"].c.entity_type == "contract")):
                assert open_contract(tx, row.org_id, row.hash).entries

    def needed(self) -> set[str]:
        """Return every digest that something names, read table by table."""
        named: set[str] = set()
        with self.database.read() as tx:
            for table, *columns in (
                ("contracts", "bundle_blob", "artefact_digest"),
                ("workspace_contracts", "base_blob"),
                ("stubs", "digest", "base_digest"),
                ("scenarios", "digest", "base_digest", "published_hash"),
                ("personas", "digest", "base_digest"),
                ("applied_items", "digest"),
            ):
                for row in tx.all(select(*(TABLES[table].c[name] for name in columns))):
                    named.update(filter(None, row))
            versions = TABLES["versions"]
            for row in tx.all(select(versions.c.hash, versions.c.entity_type)):
                if row.entity_type != "contract":
                    named.add(row.hash)
                if row.entity_type == "config":
                    content = tx.scalar(select(TABLES["blobs"].c.content).where(TABLES["blobs"].c.digest == row.hash))
                    named.update(digest for _, digest, _ in read_manifest(bytes(content)).stubs)
        return named


@pytest.fixture
def house(database: Database, clock: FrozenClock) -> House:
    """Return an organization with a workspace."""
    with database.write() as tx:
        org = ensure_organization(tx, "acme")
    caller = Caller(kind="token", id="a", name="ada", org_id=org.id, org=org.name, role=Role.ADMIN)
    with database.write(caller) as tx:
        create_workspace(tx, name="pets")
    return House(database, clock, caller)


class Walk:
    """Does one thing after another, as dice say; contents come from few, so that old ones come back."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.dice = Random(seed)
        self.steps = [
            *(self.stubs,) * 5,
            *(self.scenarios,) * 2,
            *(self.personas,) * 2,
            *(self.contract,) * 2,
            *(self.pin_something,) * 2,
            *(self.wait,) * 4,
            *(self.house.sweep,) * 3,
            *(self.settings, self.apply, self.rebirth, self.take_away),
        ]

    def step(self) -> None:
        self.dice.choice(self.steps)()

    def some(self, *names: str) -> list[str]:
        return self.dice.sample(names, self.dice.randint(0, 2))

    def stubs(self) -> None:
        with self.house.write() as tx:
            gone = self.some("a", "b", "c")
            writes = [stub(key, self.dice.choice((200, 201, 202))) for key in self.some("a", "b", "c")]
            save_stubs(tx, self.house.workspace(tx, "pets"), writes=writes, deletes=gone)

    def scenarios(self) -> None:
        with self.house.write() as tx:
            writes = [scenario(key, self.dice.choice((500, 503))) for key in self.some("x", "y")]
            save_scenarios(tx, self.house.workspace(tx, "pets"), writes=writes, deletes=self.some("x", "y"))

    def personas(self) -> None:
        with self.house.write() as tx:
            writes = [persona(key, self.dice.randint(1, 3)) for key in self.some("ada", "bob")]
            save_personas(tx, writes=writes, deletes=self.some("ada", "bob"))

    def contract(self) -> None:
        bundle, built = self.dice.choice(CONTRACTS)
        with self.house.database.read() as tx:
            is_missing = find_missing(tx, self.house.caller.org_id, [digest_of(bundle)])
        with self.house.write() as tx:
            workspace = self.house.workspace(tx, "pets")
            if is_missing:
                save_contract(tx, workspace.org_id, bundle, built)
            if self.dice.random() < 0.6:
                set_contract(tx, workspace, digest_of(bundle), base_digest=self.dice.choice((None, digest_of(bundle))))
            elif find_current(tx, workspace.id) is not None:
                unset_contract(tx, workspace)

    def settings(self) -> None:
        with self.house.write() as tx:
            settings = {"seed": self.dice.randint(1, 3)}
            update_workspace(tx, self.house.workspace(tx, "pets"), settings=settings)

    def pin_something(self) -> None:
        with self.house.write() as tx:
            workspace = self.house.workspace(tx, "pets")
            environment = self.dice.choice(list_environments(tx, workspace.id))
            versions = list_versions(tx, workspace.id, limit=500).items
            if versions and self.dice.random() < 0.8:
                pin(tx, environment.id, self.dice.choice(versions))
            else:
                unpin(tx, environment.id, EntityType.CONFIG)

    def apply(self) -> None:
        """Keep bases as an apply does."""
        write = stub(self.dice.choice("abc"), self.dice.choice((200, 201, 202, 203)))
        with self.house.write() as tx:
            save_blobs(tx, [canonical_json({"document": write.document, "files": {}})])
            name: Name = ("stub", self.dice.choice(("pets", "gone")), write.key)
            replace_bases(tx, self.house.caller.org_id, "p", {name: (item_digest(write.document, {}), "")})

    def rebirth(self) -> None:
        with self.house.write() as tx:
            delete_workspace(tx, self.house.workspace(tx, "pets"))
        with self.house.write() as tx:
            create_workspace(tx, name="pets")

    def take_away(self) -> None:
        """Save content that nothing refers to."""
        with self.house.write() as tx:
            save_blob(tx, b"nobody's %d" % self.dice.randint(1, 5))

    def wait(self) -> None:
        self.house.clock.advance(self.dice.choice((60, 1800, 5000, 40_000, DAY_S, 3 * DAY_S)))


@pytest.mark.parametrize("seed", range(4))
def test_after_whatever_happened_what_is_named_can_be_read_and_the_rest_is_gone(house: House, seed: int) -> None:
    walk_ = Walk(house, seed)
    for number in range(1, 121):
        walk_.step()
        if number % 12 == 0:
            house.sweep()
            house.check()
            needed = house.needed()
            assert not [digest for digest, is_old in house.kept().items() if is_old and digest not in needed]
    assert sum(house.deleted) > 10
    house.clock.advance(8 * DAY_S)
    with house.write() as tx:
        for each in ("pets",):
            delete_workspace(tx, house.workspace(tx, each))
        save_personas(tx, deletes=["ada", "bob"])
    house.clock.advance(8 * DAY_S)
    house.sweep()
    with house.database.read() as tx:
        assert tx.scalar(select(func.count()).select_from(TABLES["contracts"])) == 0
        assert tx.scalar(select(func.count()).select_from(applied_items)) == 0
        personas = {row.hash for row in tx.all(select(TABLES["versions"].c.hash))}
    assert house.kept().keys() == personas


def test_content_that_is_saved_again_is_kept_for_another_while(house: House) -> None:
    with house.write() as tx:
        small, large = save_blobs(tx, [b"small", b"large" * 50_000])
    house.clock.advance(GRACE.total_seconds() + 1)
    with house.write() as tx:
        assert save_blob(tx, b"small") == small
        save_blobs(tx, [b"large" * 50_000])
    assert house.kept() == {small: False, large: False}
    house.sweep()
    assert house.kept().keys() == {small, large}
    house.clock.advance(GRACE.total_seconds() + 1)
    house.sweep()
    assert not house.kept()


def test_content_that_is_saved_again_at_once_is_not_written_again(house: House) -> None:
    blobs = TABLES["blobs"]
    with house.write() as tx:
        save_blob(tx, b"small")
        first = tx.now
    house.clock.advance(1800)
    with house.write() as tx:
        save_blobs(tx, [b"small"])
        assert tx.scalar(select(blobs.c.created_at)) == first


def test_a_sweep_passes_over_what_is_just_being_saved(house: House) -> None:
    """On PostgreSQL the sweep runs beside the transaction, on SQLite after it."""
    with house.write() as tx:
        save_stubs(tx, house.workspace(tx, "pets"), writes=[stub("a", 200)])
    with house.write() as tx:
        tx.run(TABLES["stubs"].delete())
        tx.run(TABLES["pins"].delete())
        tx.run(TABLES["versions"].delete())
        workspace = house.workspace(tx, "pets")
    house.clock.advance(2 * DAY_S)
    sweep = Thread(target=house.sweep)
    with house.write() as tx:
        save_stubs(tx, workspace, writes=[stub("a", 200)])
        sweep.start()
        if not house.database.is_sqlite:
            sweep.join(20)
            assert not sweep.is_alive(), "the sweep waits for nobody"
    sweep.join(20)
    assert not sweep.is_alive()
    house.check()
    assert len(house.needed()) == 2


def test_what_a_sweep_just_deletes_is_saved_anew(house: House) -> None:
    with house.write() as tx:
        digest = save_blob(tx, b"content")
    house.clock.advance(2 * DAY_S)
    saving = Thread(target=lambda: _save(house, b"content"))
    with house.database.write(scope="sweep") as tx:
        assert blob_rows.delete_old(tx, [digest], tx.now - GRACE) == 1
        saving.start()
    saving.join(20)
    assert not saving.is_alive()
    assert house.kept() == {digest: False}


def _save(house: House, content: bytes) -> None:
    with house.write() as tx:
        save_blob(tx, content)


def test_too_short_a_grace_is_refused(house: House) -> None:
    with pytest.raises(ValueError, match="swept after"):
        sweep_blobs(house.database, referenced_blobs, grace=MIN_GRACE - timedelta(seconds=1))
    with pytest.raises(ValueError, match="swept after"):
        every_chore(Retention(unused_hours=1))


def test_a_sweep_ends_when_it_is_told_to(house: House) -> None:
    with house.write() as tx:
        save_blobs(tx, [b"%d" % number for number in range(450)])
    house.clock.advance(2 * DAY_S)
    answers = iter([True, True, False])
    assert sweep_blobs(house.database, referenced_blobs, grace=GRACE, goes_on=lambda: next(answers)) == 200
    assert len(house.kept()) == 250


def test_a_contract_without_use_is_asked_for_again_before_it_goes(house: House) -> None:
    (used, built_used), (bundle, built), _ = CONTRACTS
    org_id = house.caller.org_id
    digests = [digest_of(used), digest_of(bundle)]

    def missing() -> list[str]:
        with house.database.read() as tx:
            return find_missing(tx, org_id, digests)

    with house.write() as tx:
        save_contract(tx, org_id, bundle, built)
        set_contract(tx, house.workspace(tx, "pets"), save_contract(tx, org_id, used, built_used).digest)
    house.clock.advance(5 * DAY_S)
    assert not missing()
    house.clock.advance(1.5 * DAY_S)
    assert missing() == [digest_of(bundle)]
    with house.write() as tx:
        save_contract(tx, org_id, bundle, built, packed=pack(bundle))
    assert not missing(), "it was sent again"
    house.clock.advance(5 * DAY_S)
    assert sweep_contracts(house.database) == 0
    house.clock.advance(3 * DAY_S)
    assert sweep_contracts(house.database) == 1
    with house.write() as tx:
        unset_contract(tx, house.workspace(tx, "pets"))
    assert sweep_contracts(house.database) == 0, "a version of it can be pinned again"
    assert missing() == [digest_of(bundle)]
    house.check()


def test_config_versions_are_few_however_many_were_cut(house: House) -> None:
    for number in range(125):
        with house.write() as tx:
            workspace = house.workspace(tx, "pets")
            save_stubs(tx, workspace, writes=[stub("a", 200 + number)])
            if number == 3:
                label = list_versions(tx, workspace.id, entity_type=EntityType.CONFIG, limit=1).items[0]
                pin(tx, list_environments(tx, workspace.id)[2].id, label)
            count = len(list_versions(tx, workspace.id, entity_type=EntityType.CONFIG, limit=500).items)
            assert count <= 61, "50, the pinned one, and those since versions were looked through"
    house.clock.advance(2 * DAY_S)
    house.sweep()
    assert len(house.kept()) <= 2 * 61
    house.check()


def test_a_deleted_workspace_leaves_nothing_behind(house: House) -> None:
    retention = Retention()
    keeper = Housekeeper(house.database, every_chore(retention), clock=house.clock)

    def counts() -> Counter[str]:
        with house.database.read() as tx:
            return Counter({name: tx.scalar(select(func.count()).select_from(TABLES[name])) for name in TABLES})

    def settle() -> Counter[str]:
        for _ in range(2):
            house.clock.advance(401 * DAY_S)
            while Dispatcher(house.database).dispatch():
                pass
            keeper.keep_house()
        return counts()

    before = settle()
    with house.write() as tx:
        workspace = create_workspace(tx, name="orders")
        set_contract(tx, workspace, save_contract(tx, workspace.org_id, *CONTRACTS[2]).digest)
        save_stubs(tx, workspace, writes=[stub("a", 200)])
        save_scenarios(tx, workspace, writes=[scenario("x", 500)])
        replace_bases(tx, workspace.org_id, "p", {("workspace", "orders", "orders"): ("d", "")})
        environment = first_environment(tx, workspace.id)
        tx.run(insert(TABLES["members"]).values(_member(house)))
        tx.run(insert(TABLES["workspace_roles"]).values(workspace_id=workspace.id, member_id="m", role="editor"))
    full = counts()
    for name in (
        "stubs",
        "scenarios",
        "contracts",
        "workspace_contracts",
        "pins",
        "versions",
        "applied_items",
        "blobs",
    ):
        assert full[name] > before[name], name
    with house.write() as tx:
        delete_workspace(tx, house.workspace(tx, "orders"))
        tx.run(TABLES["members"].delete())
    after = settle()
    # gateways that were away for however long must still hear that they are gone
    assert after.pop("targets") - before.pop("targets") == 3
    assert after == before
    assert environment.id


def _member(house: House) -> dict[str, Any]:
    at = house.clock.now()
    return {
        "id": "m",
        "org_id": house.caller.org_id,
        "email": "m@example.com",
        "name": "m",
        "subject": "",
        "role": "viewer",
        "teams": [],
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }


def test_a_walk_gives_every_row_once_in_order(house: House) -> None:
    keys = applied_items.c.org_id, applied_items.c.project, applied_items.c.key
    pairs = [(project, f"{number:03}") for project in ("p", "q") for number in range(25)]
    with house.write() as tx:
        for project, key in pairs:
            replace_bases(tx, house.caller.org_id, project, {("stub", "pets", key): ("d", "")})
    with house.database.read() as tx:
        found = [(row.project, row.key) for row in walk(tx, select(*keys), keys, page=7)]
    assert found == pairs


def test_errands_end_when_the_house_is_left(house: House) -> None:
    asked: list[bool] = []

    def run(_database: Database, goes_on: Any) -> int:
        asked.append(goes_on())
        keeper.stop()
        asked.append(goes_on())
        return 1

    errands = [Errand(name=name, every_s=1, run=run) for name in ("one", "two")]
    keeper = Housekeeper(house.database, errands, clock=house.clock)
    assert keeper.keep_house() == {"one": 1}
    assert asked == [True, False]


def test_a_large_house_is_swept_in_short_transactions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 workspaces with 5 stubs each, every second has an older config that is gone; a tenth of the promise."""
    fill(house, workspaces=300, stubs=5)
    house.clock.advance(2 * DAY_S)
    before = len(house.kept())
    seconds: list[float] = []
    with timed_writes(house.database, seconds, monkeypatch):
        start = perf_counter()
        house.sweep()
        took = perf_counter() - start
    assert house.deleted == [300 * 6]
    assert len(house.kept()) == before - 300 * 6
    assert took < 5
    assert sorted(seconds)[len(seconds) // 2] < 0.05


@contextmanager
def timed_writes(database: Database, seconds: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Note how long each transaction that writes takes."""
    write = database.write

    @contextmanager
    def timed(*args: Any, **named: Any) -> Iterator[Tx]:
        start = perf_counter()
        with write(*args, **named) as tx:
            yield tx
        seconds.append(perf_counter() - start)

    with monkeypatch.context() as patched:
        patched.setattr(database, "write", timed)
        yield


def fill(house: House, *, workspaces: int, stubs: int) -> None:
    """Insert workspaces with stubs and a config version, and as much content of versions that are gone."""
    at = house.clock.now()
    rows: dict[str, list[dict[str, Any]]] = {"workspaces": [], "stubs": [], "versions": [], "blobs": []}

    def keep(content: bytes) -> str:
        digest = sha256(content).hexdigest()
        rows["blobs"].append({"digest": digest, "content": content, "size": len(content), "created_at": at})
        return digest

    for number in range(workspaces):
        id_ = f"w{number}"
        common = {"version": 1, "created_at": at, "updated_at": at}
        rows["workspaces"].append(
            {"id": id_, "org_id": house.caller.org_id, "name": id_, "title": "", "description": ""}
            | {"settings": {}, "labels": {}, **common}
        )
        for age in ("old", "new"):
            entries = []
            for index in range(stubs):
                document = {"id": f"s{index}", "text": f"{id_} {age} {index} " + "x" * 1000}
                digest = keep(item_content(document, {}))
                entries.append((f"s{index}", digest, index))
                if age == "new":
                    rows["stubs"].append(
                        {"id": f"{id_}-{index}", "owner_id": id_, "key": f"s{index}", "ordinal": index}
                        | {"document": document, "files": {}, "digest": digest, "base_digest": "", "origin": "api"}
                        | {"path": "", "name": "", "search": "", "method": "", "request_path": "", "operation": ""}
                        | common
                    )
            manifest = keep(manifest_content({}, entries))
            if age == "new":
                rows["versions"].append(
                    {"id": f"v{number}", "org_id": house.caller.org_id, "workspace_id": id_, "entity_type": "config"}
                    | {"entity_key": "", "number": 1, "hash": manifest, "label": "", "label_rank": 0}
                    | {"status": "published", "author": "a", "created_at": at}
                )
    with house.write() as tx:
        for name, some in rows.items():
            tx.insert(TABLES[name], some)
