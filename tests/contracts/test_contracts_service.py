"""Contracts of an organization and its workspaces, on both databases."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from mockops.contracts.model import Built, Bundle, ContractChanged, ContractNotSet, ContractUnknown, Reimported
from mockops.contracts.rules.artefact import compile_contract, import_contract
from mockops.contracts.rules.bundles import digest_of
from mockops.contracts.rules.reimport import merge_bundles
from mockops.contracts.service.bundled import BundleSources
from mockops.contracts.service.current import (
    current_contract,
    current_contracts,
    find_current,
    open_contract,
    operations_of,
    set_contract,
    unset_contract,
)
from mockops.contracts.service.reimport import read_sides, save_reimport
from mockops.contracts.service.saved import (
    find_missing,
    list_contracts,
    read_artefacts,
    read_bundle,
    read_contract,
    save_contract,
)
from mockops.contracts.store.tables import contracts
from mockops.core.actor import Caller, NotAllowed, Role
from mockops.core.documents import read_document
from mockops.infra.db.tables import events
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.service.blobs import read_blob
from mockops.workspaces.service.environments import first_environment
from mockops.workspaces.service.organizations import ensure_organization
from mockops.workspaces.service.versions import find_pin, list_versions
from mockops.workspaces.service.workspaces import create_workspace

if TYPE_CHECKING:
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import Tx
    from mockops.workspaces.model.environments import Workspace


def bundle(*paths: str, title: str = "Pets", root: str = "api.yaml", note: str = "") -> Bundle:
    lines = [f"openapi: 3.1.0{note}", f"info: {{title: {title}, version: '1'}}", "paths:"]
    for path in paths:
        lines += [f"  {path}:", "    get:", f"      summary: {path[1:]}", "      responses: {'200': {description: ok}}"]
    return Bundle(root=root, files={root: "\n".join(lines).encode(), "other.yaml": b"x: 1"})


def built(of: Bundle) -> Built:
    sources = BundleSources(of)
    imported = import_contract(read_document(sources.read_root(), of.root), sources.resolve)
    contract = compile_contract(imported)
    artefact = contract.to_bytes()
    return Built(
        artefact=artefact,
        artefact_digest=sha256(artefact).hexdigest(),
        diagnostics=imported.diagnostics,
        title=contract.title,
        version=contract.version,
        dialect=contract.dialect,
        operations=contract.entries,
    )


def save(tx: Tx, of: Bundle) -> str:
    return save_contract(tx, tx.caller.org_id, of, built(of)).digest


@pytest.fixture
def caller(database: Database) -> Caller:
    with database.write() as tx:
        organization = ensure_organization(tx)
    return Caller(kind="user", id="u", name="Ann", org_id=organization.id, org=organization.name, role=Role.EDITOR)


@pytest.fixture
def workspace(database: Database, caller: Caller) -> Workspace:
    with database.write(caller) as tx:
        return create_workspace(tx, name="pets")


def happened(database: Database) -> list[tuple[str, str]]:
    with database.read() as tx:
        rows = tx.all(select(events).where(events.c.type == "config.changed").order_by(events.c.sequence))
    return [(row.data["what"], row.data["action"]) for row in rows]


def test_a_contract_is_saved_once_and_comes_back(database: Database, caller: Caller) -> None:
    sent = bundle("/a", "/b")
    with database.write(caller) as tx:
        saved = save_contract(tx, caller.org_id, sent, built(sent))
        assert save_contract(tx, caller.org_id, sent, built(sent)) == saved
    with database.read(caller) as tx:
        assert read_contract(tx, caller.org_id, saved.digest) == saved
        assert read_bundle(tx, saved) == sent
        assert [each.digest for each in list_contracts(tx, caller.org_id).items] == [saved.digest]
        assert (saved.digest, saved.operation_count, saved.title) == (digest_of(sent), 2, "Pets")
        assert [entry.key for entry in open_contract(tx, caller.org_id, saved.digest).entries] == ["GET /a", "GET /b"]
        assert read_artefacts(tx, caller.org_id, [saved.digest, "0" * 64]) == {saved.digest: saved.artefact_digest}
        assert read_blob(tx, saved.artefact_digest) == built(sent).artefact
        assert find_missing(tx, caller.org_id, [saved.digest, "0" * 64, "0" * 64]) == ["0" * 64]
        assert find_missing(tx, "another", [saved.digest]) == [saved.digest]
        with pytest.raises(ContractUnknown):
            read_contract(tx, "another", saved.digest)


def test_a_title_with_control_characters_is_kept_as_a_line(database: Database, caller: Caller) -> None:
    sent = Bundle(
        root="a.json", files={"a.json": b'{"openapi": "3.1.0", "info": {"title": "a\\u0000\\nb", "version": 1}}'}
    )
    with database.write(caller) as tx:
        assert save_contract(tx, caller.org_id, sent, built(sent)).title == "a b"


def test_diagnostics_are_kept(database: Database, caller: Caller) -> None:
    sent = Bundle(
        root="a.yaml", files={"a.yaml": b"openapi: 3.1.0\npaths: {/a: {get: {responses: {'200': {$ref: x}}}}}"}
    )
    with database.write(caller) as tx:
        saved = save_contract(tx, caller.org_id, sent, built(sent))
    assert saved.diagnostics
    with database.read(caller) as tx:
        assert read_contract(tx, caller.org_id, saved.digest).diagnostics == saved.diagnostics


def test_what_another_compiler_made_is_missing_and_then_replaced(database: Database, caller: Caller) -> None:
    sent = bundle("/a")
    with database.write(caller) as tx:
        digest = save(tx, sent)
        tx.run(contracts.update().values(layout=0, title="old", artefact_digest=contracts.c.bundle_blob))
    with database.write(caller) as tx:
        assert find_missing(tx, caller.org_id, [digest]) == [digest]
        save(tx, sent)
        assert find_missing(tx, caller.org_id, [digest]) == []
        assert read_contract(tx, caller.org_id, digest).title == "Pets"


def test_setting_a_contract_makes_a_version_live_and_says_so_once(
    database: Database, caller: Caller, workspace: Workspace
) -> None:
    with database.write(caller) as tx:
        digest = save(tx, bundle("/a"))
        first = set_contract(tx, workspace, digest, base_digest=digest, path="api.yaml")
    assert tx.revision > 0
    assert (first.version, first.digest, first.base_digest, first.path) == (1, digest, digest, "api.yaml")
    with database.write(caller) as tx:
        assert set_contract(tx, workspace, digest, base_digest=digest) == first
    assert tx.revision == 0
    assert happened(database) == [("contract", "created")]
    with database.read(caller) as tx:
        environment = first_environment(tx, workspace.id)
        live = find_pin(tx, environment.id, EntityType.CONTRACT)
        assert live is not None
        assert live.hash == digest
        assert [each.hash for each in list_versions(tx, workspace.id, entity_type=EntityType.CONTRACT).items] == [
            digest
        ]
        assert [each.key for each in operations_of(tx, workspace.org_id, workspace.id)] == ["GET /a"]
        current, saved = current_contract(tx, workspace)
        assert (current, saved.digest) == (first, digest)
        assert [*current_contracts(tx, workspace.org_id)] == [workspace.id]
        listed, without = current_contracts(tx, workspace.org_id)[workspace.id]
        assert (listed, without.digest, without.files) == (first, digest, saved.files)


def test_a_hand_edit_keeps_the_base_and_a_lost_update_is_refused(
    database: Database, caller: Caller, workspace: Workspace
) -> None:
    with database.write(caller) as tx:
        one, two = save(tx, bundle("/a")), save(tx, bundle("/a", "/mine"))
        set_contract(tx, workspace, one, version=0)
        edited = set_contract(tx, workspace, two, version=1)
        assert (edited.digest, edited.base_digest, edited.version) == (two, one, 2)
        for version in (0, 1, 3):
            with pytest.raises(ContractChanged):
                set_contract(tx, workspace, one, version=version)
        with pytest.raises(ContractUnknown):
            set_contract(tx, workspace, "0" * 64)
        imported = set_contract(tx, workspace, one, base_digest=two)
        assert (imported.digest, imported.base_digest) == (one, two)


def test_a_contract_is_taken_away(database: Database, caller: Caller, workspace: Workspace) -> None:
    with database.write(caller) as tx:
        with pytest.raises(ContractNotSet):
            unset_contract(tx, workspace)
        set_contract(tx, workspace, save(tx, bundle("/a")))
        with pytest.raises(ContractChanged):
            unset_contract(tx, workspace, version=7)
        unset_contract(tx, workspace, version=1)
        assert find_current(tx, workspace.id) is None
        assert find_pin(tx, first_environment(tx, workspace.id).id, EntityType.CONTRACT) is None
        assert operations_of(tx, workspace.org_id, workspace.id) == ()
        with pytest.raises(ContractNotSet):
            current_contract(tx, workspace)
    assert happened(database) == [("contract", "created"), ("contract", "deleted")]


def test_viewers_change_nothing(database: Database, caller: Caller, workspace: Workspace) -> None:
    with database.write(caller) as tx:
        digest = save(tx, bundle("/a"))
    viewer = Caller(kind="user", id="v", name="Vic", org_id=caller.org_id, org=caller.org, role=Role.VIEWER)
    with database.write(viewer) as tx:
        with pytest.raises(NotAllowed):
            set_contract(tx, workspace, digest)
        with pytest.raises(NotAllowed):
            unset_contract(tx, workspace)
    assert happened(database) == []


def test_a_reimport_keeps_hand_edits_and_is_the_next_base(
    database: Database, caller: Caller, workspace: Workspace
) -> None:
    with database.write(caller) as tx:
        set_contract(tx, workspace, save(tx, bundle("/a")))
        set_contract(tx, workspace, save(tx, bundle("/a", "/mine")))

    def reimport(theirs: Bundle) -> Reimported:
        with database.read(caller) as tx:
            sides = read_sides(tx, workspace)
        merged = merge_bundles(sides.base, sides.ours, theirs)
        done = Reimported(bundle=merged.bundle, built=built(merged.bundle), conflicts=merged.conflicts)
        with database.write(caller) as tx:
            save_reimport(tx, workspace, sides, theirs, done)
        return done

    theirs = bundle("/a", "/theirs", title="New")
    assert reimport(theirs).conflicts == ()
    with database.read(caller) as tx:
        current, saved = current_contract(tx, workspace)
        assert (current.version, current.base_digest, saved.title) == (3, digest_of(theirs), "New")
        keys = {each.key for each in operations_of(tx, workspace.org_id, workspace.id)}
        assert keys == {"GET /a", "GET /mine", "GET /theirs"}
        assert read_sides(tx, workspace).base == theirs
    reimport(theirs)
    with database.read(caller) as tx:
        assert current_contract(tx, workspace)[0] == current  # the same again changes nothing
        stale = read_sides(tx, workspace)
    reimport(bundle("/a", "/later"))
    with database.write(caller) as tx:
        done = Reimported(bundle=theirs, built=built(theirs))
        with pytest.raises(ContractChanged):
            save_reimport(tx, workspace, stale, theirs, done)
