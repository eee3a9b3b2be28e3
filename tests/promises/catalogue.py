"""One example of every operation: a request that succeeds, made from things of its own.

A new endpoint needs an entry here; `test_every_operation_has_an_example` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api_world import Call, Operation, Organization, bundle, describe_api, fresh, operations_of, stub

Make = Callable[[Organization], Call]


@dataclass(frozen=True, kw_only=True)
class Example:
    """How an operation is called, and which promises it is excused from, with the reason."""

    make: Make
    who: str = "admin"
    """The least powerful of our callers that may: `root`, `admin` or, where nothing is changed, `viewer`."""
    shared: tuple[str, ...] = ()
    """Path parameters that are no ids: the same words exist in every organization."""
    is_only_asking: bool = False
    """A POST that changes nothing."""
    unaudited: str = ""
    """Why there is no audit entry."""
    is_quiet: bool = False
    """The audit entry says nothing about content: it is secret."""
    is_streaming: bool = False
    """Answers with server-sent events that never end."""


def entry(make: Make, **more: object) -> Example:
    return Example(make=make, **more)  # type: ignore[arg-type]


def nothing(_org: Organization) -> Call:
    return Call()


def _stub_of(org: Organization) -> dict[str, str]:
    workspace = org.with_contract()
    return {"workspace": workspace, "key": org.stub(workspace)}


def _scenario_of(org: Organization, *, is_published: bool = False) -> dict[str, str]:
    workspace = org.with_contract()
    return {"workspace": workspace, "name": org.scenario(workspace, is_published=is_published)}


def _role(org: Organization) -> dict[str, str]:
    workspace, member = org.workspace(), org.member()["id"]
    org.ask("PUT", f"/workspaces/{workspace}/roles/{member}", json={"role": "admin"})
    return {"workspace": workspace, "member": member}


def _version(org: Organization) -> dict[str, str]:
    workspace = org.workspace()
    return {"workspace": workspace, "version": org.config_version(workspace)["id"]}


def _set_pin(org: Organization) -> Call:
    workspace = org.workspace()
    version = org.config_version(workspace)["id"]
    params = {"workspace": workspace, "environment": "test"}
    return Call(params=params, body={"entity_type": "config", "version": version})


def _remove_pin(org: Organization) -> Call:
    call = _set_pin(org)
    path = f"/workspaces/{call.params['workspace']}/environments/test/pins"
    org.ask("PUT", path, json=call.body)
    return Call(params=call.params, query={"entity_type": "config"})


def _persona_version(org: Organization) -> str:
    found: str = org.persona_version(org.persona())["id"]
    return found


def _set_persona_pin(org: Organization) -> Call:
    name = org.persona()
    body = {"persona": name, "version": org.persona_version(name)["id"]}
    return Call(params={"environment": "test"}, body=body)


def _remove_persona_pin(org: Organization) -> Call:
    call = _set_persona_pin(org)
    org.ask("PUT", "/environments/test/personas", json=call.body)
    return Call(params=call.params, query={"persona": call.body["persona"]})


def _state() -> dict[str, object]:
    name = fresh("applied")
    return {"name": fresh("project"), "workspaces": [{"name": name, "stubs": [{"key": "a", "document": stub("a")}]}]}


def _event(_org: Organization) -> Call:
    body = {"specversion": "1.0", "id": fresh("ce"), "source": "/tests", "type": "order.paid", "data": {"n": 1}}
    return Call(body=body, headers={"Content-Type": "application/cloudevents+json"})


def _postman(org: Organization) -> Call:
    request = {"method": "GET", "url": "https://example.com/pets"}
    response = {"name": "ok", "originalRequest": request, "code": 200, "body": "[]"}
    item = {"name": "pets", "request": request, "response": [response]}
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    body = {"info": {"name": fresh("c"), "schema": schema}, "item": [item]}
    return Call(params={"workspace": org.workspace(), "format": "postman"}, body=body)


def _new_environment(org: Organization) -> Call:
    return Call(params={"workspace": org.workspace()}, body={"name": fresh("env")})


def _environment(org: Organization) -> dict[str, str]:
    workspace = org.workspace()
    return {"workspace": workspace, "environment": org.environment(workspace)}


def _doomed(org: Organization) -> Call:
    found = org.world.made("root", "POST", "/orgs", json={"name": fresh("doomed")})
    return Call(params={"org": found["id"]})


def _own(org: Organization) -> dict[str, str]:
    return {"org": org.ask("GET", "/me")["org_id"]}


def _reimport(org: Organization) -> Call:
    return Call(params={"workspace": org.with_contract()}, body=bundle(fresh("Pets again")))


EXAMPLES: dict[str, Example] = {
    "workspaces.get_me": entry(nothing),
    "workspaces.list_organizations": entry(nothing),
    "workspaces.create_organization": entry(lambda _: Call(body={"name": fresh("org")}), who="root"),
    "workspaces.get_organization": entry(lambda org: Call(params=_own(org))),
    "workspaces.update_organization": entry(lambda org: Call(params=_own(org), body={"title": fresh("Title")})),
    "workspaces.delete_organization": entry(_doomed, who="root"),
    "workspaces.list_teams": entry(nothing),
    "workspaces.create_team": entry(lambda _: Call(body={"name": fresh("team")})),
    "workspaces.get_team": entry(lambda org: Call(params={"team": org.team()["id"]})),
    "workspaces.update_team": entry(lambda org: Call(params={"team": org.team()["id"]}, body={"title": fresh("T")})),
    "workspaces.delete_team": entry(lambda org: Call(params={"team": org.team()["id"]})),
    "workspaces.list_members": entry(nothing),
    "workspaces.create_member": entry(lambda _: Call(body={"email": f"{fresh('new')}@example.com"})),
    "workspaces.change_members": entry(
        lambda _: Call(body={"items": [{"action": "create", "document": {"email": f"{fresh('bulk')}@example.com"}}]})
    ),
    "workspaces.get_member": entry(lambda org: Call(params={"member": org.member()["id"]})),
    "workspaces.update_member": entry(
        lambda org: Call(params={"member": org.member()["id"]}, body={"name": fresh("Name")})
    ),
    "workspaces.delete_member": entry(lambda org: Call(params={"member": org.member()["id"]})),
    "workspaces.list_tokens": entry(nothing),
    "workspaces.create_token": entry(lambda _: Call(body={"name": fresh("token")})),
    "workspaces.get_token": entry(lambda org: Call(params={"token": org.token()["id"]})),
    "workspaces.revoke_token": entry(lambda org: Call(params={"token": org.token()["id"]})),
    "workspaces.list_secrets": entry(nothing),
    "workspaces.get_secret": entry(lambda org: Call(params={"name": org.secret()})),
    "workspaces.set_secret": entry(
        lambda org: Call(params={"name": org.secret()}, body={"value": "hush-hush"}), shared=("name",), is_quiet=True
    ),
    "workspaces.delete_secret": entry(lambda org: Call(params={"name": org.secret()}), is_quiet=True),
    "workspaces.list_workspaces": entry(nothing),
    "workspaces.create_workspace": entry(lambda _: Call(body={"name": fresh("ws")})),
    "workspaces.get_workspace": entry(lambda org: Call(params={"workspace": org.workspace()})),
    "workspaces.update_workspace": entry(
        lambda org: Call(params={"workspace": org.workspace()}, body={"title": fresh("T")})
    ),
    "workspaces.delete_workspace": entry(lambda org: Call(params={"workspace": org.workspace()})),
    "workspaces.list_roles": entry(lambda org: Call(params={"workspace": org.workspace()})),
    "workspaces.set_role": entry(
        lambda org: Call(params={"workspace": org.workspace(), "member": org.member()["id"]}, body={"role": "admin"})
    ),
    "workspaces.unset_role": entry(lambda org: Call(params=_role(org))),
    "workspaces.list_environments": entry(lambda org: Call(params={"workspace": org.workspace()})),
    "workspaces.create_environment": entry(_new_environment),
    "workspaces.get_environment": entry(lambda org: Call(params=_environment(org))),
    "workspaces.update_environment": entry(
        lambda org: Call(params=_environment(org), body={"settings": {"validation": "off"}})
    ),
    "workspaces.delete_environment": entry(lambda org: Call(params=_environment(org))),
    "workspaces.list_pins": entry(lambda org: Call(params={"workspace": org.workspace(), "environment": "dev"})),
    "workspaces.set_pin": entry(_set_pin),
    "workspaces.remove_pin": entry(_remove_pin),
    "workspaces.list_persona_pins": entry(lambda _: Call(params={"environment": "dev"}), shared=("environment",)),
    "workspaces.set_persona_pin": entry(_set_persona_pin, shared=("environment",)),
    "workspaces.remove_persona_pin": entry(_remove_persona_pin, shared=("environment",)),
    "workspaces.list_versions": entry(lambda org: Call(params={"workspace": org.workspace()})),
    "workspaces.get_version": entry(lambda org: Call(params=_version(org))),
    "workspaces.label_version": entry(lambda org: Call(params=_version(org), body={"label": "7.0.0"})),
    "workspaces.get_version_content": entry(lambda org: Call(params=_version(org))),
    "workspaces.list_persona_versions": entry(nothing),
    "workspaces.get_persona_version": entry(lambda org: Call(params={"version": _persona_version(org)})),
    "workspaces.get_persona_version_content": entry(lambda org: Call(params={"version": _persona_version(org)})),
    "contracts.create_contract": entry(lambda _: Call(body=bundle(fresh("Pets")))),
    "contracts.list_contracts": entry(nothing),
    "contracts.find_missing_contracts": entry(lambda _: Call(body={"digests": ["0" * 64]}), is_only_asking=True),
    "contracts.get_contract": entry(lambda org: Call(params={"digest": org.contract(fresh("Own"))})),
    "contracts.get_contract_bundle": entry(lambda org: Call(params={"digest": org.contract(fresh("Own"))})),
    "contracts.get_workspace_contract": entry(lambda org: Call(params={"workspace": org.with_contract()})),
    "contracts.set_workspace_contract": entry(
        lambda org: Call(params={"workspace": org.workspace()}, body={"digest": org.contract()})
    ),
    "contracts.unset_workspace_contract": entry(lambda org: Call(params={"workspace": org.with_contract()})),
    "contracts.get_contract_document": entry(lambda org: Call(params={"workspace": org.with_contract()})),
    "contracts.list_contract_operations": entry(lambda org: Call(params={"workspace": org.with_contract()})),
    "contracts.reimport_contract": entry(_reimport),
    "mocking.list_workspace_stubs": entry(lambda org: Call(params={"workspace": org.workspace()})),
    "mocking.create_stub": entry(
        lambda org: Call(params={"workspace": org.with_contract()}, body={"document": stub(fresh("stub"))})
    ),
    "mocking.change_stubs": entry(
        lambda org: Call(
            params={"workspace": org.with_contract()},
            body={"items": [{"action": "create", "document": stub(fresh("stub"))}]},
        )
    ),
    "mocking.get_stub": entry(lambda org: Call(params=_stub_of(org))),
    "mocking.replace_stub": entry(
        lambda org: (lambda params: Call(params=params, body={"document": {**stub(params["key"]), "priority": 7}}))(
            _stub_of(org)
        )
    ),
    "mocking.patch_stub": entry(lambda org: Call(params=_stub_of(org), body={"document": {"priority": 9}})),
    "mocking.delete_stub": entry(lambda org: Call(params=_stub_of(org))),
    "mocking.list_workspace_scenarios": entry(lambda org: Call(params={"workspace": org.workspace()})),
    "mocking.create_scenario": entry(
        lambda org: Call(params={"workspace": org.workspace()}, body={"document": {"name": fresh("s"), "rules": []}})
    ),
    "mocking.publish_workspace_scenario": entry(lambda org: Call(params=_scenario_of(org), body={})),
    "mocking.deprecate_workspace_scenario": entry(lambda org: Call(params=_scenario_of(org, is_published=True))),
    "mocking.get_scenario": entry(lambda org: Call(params=_scenario_of(org))),
    "mocking.replace_scenario": entry(
        lambda org: (
            lambda params: Call(
                params=params, body={"document": {"name": params["name"], "description": "new", "rules": []}}
            )
        )(_scenario_of(org))
    ),
    "mocking.patch_scenario": entry(
        lambda org: Call(params=_scenario_of(org), body={"document": {"description": "new"}})
    ),
    "mocking.delete_scenario": entry(lambda org: Call(params=_scenario_of(org))),
    "mocking.import_stubs": entry(_postman, shared=("format",)),
    "mocking.list_organization_personas": entry(nothing),
    "mocking.create_persona": entry(lambda _: Call(body={"document": {"name": fresh("persona")}})),
    "mocking.change_personas": entry(
        lambda _: Call(body={"items": [{"action": "create", "document": {"name": fresh("persona")}}]})
    ),
    "mocking.get_persona": entry(lambda org: Call(params={"name": org.persona()})),
    "mocking.replace_persona": entry(
        lambda org: (lambda name: Call(params={"name": name}, body={"document": {"name": name, "seed": 3}}))(
            org.persona()
        )
    ),
    "mocking.patch_persona": entry(lambda org: Call(params={"name": org.persona()}, body={"document": {"seed": 4}})),
    "mocking.delete_persona": entry(lambda org: Call(params={"name": org.persona()})),
    "projects.plan": entry(lambda _: Call(body={"project": _state()}), is_only_asking=True),
    "projects.apply": entry(lambda _: Call(body={"project": _state()})),
    "projects.export": entry(nothing),
    "workspaces.list_audit": entry(nothing),
    "events.stream_events": entry(nothing, is_streaming=True),
    "events.list_events": entry(nothing),
    "events.create_events": entry(_event, unaudited="the event log names the actor of every event, and keeps it"),
    "events.get_event": entry(lambda org: Call(params={"event_id": org.event()})),
    "gateways.list_gateways": entry(nothing),
    "gateways.list_problems": entry(nothing),
    "gateways.get_applied": entry(lambda _: Call(query={"revision": 1})),
    "traffic.list_counts": entry(nothing),
    "traffic.list_samples": entry(nothing),
    "traffic.stream_samples": entry(nothing, is_streaming=True),
}

DOCUMENT = describe_api()
OPERATIONS = operations_of(DOCUMENT)


def names(fits: Callable[[Operation, Example], bool] = lambda _operation, _example: True) -> list[str]:
    """Return the operations that a promise is about; those without an example are missed by the promise about them."""
    known = (name for name in sorted(EXAMPLES) if name in OPERATIONS)
    return [name for name in known if fits(OPERATIONS[name], EXAMPLES[name])]


def answers(_operation: Operation, example: Example) -> bool:
    return not example.is_streaming


def has_body(operation: Operation, _example: Example) -> bool:
    return "requestBody" in operation.document


def changes(operation: Operation, example: Example) -> bool:
    return operation.is_write and not example.is_only_asking
