"""The slice's endpoints, asked through a real application on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mockops.workspaces.service.blobs import save_blob
from mockops.workspaces.service.versions import record_version

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from mockops.infra.db.database import Database
    from mockops.workspaces.model.organizations import Organization

MISSING = "00000000-0000-4000-8000-000000000000"


def by(who: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {who}", **headers}


def made(client: TestClient, path: str, who: str = "admin", **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body, headers=by(who))
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    assert client.get(answer.headers["location"].removeprefix("/api/v1"), headers=by(who)).status_code == 200
    return shown


def listed(client: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": 2, **query, **({"cursor": cursor} if cursor else {})}
        answer = client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_workspaces_from_creation_to_deletion(client: TestClient, cuts: Any) -> None:
    answer = client.post(
        "/workspaces",
        json={"name": "payments", "environments": ["dev", {"name": "live", "settings": {"seed": 1}}]},
        headers=by("editor"),
    )
    assert answer.status_code == 201
    assert int(answer.headers["mockops-revision"]) > 0
    assert answer.headers["etag"] == '"1"'
    shown = answer.json()
    environments = client.get("/workspaces/payments/environments").json()
    assert [(each["name"], each["settings"]) for each in environments["items"]] == [("dev", {}), ("live", {"seed": 1})]
    one = f"/workspaces/{shown['id']}"
    assert client.get(one, headers={"If-None-Match": '"1"'}).status_code == 304
    changed = client.patch(one, json={"settings": {"seed": 2}}, headers=by("editor", **{"If-Match": '"1"'}))
    assert (changed.status_code, changed.json()["version"], changed.json()["settings"]) == (200, 2, {"seed": 2})
    assert cuts.names == ["payments", "payments"]
    assert code(client.patch(one, json={"title": "x"}, headers={"If-Match": '"1"'})) == (
        412,
        "workspace.changed_meanwhile",
    )
    assert client.patch(one, json={"name": "billing"}).json()["id"] == shown["id"]
    assert code(client.get("/workspaces/payments")) == (404, "workspace.unknown")
    assert code(client.delete(one, headers=by("editor"))) == (403, "access.role_too_low")
    assert code(client.delete(one, headers=by("approver", **{"If-Match": '"1"'}))) == (
        412,
        "workspace.changed_meanwhile",
    )
    assert client.delete(one, headers=by("approver", **{"If-Match": '"3"'})).status_code == 204
    assert client.get(one).status_code == 404


def test_every_bad_field_is_named(client: TestClient) -> None:
    answer = client.post(
        "/workspaces",
        json={
            "name": "ok",
            "settings": {"validation": "enforced", "cors": {"origin": []}},
            "environments": ["dev", "dev", {"name": "x", "settings": {"sed": 1}}],
        },
    )
    assert code(answer) == (422, "workspace.invalid")
    errors = {error["pointer"]: error.get("hint") for error in answer.json()["errors"]}
    assert errors["/settings/validation"] == "did you mean `enforce`?"
    assert errors["/settings/cors/origin"] == "did you mean `origins`?"
    assert errors["/environments/2/settings/sed"] == "did you mean `seed`?"
    assert "/environments/1/name" in errors
    bad_name = client.post("/workspaces", json={"name": "My API"})
    assert code(bad_name) == (422, "workspace.name_invalid")
    assert bad_name.json()["errors"][0]["hint"] == "use `my-api`"
    unknown = client.post("/workspaces", json={"name": "ok", "titel": "x"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/titel")
    assert code(client.get("/workspaces", params={"label": '"x'})) == (422, "workspace.invalid")


def test_lists_come_in_pages_with_filters(client: TestClient) -> None:
    made(client, "/teams", name="money", title="Money")
    for number in range(5):
        made(client, "/workspaces", name=f"pay-{number}", team="money", labels={"odd": str(number % 2)})
    made(client, "/workspaces", name="auth", title="Who")
    assert [each["name"] for each in listed(client, "/workspaces")] == ["auth", *(f"pay-{n}" for n in range(5))]
    assert [each["name"] for each in listed(client, "/workspaces", label="odd:1")] == ["pay-1", "pay-3"]
    assert [each["name"] for each in listed(client, "/workspaces", q="WHO")] == ["auth"]
    assert len(listed(client, "/workspaces", name="pay-*", team="money")) == 5
    assert code(client.get("/workspaces?team=nobody")) == (404, "team.unknown")
    assert code(client.get("/workspaces?cursor=x")) == (422, "api.cursor_invalid")
    assert len(listed(client, "/orgs")) == 1
    assert [each["name"] for each in client.get("/orgs", headers=by("root")).json()["items"]] == ["acme", "rival"]


def test_another_organizations_things_do_not_exist(client: TestClient) -> None:
    """The answer to a stranger is, but for the id, the answer to somebody who asks for nothing that exists."""
    workspace = made(client, "/workspaces", name="payments")
    environment = client.get("/workspaces/payments/environments/dev").json()
    team = made(client, "/teams", name="money")
    member = made(client, "/members", email="ann@example.com")
    token = made(client, "/tokens", name="ci")
    client.put("/secrets/A", json={"value": "x"})
    org = client.get("/me").json()["org_id"]
    w, e = f"/workspaces/{workspace['id']}", f"/environments/{environment['id']}"
    stranger = by("admin@rival")
    asked = [
        ("GET", w, workspace["id"], None),
        ("PATCH", w, workspace["id"], {"title": "x"}),
        ("DELETE", w, workspace["id"], None),
        ("GET", f"{w}/environments", workspace["id"], None),
        ("POST", f"{w}/environments", workspace["id"], {"name": "x"}),
        ("PATCH", f"{w}{e}", workspace["id"], {"settings": {}}),
        ("GET", f"{w}{e}/pins", workspace["id"], None),
        ("PUT", f"{w}{e}/pins", workspace["id"], {"entity_type": "config", "version": "x"}),
        ("GET", f"{w}/versions", workspace["id"], None),
        ("GET", f"{w}/roles", workspace["id"], None),
        ("PUT", f"{w}/roles/{member['id']}", workspace["id"], {"role": "admin"}),
        ("GET", "/audit?workspace=payments", "payments", None),
        ("GET", f"/teams/{team['id']}", team["id"], None),
        ("PATCH", f"/teams/{team['id']}", team["id"], {"title": "x"}),
        ("GET", f"/members/{member['id']}", member["id"], None),
        ("DELETE", f"/members/{member['id']}", member["id"], None),
        ("GET", f"/tokens/{token['id']}", token["id"], None),
        ("DELETE", f"/tokens/{token['id']}", token["id"], None),
        ("GET", "/secrets/A", "A", None),
        ("DELETE", "/secrets/A", "A", None),
        ("GET", f"/orgs/{org}", org, None),
        ("GET", "/orgs/acme", "acme", None),
    ]
    for method, path, named, body in asked:
        theirs = client.request(method, path, json=body, headers=stranger)
        other = MISSING if len(named) == 36 else "Q1"
        nothing = client.request(method, path.replace(named, other), json=body, headers=stranger)
        assert theirs.status_code == nothing.status_code == 404, (method, path, theirs.text)
        assert theirs.text.replace(named, other) == nothing.text
    assert listed(client, "/workspaces", limit=500)
    for path in ("/workspaces", "/teams", "/members", "/tokens", "/secrets"):
        assert client.get(path, headers=stranger).json()["items"] == []
    assert {each["org"] for each in [client.get("/me", headers=stranger).json()]} == {"rival"}
    assert client.get("/audit?workspace=" + workspace["id"], headers=stranger).json()["items"] == []


def test_environments_are_edited(client: TestClient) -> None:
    made(client, "/workspaces", name="payments")
    made(client, "/workspaces/payments/environments", name="load", position=1)
    names = [each["name"] for each in client.get("/workspaces/payments/environments").json()["items"]]
    assert names == ["dev", "load", "test", "prod"]
    one = "/workspaces/payments/environments/load"
    changed = client.patch(one, json={"settings": {"seed": 3}}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.headers["mockops-revision"]
    assert code(client.patch(one, json={"settings": {}}, headers={"If-Match": '"1"'}))[0] == 412
    assert code(client.patch(one, json={"settings": {}}, headers=by("editor"))) == (403, "access.role_too_low")
    assert client.delete(one).status_code == 204
    assert code(client.get(one)) == (404, "environment.unknown")


def test_versions_are_pinned_along_the_environments(client: TestClient, database: Database, acme: Organization) -> None:
    workspace = made(client, "/workspaces", name="payments")
    with database.write() as tx:
        for content in (b'{"a":1}', b'{"a":2}'):
            version = record_version(
                tx,
                org_id=acme.id,
                workspace_id=workspace["id"],
                entity_type="scenario",
                entity_key="out/age",
                hash=save_blob(tx, content),
            )
        persona = record_version(
            tx, org_id=acme.id, workspace_id="", entity_type="persona", entity_key="vip", hash=save_blob(tx, b"{}")
        )
        config = record_version(
            tx, org_id=acme.id, workspace_id=workspace["id"], entity_type="config", hash=save_blob(tx, b"[]")
        )
    found = listed(client, "/workspaces/payments/versions", entity_type="scenario", limit=1)
    assert {each["label"] for each in found} == {"1.0.0", "1.0.1"}
    content = client.get(f"/workspaces/payments/versions/{version.id}/content")
    assert (content.json(), content.headers["content-type"]) == ({"a": 2}, "application/json")
    assert code(client.get(f"/versions/{version.id}")) == (404, "version.unknown")
    labelled = client.patch(f"/workspaces/payments/versions/{config.id}", json={"label": "1.0.0"}, headers=by("editor"))
    assert labelled.json()["label"] == "1.0.0"
    assert code(client.patch(f"/workspaces/payments/versions/{config.id}", json={"label": "x"})) == (
        422,
        "version.label_invalid",
    )
    dev, test = (f"/workspaces/payments/environments/{name}/pins" for name in ("dev", "test"))
    wish = {"entity_type": "scenario", "entity_key": "out/age", "version": "1.0.1"}
    pinned = client.put(dev, json=wish, headers=by("editor"))
    assert (pinned.status_code, pinned.json()["version_id"]) == (200, version.id)
    assert pinned.headers["mockops-revision"]
    assert code(client.put(test, json=wish, headers=by("editor"))) == (403, "access.role_too_low")
    refused = client.put(test, json={**wish, "version": "1.0.0"}, headers=by("approver"))
    assert code(refused) == (409, "workspace.promotion_required")
    assert "'dev' has 1.0.1" in refused.json()["detail"]
    assert client.put(test, json=wish, headers=by("approver")).status_code == 200
    assert [each["label"] for each in client.get(test).json()["items"]] == ["1.0.1"]
    query = {"entity_type": "scenario", "entity_key": "out/age"}
    assert client.delete(test, params=query).status_code == 204
    assert code(client.delete(test, params=query)) == (404, "pin.unknown")
    assert client.get(f"/versions/{persona.id}").json()["entity_key"] == "vip"
    assert client.get(f"/versions/{persona.id}/content").text == "{}"
    assert [each["id"] for each in listed(client, "/versions", persona="vip")] == [persona.id]
    wish = {"persona": "vip", "version": "1.0.0"}
    assert client.put("/environments/dev/personas", json=wish, headers=by("editor")).json()["hash"] == persona.hash
    assert code(client.put("/environments/prod/personas", json=wish)) == (409, "workspace.promotion_required")
    assert [each["persona"] for each in client.get("/environments/dev/personas").json()["items"]] == ["vip"]
    assert client.delete("/environments/dev/personas?persona=vip").status_code == 204
    assert code(client.get("/environments/nowhere/personas")) == (404, "environment.unknown")


def test_members_one_by_one_and_many_at_once(client: TestClient) -> None:
    made(client, "/teams", name="money")
    ann = made(client, "/members", email="Ann@example.com", role="admin", teams=["money"])
    assert (ann["email"], ann["teams"], ann["has_logged_in"]) == ("ann@example.com", ["money"], False)
    one = "/members/ann@example.com"
    assert code(client.delete(one)) == (409, "member.last_admin")
    assert code(client.patch(one, json={"role": "viewer"})) == (409, "member.last_admin")
    assert code(client.post("/members", json={"email": "nobody"})) == (422, "member.invalid")
    assert client.patch(one, json={"name": "Ann"}, headers={"If-Match": '"1"'}).headers["etag"] == '"2"'
    items = [
        {"action": "create", "document": {"email": "bob@example.com", "role": "editor"}},
        {"action": "create", "document": {"email": "bob@example.com"}},
        {"action": "create", "document": {"name": "x"}},
        {"action": "update", "id": "ann@example.com", "version": 1, "document": {"name": "x"}},
        {"action": "update", "id": "ann@example.com", "version": 2, "document": {"name": "Anna"}},
        {"action": "delete", "id": "nobody@example.com"},
        {"action": "delete", "id": "bob@example.com"},
    ]
    shown = client.post("/members/bulk", json={"items": items}).json()
    assert [each["status"] for each in shown["results"]] == [201, 409, 422, 412, 200, 404, 204]
    assert (shown["succeeded"], shown["failed"]) == (3, 4)
    assert [(each["email"], each["name"]) for each in listed(client, "/members")] == [("ann@example.com", "Anna")]
    assert code(client.post("/members/bulk", json={"items": items}, headers=by("editor")))[0] == 403
    assert listed(client, "/members", role="viewer") == []
    made(client, "/workspaces", name="payments")
    role = client.put("/workspaces/payments/roles/ann@example.com", json={"role": "viewer"})
    assert (role.status_code, role.json()["role"]) == (200, "viewer")
    assert [each["email"] for each in listed(client, "/workspaces/payments/roles")] == ["ann@example.com"]
    assert client.delete("/workspaces/payments/roles/ann@example.com").status_code == 204
    assert code(client.delete("/workspaces/payments/roles/ann@example.com")) == (404, "role.unset")


def test_a_token_is_shown_once_and_lets_in_until_it_is_revoked(client: TestClient) -> None:
    made(client, "/workspaces", name="payments")
    made(client, "/workspaces", name="billing")
    token = made(client, "/tokens", name="ci", role="editor", workspaces=["payments"], expires_at="never")
    text = token["token"]
    assert text[:8] == token["prefix"]
    assert "token" not in client.get(f"/tokens/{token['id']}").json()
    assert text not in client.get("/tokens").text
    me = client.get("/me", headers=by(text)).json()
    assert (me["kind"], me["org"], me["role"], len(me["workspaces"])) == ("token", "acme", "editor", 1)
    assert [each["name"] for each in client.get("/workspaces", headers=by(text)).json()["items"]] == ["payments"]
    assert client.patch("/workspaces/payments", json={"title": "x"}, headers=by(text)).status_code == 200
    assert client.get("/workspaces/billing", headers=by(text)).status_code == 404
    assert code(client.post("/tokens", json={"name": "x"}, headers=by(text))) == (403, "access.role_too_low")
    assert code(client.post("/tokens", json={"name": "x", "role": "admin"}, headers=by("editor"))) == (
        403,
        "token.too_powerful",
    )
    past = client.post("/tokens", json={"name": "x", "expires_at": "2020-01-01T00:00:00Z"})
    assert code(past) == (422, "token.invalid")
    assert past.json()["errors"][0]["pointer"] == "/expires_at"
    assert client.delete(f"/tokens/{token['id']}").status_code == 204
    assert client.get("/me", headers=by(text)).status_code == 401
    assert listed(client, "/tokens") == []
    assert len(listed(client, "/tokens", revoked=True)) == 1


def test_secrets_are_never_answered(client: TestClient) -> None:
    put = client.put("/secrets/SLACK_URL", json={"value": "s3cr3t"})
    assert (put.status_code, put.headers["etag"]) == (200, '"1"')
    assert client.put("/secrets/SLACK_URL", json={"value": "s3cr3t-2"}, headers={"If-Match": '"1"'}).status_code == 200
    assert code(client.put("/secrets/SLACK_URL", json={"value": "x"}, headers={"If-Match": '"1"'}))[0] == 412
    assert [each["name"] for each in listed(client, "/secrets")] == ["SLACK_URL"]
    assert code(client.put("/secrets/a-b", json={"value": "s3cr3t"})) == (422, "secret.invalid")
    answers = [
        put,
        client.get("/secrets"),
        client.get("/secrets/SLACK_URL"),
        client.get("/audit"),
        client.put("/secrets/a-b", json={"value": "s3cr3t"}),
        client.put("/secrets/A", json={"value": ["s3cr3t"]}),
    ]
    assert not [each for each in answers if "s3cr3t" in each.text]
    assert code(client.put("/secrets/A", json={"value": "x"}, headers=by("editor")))[0] == 403
    assert client.delete("/secrets/SLACK_URL").status_code == 204
    assert code(client.get("/secrets/SLACK_URL")) == (404, "secret.unknown")


def test_organizations_are_managed_by_who_manages_the_installation(client: TestClient) -> None:
    assert code(client.post("/orgs", json={"name": "new"})) == (403, "access.role_too_low")
    org = made(client, "/orgs", who="root", name="new", environments=["dev", "live"])
    assert org["environments"] == ["dev", "live"]
    assert code(client.post("/orgs", json={"name": "new"}, headers=by("root"))) == (409, "organization.exists")
    changed = client.patch("/orgs/new", json={"title": "New"}, headers=by("root", **{"If-Match": '"1"'}))
    assert (changed.status_code, changed.json()["title"]) == (200, "New")
    assert client.patch("/orgs/acme", json={"title": "Acme"}).status_code == 200
    assert code(client.patch("/orgs/acme", json={"title": "Acme"}, headers=by("editor")))[0] == 403
    assert code(client.delete("/orgs/acme", headers=by("root"))) == (409, "organization.not_empty")
    assert client.delete("/orgs/new", headers=by("root")).status_code == 204


def test_the_audit_trail_tells_who_changed_what(client: TestClient) -> None:
    workspace = made(client, "/workspaces", who="editor", name="payments")
    client.patch("/workspaces/payments", json={"title": "Pay"}, headers=by("approver"))
    made(client, "/teams", name="money")
    entries = listed(client, "/audit")
    assert [each["action"] for each in entries][:3] == ["team.created", "workspace.updated", "workspace.created"]
    assert (entries[1]["before"], entries[1]["after"]) == ({"title": ""}, {"title": "Pay"})
    assert len(listed(client, "/audit", workspace="payments")) == 2
    assert len(listed(client, "/audit", workspace=workspace["id"], action="*.updated")) == 1
    assert [each["actor"] for each in listed(client, "/audit", actor="approver")] == ["approver"]
    assert listed(client, "/audit", entity_type="team", entity_id="x") == []
    noon = "2026-03-02T12:00:00Z"
    assert len(listed(client, "/audit", **{"from": noon})) == len(entries)
    assert listed(client, "/audit", to=noon) == []
    assert code(client.get("/audit", headers=by("approver"))) == (403, "access.role_too_low")
    assert code(client.get("/audit?from=yesterday"))[0] == 422
    assert len(listed(client, "/audit", **{"from": "0001-01-01T00:00:00+14:00"})) == len(entries)
    assert len(listed(client, "/audit", to="9999-12-31T23:59:59-14:00")) == len(entries)
    client.delete("/workspaces/payments")
    assert len(listed(client, "/audit", workspace=workspace["id"])) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/workspaces/a%00b",
        "/members/a%00b",
        "/workspaces?q=a%00b",
        "/workspaces/x/versions?entity_key=%00",
        "/audit?actor=%00",
    ],
)
def test_what_no_database_keeps_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 422)


def test_the_same_post_twice_makes_one_workspace(client: TestClient) -> None:
    headers = by("editor", **{"Idempotency-Key": "k"})
    first = client.post("/workspaces", json={"name": "payments"}, headers=headers)
    again = client.post("/workspaces", json={"name": "payments"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
