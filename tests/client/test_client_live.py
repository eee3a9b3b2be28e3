"""The client against the real control process: each noun has its effect, and streams outlive the server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from live_server import running, start

from mockops.client import (
    ApiConflict,
    ApiDenied,
    ApiInvalid,
    ApiNotFound,
    ApiStale,
    BulkChange,
    MockOps,
    ServerUnreachable,
)
from mockops.contracts.model import Bundle
from mockops.core.actor import Role
from mockops.workspaces.model.versions import EntityType

CONTRACT = b"""openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      tags: [pets]
      responses: {"200": {description: fine}}
    post:
      responses: {"201": {description: made}}
"""
PING = {"id": "ping", "match": {"method": "GET", "path": "/ping"}, "respond": {"text": "pong"}}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOCKOPS_SERVER", "MOCKOPS_TOKEN", "MOCKOPS_ORG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("control")) as process:
        yield process.url


@pytest.fixture
def api(url: str) -> Iterator[MockOps]:
    with MockOps(url) as found:
        yield found


def test_the_server_is_named_by_the_environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKOPS_SERVER", url)
    with MockOps() as api:
        me = api.me()
        assert (me.kind, me.role, me.is_root, api.server) == ("local", Role.ADMIN, True, url)


def test_workspaces_live_and_die(api: MockOps) -> None:
    made = api.workspaces.create("first", title="First", labels={"tier": "1"}, environments=["dev", "live"])
    assert api.revision > 0
    assert api.gateways.wait_applied().is_complete
    assert [each.name for each in api.workspaces.list(labels=["tier:1"])] == ["first"]
    changed = api.workspaces.update("first", title="One", version=made.version)
    assert (changed.title, changed.labels, changed.version) == ("One", {"tier": "1"}, made.version + 1)
    with pytest.raises(ApiStale) as stale:
        api.workspaces.update("first", title="Two", version=made.version)
    assert (stale.value.status, api.workspaces.get(made.id).title) == (412, "One")
    environments = api.environments("first")
    added = environments.create("qa", position=1)
    assert [each.name for each in environments.list()] == ["dev", "qa", "live"]
    assert environments.update("qa", settings={"seed": 5}, version=added.version).settings == {"seed": 5}
    environments.delete("qa")
    assert environments.list().first(1)[0] == environments.get("dev")
    api.workspaces.delete("first", version=changed.version)
    with pytest.raises(ApiNotFound) as gone:
        api.workspaces.get("first")
    assert gone.value.code == gone.value.problem_code != "client.not_found"


def test_a_refusal_names_every_bad_field(api: MockOps) -> None:
    with pytest.raises(ApiInvalid) as caught:
        api.stubs(api.workspaces.create("bad-fields").name).create({"match": {"nope": 1}, "respond": {"status": "x"}})
    assert caught.value.status == 422
    assert {each.pointer for each in caught.value.errors} >= {"/document/match/nope"}
    with pytest.raises(ApiConflict):
        api.workspaces.create("bad-fields")


def test_a_list_is_read_page_by_page(api: MockOps) -> None:
    stubs = api.stubs(api.workspaces.create("many").name)
    documents = [{**PING, "id": f"s{at:04}", "match": f"/s{at:04}"} for at in range(1_203)]
    done = stubs.bulk([BulkChange.create(each) for each in documents])
    assert (done.succeeded, done.failed) == (1_203, 0)
    assert [each.index for each in done.results] == list(range(1_203))
    assert [each.key for each in stubs.list()] == [each["id"] for each in documents]
    page = stubs.list().page(limit=2)
    assert [each.key for each in stubs.list().page(limit=2, cursor=page.next).items] == ["s0002", "s0003"]
    assert len(stubs.list().first(700)) == 700
    mixed = stubs.bulk([BulkChange.delete("s0000"), BulkChange.delete("absent"), BulkChange.update("s0001", PING)])
    assert [each.status for each in mixed.results] == [204, 404, 422]


def test_stubs_are_replaced_merged_and_deleted(api: MockOps) -> None:
    stubs = api.stubs(api.workspaces.create("stubs").name)
    made = stubs.create(PING)
    assert (made.key, made.is_served, stubs.get("ping")) == ("ping", True, made)
    merged = stubs.update("ping", {"respond": {"text": None, "status": 204}}, version=made.version)
    assert merged.document["respond"] == {"status": 204}
    replaced = stubs.replace("ping", {**PING, "respond": {"file": "a.txt"}}, files={"a.txt": "aGk="})
    assert (replaced.version, replaced.files) == (3, {"a.txt": "aGk="})
    with pytest.raises(ApiStale):
        stubs.delete("ping", version=1)
    stubs.delete("ping", version=3)
    assert list(stubs.list()) == []


def test_scenarios_are_published_and_their_versions_pinned(api: MockOps) -> None:
    name = api.workspaces.create("scenes").name
    scenarios = api.scenarios(name)
    draft = scenarios.create({"name": "down", "rules": [{"match": {"method": "GET", "path": "/x"}, "respond": 503}]})
    assert (draft.status, draft.versions) == ("draft", ())
    shown = scenarios.publish("down", label="1.0.0", version=draft.version)
    assert [each.label for each in shown.versions] == ["1.0.0"]
    [pin] = [each for each in api.pins(name, "dev").list() if each.entity_type is EntityType.SCENARIO]
    assert (pin.entity_key, pin.label) == ("down", "1.0.0")
    api.pins(name, "test").set(EntityType.SCENARIO, "1.0.0", key="down")
    assert [each.entity_key for each in api.pins(name, "test").list() if each.entity_key] == ["down"]
    api.pins(name, "test").remove(EntityType.SCENARIO, key="down")
    assert [each.entity_key for each in api.pins(name, "test").list() if each.entity_key] == []
    versions = api.versions(name)
    [version] = versions.list(entity_type=EntityType.SCENARIO, key="down")
    assert b'"down"' in versions.content(version.id)
    [*_, config] = versions.list(entity_type=EntityType.CONFIG)
    assert versions.label(config.id, "0.1.0") == versions.get(config.id)
    scenarios.replace("down", {"name": "down", "rules": [{"match": {"method": "GET", "path": "/y"}, "respond": 503}]})
    assert scenarios.update("down", {"description": "d"}).has_unpublished_changes
    assert scenarios.deprecate("down").status == "deprecated"
    scenarios.delete("down")
    assert list(scenarios.list()) == []


def test_personas_are_live_where_they_are_pinned(api: MockOps) -> None:
    made = api.personas.create({"name": "gold", "traits": {"tier": "gold"}})
    assert api.personas.get("gold") == made
    changed = api.personas.update("gold", {"description": "d"}, version=made.version)
    [newest, first] = api.persona_versions.list(persona="gold")
    assert b"gold" in api.persona_versions.content(newest.id)
    assert api.persona_versions.get(first.id) == first
    api.persona_pins("dev").set("gold", first.id)
    assert [each.version_id for each in api.persona_pins("dev").list()] == [first.id]
    api.persona_pins("dev").remove("gold")
    assert list(api.persona_pins("dev").list()) == []
    api.personas.replace("gold", {"name": "gold"}, version=changed.version)
    assert api.personas.bulk([BulkChange.delete("gold")]).succeeded == 1
    assert list(api.personas.list()) == []


def test_a_contract_is_uploaded_edited_and_imported_again(api: MockOps) -> None:
    name = api.workspaces.create("contracted").name
    bundle = Bundle(root="api.yaml", files={"api.yaml": CONTRACT})
    sent = api.contracts.upload(bundle)
    assert (sent.title, sent.operation_count) == ("Pets", 2)
    assert api.contracts.upload_document(CONTRACT, name="api.yaml").digest == sent.digest
    assert api.contracts.missing([sent.digest, "0" * 64]) == ["0" * 64]
    assert api.contracts.download(sent.digest) == bundle
    assert sent.digest in [each.digest for each in api.contracts.list()]
    assert api.contracts.get(sent.digest) == sent
    contract = api.contract(name)
    given = contract.set(sent.digest, path="specs/api.yaml")
    assert (contract.get().path, contract.document(), contract.files()) == ("specs/api.yaml", CONTRACT, bundle)
    assert [each.key for each in contract.operations(tag="pets")] == ["GET /pets"]
    edited = api.contracts.upload_document(CONTRACT.replace(b"fine", b"ours"), name="api.yaml")
    assert contract.set(edited.digest, is_edit=True, version=given.version).is_edited
    newer = api.contracts.upload_document(CONTRACT.replace(b"fine", b"theirs"), name="api.yaml")
    report = contract.reimport(newer.digest, dry_run=True)
    assert (report.is_saved, report.conflict_count) == (False, 1)
    assert report.conflicts[0].pointer.endswith("/description")
    assert contract.reimport(newer.digest, prefer="theirs").is_saved
    assert b"theirs" in contract.document()
    contract.unset()
    with pytest.raises(ApiNotFound):
        contract.get()
    with pytest.raises(ApiInvalid) as refused:
        api.contracts.upload_document(b"openapi: [")
    assert refused.value.errors


def test_people_teams_and_roles(api: MockOps) -> None:
    name = api.workspaces.create("peopled").name
    team = api.teams.create("team-a", title="A")
    assert api.teams.update("team-a", title="B", version=team.version) == api.teams.get(team.id)
    ada = api.members.create("ada@example.com", role=Role.EDITOR, teams=["team-a"])
    assert [each.email for each in api.members.list(role=Role.EDITOR, team="team-a")] == ["ada@example.com"]
    assert api.members.update("ada@example.com", name="Ada", version=ada.version).teams == ("team-a",)
    assert api.members.get(ada.id).name == "Ada"
    assert api.roles(name).set("ada@example.com", Role.APPROVER).role is Role.APPROVER
    assert [each.email for each in api.roles(name).list()] == ["ada@example.com"]
    api.roles(name).unset(ada.id)
    assert list(api.roles(name).list()) == []
    done = api.members.bulk([BulkChange.create({"email": "bob@example.com"}), BulkChange.create({"name": "?"})])
    assert (done.succeeded, done.failed) == (1, 1)
    assert done.results[1].problem is not None
    api.members.delete("ada@example.com")
    api.teams.delete("team-a")
    assert list(api.teams.list(q="team-a")) == []


def test_tokens_and_secrets(api: MockOps, url: str) -> None:
    made = api.tokens.create("ci", role=Role.VIEWER)
    with MockOps(url, made.token) as other:
        assert other.me().name == "ci"
        with pytest.raises(ApiDenied) as denied:
            other.workspaces.create("not-allowed")
        assert denied.value.status == 403
        assert api.tokens.get(made.id).prefix == made.token[: len(made.prefix)]
        api.tokens.revoke(made.id)
        with pytest.raises(ApiDenied) as refused:
            other.me()
        assert refused.value.status == 401
    assert made.id not in [each.id for each in api.tokens.list()]
    assert made.id in [each.id for each in api.tokens.list(revoked=True)]
    kept = api.secrets.set("UPSTREAM", "s3cret")
    assert api.secrets.get("UPSTREAM") == kept
    assert [each.name for each in api.secrets.list()] == ["UPSTREAM"]
    api.secrets.delete("UPSTREAM", version=kept.version)
    assert list(api.secrets.list()) == []


def test_organizations_are_apart(api: MockOps, url: str) -> None:
    made = api.orgs.create("acme", title="Acme", environments=["one"])
    assert api.orgs.update("acme", title="ACME", version=made.version) == api.orgs.get(made.id)
    with MockOps(url, org="acme") as other:
        other.workspaces.create("theirs")
        assert [each.name for each in other.environments("theirs").list()] == ["one"]
        other.workspaces.delete("theirs")
    assert "acme" in [each.name for each in api.orgs.list()]
    assert list(api.workspaces.list(name="theirs")) == []
    api.orgs.delete("acme")
    assert api.audit.list(action="organization.deleted").first(1)[0].before["title"] == "ACME"


def test_an_import_is_repeated_without_effect(api: MockOps) -> None:
    imports = api.imports(api.workspaces.create("imported").name)
    mapping = {"request": {"method": "GET", "url": "/hi"}, "response": {"status": 200, "body": "hi"}}
    assert len(imports.run("wiremock", mapping, name="w", dry_run=True).created) == 1
    assert len(imports.run("wiremock", mapping, name="w").created) == 1
    assert len(imports.run("wiremock", mapping, name="w").unchanged) == 1


def test_events_are_sent_once_and_found(api: MockOps) -> None:
    name = api.workspaces.create("told").name
    first = api.events.send("com.x.paid", {"n": 1}, source="/shop", workspace=name, event_id="e1")
    assert (first.is_new, api.events.send("com.x.paid", source="/shop", event_id="e1").is_new) == (True, False)
    event = api.events.get("e1", source="/shop")
    assert (event.data, event.workspace, event.extensions) == ({"n": 1}, name, {})
    more = [{"specversion": "1.0", "id": f"b{at}", "source": "/s", "type": "com.b", "extra": "x"} for at in range(3)]
    assert [each.is_new for each in api.events.send_batch(more)] == [True] * 3
    found = list(api.events.list(types=["com.b"], order="oldest"))
    assert [(each.id, each.extensions, each.document["extra"]) for each in found] == [
        (f"b{at}", {"extra": "x"}, "x") for at in range(3)
    ]


def test_a_stream_has_what_happens_from_its_opening(api: MockOps) -> None:
    with api.events.stream(types=["com.s.*"]) as stream:
        for number in range(5):
            api.events.send("com.s.n", number, source="/s")
        assert [next(stream).data for _ in range(5)] == list(range(5))
    assert list(stream) == []
    with api.traffic.stream(workspace="told") as quiet:
        assert quiet.position == 0


def test_a_stream_goes_on_where_it_was_when_the_server_comes_back(tmp_path: Path) -> None:
    process = start(tmp_path)
    port = int(process.url.rpartition(":")[2])
    try:
        with MockOps(process.url) as api, api.events.stream(types=["com.*"]) as stream:
            api.events.send("com.a", 1, source="/s")
            assert next(stream).data == 1
            process.stop()
            got: list[object] = []
            reader = threading.Thread(target=lambda: got.extend(next(stream).data for _ in range(2)))
            reader.start()
            process = start(tmp_path, port=port)
            api.events.send("com.a", 2, source="/s")
            api.events.send("com.a", 3, source="/s")
            reader.join(30)
            assert got == [2, 3]
            with api.events.stream(patience_s=0.5) as impatient:
                process.stop()
                with pytest.raises(ServerUnreachable):
                    next(impatient)
    finally:
        process.process.kill()
        process.process.wait()


def test_counts_and_gateways_without_any(api: MockOps) -> None:
    assert list(api.traffic.counts(group_by=["workspace", "status"])) == []
    assert list(api.traffic.samples(status="5xx", since=datetime(2026, 1, 1, tzinfo=UTC))) == []
    assert list(api.gateways.list(state="all")) == []
    assert list(api.gateways.problems()) == []
