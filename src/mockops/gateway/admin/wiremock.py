"""WireMock's admin API, as far as test suites use it: the same paths, bodies and words."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from mockops.core.ids import new_id
from mockops.core.json import JsonObject
from mockops.gateway.admin import sessions
from mockops.gateway.admin.added import add_all, forget_stubs, key_of, put, refuse_file
from mockops.gateway.admin.desk import installed_version
from mockops.gateway.admin.mappings import (
    event_id,
    logged_request,
    mapping_id,
    read_mapping,
    read_pattern,
    serve_event,
    show_mapping,
)
from mockops.gateway.admin.refusals import Refused, wrong
from mockops.gateway.admin.requests import nearest
from mockops.gateway.admin.routes import Call, Outcome, Parameter, Promise, Route
from mockops.gateway.exchanges import Exchange, ExchangeFilter, count, find

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.gateway.admin.desk import Desk
    from mockops.gateway.target import Target
    from mockops.mocking.model import Stub

_BASE = "/__admin"
_DEFAULT_SESSION = "default"


def list_mappings(call: Call) -> Outcome:
    """List stubs as mappings, newest first."""
    found = [show_mapping(call.desk, target, stub) for target, stub in _stubs(call)][::-1]
    limit, offset = call.query["limit"], call.query["offset"] or 0
    page = found[offset:] if limit is None else found[offset : offset + limit]
    return Outcome(value={"mappings": page, "meta": {"total": len(found)}})


def add_mapping(call: Call) -> Outcome:
    """Add a stub from a mapping."""
    return Outcome(status=201, value=_add(call, call.body))


def import_mappings(call: Call) -> Outcome:
    """Add stubs from many mappings; those whose id is there already are replaced."""
    body = call.body if isinstance(call.body, dict) else {}
    mappings = body.get("mappings")
    if not isinstance(mappings, list):
        raise wrong("/mappings", "The body must hold a list of `mappings`.")
    is_ignoring = (body.get("importOptions") or {}).get("duplicatePolicy", "OVERWRITE") == "IGNORE"
    known = _by_every_id(call)
    wanted: dict[str, tuple[Target, Stub, JsonObject]] = {}
    for each in mappings:
        prepared = _prepare(call, each)
        stub_id = prepared[1].id
        if not (is_ignoring and (stub_id in known or stub_id in wanted)):
            wanted[stub_id] = prepared
    for target, stub, _ in wanted.values():
        refuse_file(target, stub.id)
    forget_stubs(call.desk, [known[stub_id] for stub_id in wanted if stub_id in known])
    add_all(call.desk, [(target, stub) for target, stub, _ in wanted.values()])
    for target, stub, mapping in wanted.values():
        _remember(call.desk, target, stub, mapping)
    return Outcome(value={})


def read_one_mapping(call: Call) -> Outcome:
    """Show one mapping."""
    target, stub = _known(call)
    return Outcome(value=show_mapping(call.desk, target, stub))


def replace_mapping(call: Call) -> Outcome:
    """Replace a mapping."""
    target, former = _known(call)
    refuse_file(target, former.id)
    mapping = _object(call.body)
    stub = msgspec.structs.replace(read_mapping({**mapping, "id": former.id}), id=former.id, source="api")
    put(call.desk, target, stub)
    shown = _remember(call.desk, target, stub, mapping)
    call.desk.gateway.refresh()
    return Outcome(value=shown)


def remove_mapping(call: Call) -> Outcome:
    """Remove a mapping."""
    target, stub = _known(call)
    refuse_file(target, stub.id)
    forget_stubs(call.desk, [(target, stub)])
    return Outcome(value={})


def remove_mappings(call: Call) -> Outcome:
    """Remove all added stubs."""
    _forget_added(call)
    return Outcome(value={})


def list_events(call: Call) -> Outcome:
    """List exchanges, newest first."""
    limit = call.query["limit"]
    found = _exchanges(call, ExchangeFilter(is_matched=False if call.query["unmatched"] else None))
    since = _moment(call.query["since"])
    found = [each for each in found if since is None or each.at >= since]
    page = found if limit is None else found[:limit]
    shown = [serve_event(each, call.desk) for each in page]
    return Outcome(value={"requests": shown, "meta": {"total": len(found)}, **_journal(call)})


def read_event(call: Call) -> Outcome:
    """Show one exchange."""
    wanted = call.params["id"]
    for each in _exchanges(call, ExchangeFilter()):
        if wanted in (event_id(each), each.id):
            return Outcome(value=serve_event(each, call.desk))
    raise Refused(404, "admin.request_not_found", f"There is no request {wanted!r} in the journal.")


def count_events(call: Call) -> Outcome:
    """Count the requests that fit a pattern."""
    desk = call.desk
    wanted = ExchangeFilter(target=call.target, match=read_pattern(call.body))
    return Outcome(value={"count": count(desk.gateway.journal, desk.gateway, wanted), **_journal(call)})


def find_events(call: Call) -> Outcome:
    """List the requests that fit a pattern."""
    found = _exchanges(call, ExchangeFilter(match=read_pattern(call.body)))
    return Outcome(value={"requests": [logged_request(each, call.desk) for each in found], **_journal(call)})


def remove_events(call: Call) -> Outcome:
    """Forget the requests that fit a pattern."""
    found = _exchanges(call, ExchangeFilter(match=read_pattern(call.body)))
    journal = call.desk.gateway.journal
    if journal is not None:
        gone = {each.number for each in found}
        journal.remove(lambda entry: entry.number in gone)
    return Outcome(value={"serveEvents": [serve_event(each, call.desk) for each in found]})


def list_unmatched(call: Call) -> Outcome:
    """List the requests that nothing answered."""
    found = _exchanges(call, ExchangeFilter(is_matched=False))
    return Outcome(value={"requests": [logged_request(each, call.desk) for each in found], **_journal(call)})


def list_near_misses(call: Call) -> Outcome:
    """List what came nearest to each request that nothing answered."""
    misses = [
        {"request": logged_request(each, call.desk), "matchResult": {"distance": near["distance"]}, "nearMiss": near}
        for each in _exchanges(call, ExchangeFilter(is_matched=False))
        for near in nearest(call.desk, each)
    ]
    return Outcome(value={"nearMisses": misses})


def forget_events(call: Call) -> Outcome:
    """Forget all requests."""
    journal = call.desk.gateway.journal
    if journal is not None:
        journal.clear()
    return Outcome(value={})


def reset_all(call: Call) -> Outcome:
    """Forget added stubs, requests and scenario states."""
    sessions.reset(call.desk, _targets(call))
    return Outcome(value={})


def list_scenarios(call: Call) -> Outcome:
    """List scenarios with their state in the default session."""
    found = []
    for target in _targets(call):
        for name in sessions.scenario_names(target):
            each = sessions.show_scenario(call.desk, target, name)
            state = each.sessions.get(_DEFAULT_SESSION, each.initial_state)
            found.append({"id": name, "name": name, "state": state, "possibleStates": each.states})
    return Outcome(value={"scenarios": found})


def reset_scenarios(call: Call) -> Outcome:
    """Put every scenario back into its initial state."""
    for target in _targets(call):
        for name in sessions.scenario_names(target):
            for session in target.sessions.names():
                target.sessions.set_state(session, name, sessions.initial_state(target, name))
    return Outcome(value={})


def set_scenario(call: Call) -> Outcome:
    """Enter a state of a scenario in the default session; without one, the initial state."""
    name = call.params["name"]
    known = [target for target in _targets(call) if name in sessions.scenario_names(target)]
    if not known:
        raise Refused(404, "admin.scenario_not_found", f"There is no scenario {name!r}.")
    state = call.body.get("state") if isinstance(call.body, dict) else None
    for target in known:
        sessions.enter(target, name, state or sessions.initial_state(target, name), _DEFAULT_SESSION)
    return Outcome(value={})


def health(call: Call) -> Outcome:
    """Say that the process answers."""
    return Outcome(
        value={
            "status": "healthy",
            "message": "MockOps is ok",
            "version": installed_version(),
            "uptimeInSeconds": int(call.desk.uptime_s),
        }
    )


def version(call: Call) -> Outcome:
    """Say which version runs."""
    del call
    return Outcome(value={"version": installed_version()})


def _add(call: Call, given: Any) -> JsonObject:
    target, stub, mapping = _prepare(call, given)
    add_all(call.desk, [(target, stub)])
    return _remember(call.desk, target, stub, mapping)


def _prepare(call: Call, given: Any) -> tuple[Target, Stub, JsonObject]:
    """Return the stub that a mapping means, where it goes, and the mapping."""
    mapping = _object(given)
    target = call.desk.target(call.target)
    stub_id = str(mapping.get("id") or mapping.get("uuid") or new_id())
    stub = msgspec.structs.replace(read_mapping({**mapping, "id": stub_id}), id=stub_id, source="api")
    return target, stub, mapping


def _remember(desk: Desk, target: Target, stub: Stub, mapping: JsonObject) -> JsonObject:
    shown = {**mapping, "id": stub.id, "uuid": stub.id}
    desk.originals[key_of(target, stub.id)] = shown
    return shown


def _object(given: Any) -> JsonObject:
    if not isinstance(given, dict):
        raise wrong("", "A mapping is an object.")
    return given


def _forget_added(call: Call) -> None:
    forget_stubs(call.desk, [(target, stub) for target in _targets(call) for stub in target.added_stubs])


def _targets(call: Call) -> list[Target]:
    return [call.desk.target(call.target)] if call.target else list(call.desk.gateway.table)


def _stubs(call: Call) -> list[tuple[Target, Stub]]:
    return [(target, stub) for target in _targets(call) for stub in target.stubs]


def _find(call: Call, wanted: str) -> tuple[Target, Stub] | None:
    for target in _targets(call):
        stub = target.added.get(wanted) or target.find_written(wanted)
        if stub is not None:
            return target, stub
    return next(((target, stub) for target, stub in _stubs(call) if wanted in (stub.id, mapping_id(stub.id))), None)


def _by_every_id(call: Call) -> dict[str, tuple[Target, Stub]]:
    """Return all stubs by their ids, and by what WireMock's clients take for their ids."""
    stubs = _stubs(call)
    return {mapping_id(stub.id): (target, stub) for target, stub in stubs} | {
        stub.id: (target, stub) for target, stub in stubs
    }


def _known(call: Call) -> tuple[Target, Stub]:
    wanted = call.params["id"]
    found = _find(call, wanted)
    if found is None:
        raise Refused(404, "admin.stub_not_found", f"There is no stub {wanted!r}.")
    return found


def _exchanges(call: Call, wanted: ExchangeFilter) -> list[Exchange]:
    gateway = call.desk.gateway
    return find(gateway.journal, gateway, msgspec.structs.replace(wanted, target=call.target))


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        detail = f"Query parameter 'since' must be an ISO 8601 date and time, not {text[:40]!r}."
        raise Refused(400, "admin.query_invalid", detail, parameter="since") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _journal(call: Call) -> JsonObject:
    return {"requestJournalDisabled": call.desk.gateway.journal is None}


_LIMIT = Parameter(name="limit", description="At most so many.", kind="integer")
_PAGE = (
    _LIMIT,
    Parameter(name="offset", description="Leave out so many first.", kind="integer"),
)
_UNMATCHED = (
    _LIMIT,
    Parameter(name="unmatched", description="Only what nothing answered.", kind="boolean"),
    Parameter(name="since", description="Only what was answered since: an ISO 8601 date and time, UTC if not said."),
)


def _route(
    method: str,
    path: str,
    run: Callable[[Call], Outcome],
    *,
    status: int = 200,
    takes_body: bool | None = False,
    parameters: tuple[Parameter, ...] = (),
    problems: tuple[int, ...] = (),
) -> Route:
    """Return a route in WireMock's manner: any media type, JSON back. `takes_body` None: a body is optional."""
    return Route(
        method=method,
        path=_BASE + path,
        operation_id="wiremock." + re.sub(r"[^a-z]+", "_", f"{method}{path}".lower()).strip("_"),
        tag="WireMock",
        summary=(run.__doc__ or "").rstrip("."),
        run=run,
        parameters=parameters,
        body=None if takes_body is False else JsonObject,
        body_is_optional=takes_body is None,
        promises=(Promise(status=status, description="As WireMock answers.", type=JsonObject),),
        problems=problems,
        takes_any_media_type=True,
    )


ROUTES = (
    _route("GET", "/mappings", list_mappings, parameters=_PAGE),
    _route("POST", "/mappings", add_mapping, status=201, takes_body=True, problems=(404, 409, 422)),
    _route("DELETE", "/mappings", remove_mappings),
    _route("POST", "/mappings/reset", remove_mappings),
    _route("POST", "/mappings/import", import_mappings, takes_body=True, problems=(404, 409, 422)),
    _route("GET", "/mappings/{id}", read_one_mapping, problems=(404,)),
    _route("PUT", "/mappings/{id}", replace_mapping, takes_body=True, problems=(404, 409, 422)),
    _route("DELETE", "/mappings/{id}", remove_mapping, problems=(404, 409)),
    _route("GET", "/requests", list_events, parameters=_UNMATCHED),
    _route("DELETE", "/requests", forget_events),
    _route("POST", "/requests/reset", forget_events),
    _route("GET", "/requests/unmatched", list_unmatched),
    _route("GET", "/requests/unmatched/near-misses", list_near_misses),
    _route("POST", "/requests/count", count_events, takes_body=True, problems=(422,)),
    _route("POST", "/requests/find", find_events, takes_body=True, problems=(422,)),
    _route("POST", "/requests/remove", remove_events, takes_body=True, problems=(422,)),
    _route("GET", "/requests/{id}", read_event, problems=(404,)),
    _route("GET", "/scenarios", list_scenarios),
    _route("POST", "/scenarios/reset", reset_scenarios),
    _route("PUT", "/scenarios/{name}/state", set_scenario, takes_body=None, problems=(404, 422)),
    _route("POST", "/reset", reset_all),
    _route("GET", "/health", health),
    _route("GET", "/version", version),
)
