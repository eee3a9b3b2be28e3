"""The client against the API's own description: each operation has a method, each name and type is the API's."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import httpx2
import msgspec
import pytest
from fastapi import FastAPI

from mockops.client import MockOps, shown
from mockops.client.access import Audit, Members, Organizations, Secrets, Teams, Tokens
from mockops.client.base import Api
from mockops.client.contracts import ContractOf, Contracts
from mockops.client.events import Events
from mockops.client.listing import Listing
from mockops.client.mocking import Imports, Personas, Scenarios, Stubs
from mockops.client.projects import Projects
from mockops.client.shown import access, bulk, contracts, events, findings, mocking, traffic, workspaces
from mockops.client.shown.bulk import BulkChange
from mockops.client.traffic import Gateways, Traffic
from mockops.client.workspaces import Environments, PersonaPins, PersonaVersions, Pins, Roles, Versions, Workspaces
from mockops.contracts.model import Bundle, ContractConflict
from mockops.control.openapi import describe
from mockops.control.routers import ROUTERS
from mockops.core.actor import Role
from mockops.core.json import Json, JsonObject
from mockops.workspaces.model.projects import Preference, ProjectState
from mockops.workspaces.model.versions import EntityType

assert shown

GLOBAL = (
    Organizations,
    Teams,
    Members,
    Tokens,
    Secrets,
    Audit,
    Workspaces,
    Contracts,
    Personas,
    PersonaVersions,
    Projects,
    Events,
    Gateways,
    Traffic,
)
OF_WORKSPACE = (Roles, Environments, Versions, ContractOf, Stubs, Scenarios, Imports)
MOMENT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@cache
def document() -> dict[str, Any]:
    """Return the API's description."""
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router.api, prefix="/api/v1")
    return describe(app)


@cache
def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return method, path and operation by operationId."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


class Sent(Exception):
    """A request was about to be sent."""


class Recorder:
    """Refuses every request with an exception, and keeps it."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        raise Sent


def value_of(kind: Any, name: str) -> Any:
    """Return a value that a parameter takes."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return value_of(next(each for each in arguments if each is not type(None)), name)
    if origin is Literal:
        return next(each for each in arguments if each)
    if name == "changes":
        return [BulkChange.create({"name": "x"})]
    if name == "events":
        return [{"id": "1"}]
    if name == "digests":
        return ["0" * 64]
    if origin in (list, tuple, Sequence):
        return [value_of(arguments[0], name)]
    if origin in (dict, Mapping) or kind in (dict, typing.Any):
        return {"k": "v"}
    known = {
        str: "x",
        int: 3,
        float: 2.0,
        bool: True,
        bytes: b"openapi: 3.0.0",
        datetime: MOMENT,
        Role: Role.EDITOR,
        EntityType: EntityType.CONFIG,
        Bundle: Bundle(root="a.json", files={"a.json": b"{}"}),
        ProjectState: ProjectState(name="p"),
    }
    return known[kind]


def names_of(module: str) -> dict[str, Any]:
    """Return what annotations of a module of the client may name; some names are for type checkers alone."""
    found = dict(vars(__import__(module, fromlist=["_"])))
    more = {"Bundle": Bundle, "Sequence": Sequence, "Mapping": Mapping, "datetime": datetime, "Role": Role}
    more |= {"Json": Json, "JsonObject": JsonObject, "EntityType": EntityType, "ProjectState": ProjectState}
    more |= {"Files": Mapping[str, str], "BulkChange": BulkChange, "Preference": Preference}
    return found | more


def calls() -> list[tuple[str, type, str]]:
    """Return each public method of each namespace that sends requests."""
    found = [("MockOps.me", MockOps, "me")]
    for owner in (*GLOBAL, *OF_WORKSPACE, Pins, PersonaPins):
        for name, member in vars(owner).items():
            if not name.startswith("_") and inspect.isfunction(member):
                found.append((f"{owner.__name__}.{name}", owner, name))
    return found


@cache
def request_of(owner: type, name: str) -> tuple[httpx2.Request, Any]:
    """Return what a method sends when it is called with a value for every parameter, and what it is said to return."""
    recorder = Recorder()
    api = Api("http://server.test", transport=httpx2.MockTransport(recorder), attempts=1)
    arguments: dict[type, tuple[Any, ...]] = {Pins: (api, "w", "e"), PersonaPins: (api, "e"), MockOps: (api,)}
    given = arguments.get(owner, (api, "w") if owner in OF_WORKSPACE else (api,))
    made = MockOps.over(api) if owner is MockOps else owner(*given)
    method = getattr(made, name)
    names = names_of(owner.__module__)
    values = {}
    for parameter in inspect.signature(method).parameters.values():
        if parameter.name not in ("timeout_s", "patience_s"):
            kind = eval(str(parameter.annotation), names)
            values[parameter.name] = value_of(kind, parameter.name)
    try:
        result = method(**values)
        if isinstance(result, Listing):
            result.page(limit=7, cursor="c")
    except Sent:
        pass
    [request] = recorder.requests
    return request, inspect.signature(method).return_annotation


def operation_of(request: httpx2.Request) -> str:
    """Return the operationId of what a request is for."""
    path = request.url.raw_path.decode().partition("?")[0]
    fits = [
        (template.count("{"), name)
        for name, (method, template, _) in operations().items()
        if method == request.method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
    ]
    assert fits, f"the API has no {request.method} {path}"
    return min(fits)[1]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema refers to."""
    if "$ref" in schema:
        found: dict[str, Any] = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return resolved(found)
    if "anyOf" in schema:
        [one] = [each for each in schema["anyOf"] if each.get("type") != "null"]
        return resolved(one)
    return schema


@cache
def sent_by() -> dict[str, list[str]]:
    """Return the methods that send each operation."""
    found: dict[str, list[str]] = {}
    for title, owner, name in calls():
        found.setdefault(operation_of(request_of(owner, name)[0]), []).append(title)
    return found


def test_every_operation_of_the_api_has_a_method() -> None:
    assert operations().keys() - sent_by().keys() == set()


@pytest.mark.parametrize(("owner", "name"), [pytest.param(owner, name, id=title) for title, owner, name in calls()])
def test_a_method_sends_only_what_the_operation_takes(owner: type, name: str) -> None:
    request, _ = request_of(owner, name)
    _, _, operation = operations()[operation_of(request)]
    known = {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"}
    assert set(request.url.params.keys()) <= known
    for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
        if media_type == "application/json" and request.headers["content-type"] == media_type:
            properties = resolved(body["schema"]).get("properties")
            if properties is not None:
                assert set(msgspec.json.decode(request.content)) <= set(properties)


@pytest.mark.parametrize(("owner", "name"), [pytest.param(owner, name, id=title) for title, owner, name in calls()])
def test_a_method_that_reads_lets_every_filter_be_said(owner: type, name: str) -> None:
    request, _ = request_of(owner, name)
    method, path, operation = operations()[operation_of(request)]
    known = {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"}
    left_out = known - set(request.url.params.keys())
    if request.method == "GET" and path.endswith("/document"):
        left_out -= {"format"}
    if name == "stream":  # without a position it asks for the newest entry first
        left_out -= {"after"}
    if method == "GET" and left_out:
        others = {title for title in sent_by()[operation["operationId"]] if title != f"{owner.__name__}.{name}"}
        assert others, f"no method says {left_out}"


STRUCTS = {
    "MeShown": access.Me,
    "OrganizationShown": access.Organization,
    "TeamShown": access.Team,
    "MemberShown": access.Member,
    "WorkspaceRoleShown": access.WorkspaceRole,
    "TokenShown": access.Token,
    "TokenMade": access.NewToken,
    "SecretShown": access.Secret,
    "AuditEntryShown": access.AuditEntry,
    "WorkspaceShown": workspaces.Workspace,
    "EnvironmentShown": workspaces.Environment,
    "mockops__workspaces__api__versions__VersionShown": workspaces.Version,
    "PinShown": workspaces.Pin,
    "PersonaPinShown": workspaces.PersonaPin,
    "ContractSummary": contracts.ContractSummary,
    "ContractShown": contracts.Contract,
    "WorkspaceContractShown": contracts.WorkspaceContract,
    "OperationShown": contracts.Operation,
    "ReimportShown": contracts.ReimportReport,
    "FoundShown": findings.Finding,
    "StubShown": mocking.Stub,
    "ScenarioShown": mocking.Scenario,
    "ScenarioDetails": mocking.ScenarioDetails,
    "mockops__mocking__api__shapes__VersionShown": mocking.PublishedVersion,
    "PersonaShown": mocking.Persona,
    "ConflictShown": mocking.ConflictingValue,
    "ItemConflictsShown": mocking.ItemConflicts,
    "ImportShown": mocking.ImportReport,
    "GatewayShown": traffic.Gateway,
    "AppliedShown": traffic.Rollout,
    "TargetProblemShown": traffic.TargetProblem,
    "CountShown": traffic.Count,
    "SampleShown": traffic.Sample,
    "EventShown": events.Event,
    "EventTaken": events.EventTaken,
    "BulkResult": bulk.BulkResult,
    "BulkShown": bulk.BulkResults,
}
ELSEWHERE = {"MissingShown", "EventsTaken", "TargetProblemsShown"}
"""Shown, but read by other means: a list of texts, a list of events taken, a page."""


def test_everything_that_the_api_shows_is_typed() -> None:
    answered = set()
    for _, _, operation in operations().values():
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema", {})
            if status.startswith("2") and "$ref" in schema:
                answered.add(schema["$ref"].rpartition("/")[2])
    own = {name for name in answered if not name.startswith("Listed_")}
    projects = {"Plan", "Applied", "ProjectState"}  # the slices' own structs, on both sides
    assert own - STRUCTS.keys() - ELSEWHERE - projects == set()


@pytest.mark.parametrize("name", STRUCTS)
def test_a_struct_has_the_fields_of_the_schema(name: str) -> None:
    schema = document()["components"]["schemas"][name]
    fields = {field.encode_name: field for field in msgspec.structs.fields(STRUCTS[name])}
    properties = schema["properties"]
    assert properties.keys() - fields.keys() == set()
    for field in fields.values():
        if field.encode_name not in properties or field.encode_name not in schema.get("required", ()):
            assert not field.required, f"{field.name} may be missing"


@pytest.mark.parametrize("name", STRUCTS)
def test_a_field_has_the_type_of_the_schema(name: str) -> None:
    properties = document()["components"]["schemas"][name]["properties"]
    for field in msgspec.structs.fields(STRUCTS[name]):
        if field.encode_name in properties:
            assert fits(properties[field.encode_name], field.type), f"{field.name}: {field.type}"


def fits(schema: dict[str, Any], kind: Any) -> bool:
    """Say whether what a schema allows can be read as a type."""
    if get_origin(kind) in (Union, types.UnionType):
        options = get_args(kind)
        shown_ = schema.get("anyOf", [schema])
        return all(any(fits(each, option) for option in options) for each in shown_)
    if "anyOf" in schema:
        return kind is Any
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in STRUCTS:
            return kind is STRUCTS[name]
        return set(document()["components"]["schemas"][name]["enum"]) == {each.value for each in kind}
    kinds: dict[str, Any] = {"integer": int, "number": float, "boolean": bool, "null": type(None)}
    match schema.get("type"):
        case "string" if "enum" in schema:
            return set(schema["enum"]) == set(get_args(kind))
        case "string":
            return kind is (datetime if schema.get("format") == "date-time" else str)
        case "array":
            return get_origin(kind) is tuple and fits_items(schema["items"], get_args(kind)[0])
        case "object":
            return get_origin(kind) is dict
        case None:
            return kind is Any
        case simple:
            return kind is kinds[simple]


def fits_items(schema: dict[str, Any], kind: Any) -> bool:
    """Say whether what a list holds can be read as a type; what is any object may be one that we know."""
    is_open = resolved(schema).get("additionalProperties") is True
    return kind in (findings.Finding, ContractConflict) if is_open else fits(schema, kind)


def test_a_workspace_is_always_named() -> None:
    from mockops.client.errors import NameMissing

    with MockOps("http://server.test") as api:
        for make in (api.stubs, api.contract, api.versions, api.roles, api.environments, api.workspaces.get):
            with pytest.raises(NameMissing):
                make("")
        with pytest.raises(NameMissing):
            api.workspaces.delete("..")
