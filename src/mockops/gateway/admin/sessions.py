"""Sessions and scenario states: shown, set, forgotten; and forgetting everything at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from mockops.gateway.admin.added import forget_stubs
from mockops.gateway.admin.reading import convert
from mockops.gateway.admin.refusals import Refused
from mockops.gateway.admin.routes import API, Call, Outcome, Parameter, Promise, Route
from mockops.gateway.counters import StubKey
from mockops.gateway.exchanges import did_you_mean
from mockops.mocking.model import INITIAL_STATE, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.gateway.admin.desk import Desk
    from mockops.gateway.journal import Entry
    from mockops.gateway.target import Target
    from mockops.mocking.model import SessionView

_DEFAULT_SESSION = "default"


class ShownScenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario, or a state that stubs move by themselves."""

    name: str
    target: str
    environment: str
    description: str
    source: str
    """The file it was read from; empty: stubs alone make it."""
    states: list[str]
    initial_state: str
    sessions: dict[str, str]
    """State by session, of those that have met it; all others are in `initial_state`."""


class ScenarioList(msgspec.Struct, frozen=True, kw_only=True):
    """Scenarios of all targets."""

    scenarios: list[ShownScenario]


class NewState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which state to enter."""

    state: str
    session: str = _DEFAULT_SESSION
    target: str = ""
    """Where several targets know the scenario."""


class ShownSession(msgspec.Struct, frozen=True, kw_only=True):
    """What a session remembers of one target."""

    name: str
    target: str
    environment: str
    states: dict[str, str]
    hits: dict[str, int]
    """How often stubs with `times` or `weight` have answered."""
    resources: dict[str, int]
    """Items by stateful collection."""


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of all targets, the longest unused first."""

    sessions: list[ShownSession]


def list_scenarios(call: Call) -> Outcome:
    """List scenarios with their states."""
    targets = call.desk.targets(call.target_name)
    found = [show_scenario(call.desk, target, name) for target in targets for name in scenario_names(target)]
    return Outcome(value=ScenarioList(scenarios=found))


def set_state(call: Call) -> Outcome:
    """Enter a state of a scenario."""
    wanted = convert(call.body, NewState)
    name = call.params["name"]
    chosen = wanted.target or call.query["target"] or call.target
    targets = [call.desk.target(chosen)] if chosen else list(call.desk.gateway.table)
    target = _one_with(targets, name)
    enter(target, name, wanted.state, wanted.session)
    return Outcome(value=show_scenario(call.desk, target, name))


def list_sessions(call: Call) -> Outcome:
    """List sessions."""
    found = [
        _show_session(target, name)
        for target in call.desk.targets(call.target_name)
        for name in target.sessions.names()
    ]
    return Outcome(value=SessionList(sessions=found))


def reset_all(call: Call) -> Outcome:
    """Forget added stubs, session state, requests and hits; of one session or all."""
    reset(call.desk, call.desk.targets(call.target_name), call.query["session"])
    return Outcome(status=204)


def reset_requests(call: Call) -> Outcome:
    """Forget requests and hits; of one session or all."""
    _reset_requests(call.desk, call.desk.targets(call.target_name), call.query["session"])
    return Outcome(status=204)


def reset_state(call: Call) -> Outcome:
    """Forget session state; of one session or all."""
    for target in call.desk.targets(call.target_name):
        target.sessions.reset(call.query["session"])
    return Outcome(status=204)


# -- what routes of WireMock use as well


def reset(desk: Desk, targets: list[Target], session: str | None = None) -> None:
    """Forget what happened to targets: added stubs, session state, requests and hits."""
    _reset_requests(desk, targets, session)
    forget_stubs(
        desk,
        [
            (target, stub)
            for target in targets
            for stub in target.added_stubs
            if session is None or stub.session == session
        ],
    )
    for target in targets:
        target.sessions.reset(session)


def scenario_names(target: Target) -> list[str]:
    """Return the scenarios of a target and the states that its stubs move."""
    names = dict.fromkeys(scenario.name for scenario in target.snapshot.scenarios)
    for stub in target.stubs:
        names.update(dict.fromkeys((*stub.match.state, *stub.set_state)))
    return sorted(names)


def show_scenario(desk: Desk, target: Target, name: str) -> ShownScenario:
    """Return a scenario with its state in every session that has met it."""
    scenario = _scenario(target, name)
    views = [target.sessions.view(session) for session in target.sessions.names()]
    now_s = desk.gateway.clock.monotonic_s()
    return ShownScenario(
        name=name,
        target=target.name,
        environment=target.environment,
        description=scenario.description if scenario is not None else "",
        source=scenario.source if scenario is not None else "",
        states=known_states(target, name),
        initial_state=initial_state(target, name),
        sessions={view.name: _state(target, name, view, now_s) for view in views if name in view.states},
    )


def known_states(target: Target, name: str) -> list[str]:
    """Return the states of a scenario: those it lists, and those its rules, transitions or stubs mention."""
    states = dict.fromkeys([initial_state(target, name)])
    scenario = _scenario(target, name)
    if scenario is not None:
        states.update(dict.fromkeys(_states_of(scenario)))
    for stub in target.stubs:
        states.update(dict.fromkeys(each[name] for each in (stub.match.state, stub.set_state) if name in each))
    return list(states)


def initial_state(target: Target, name: str) -> str:
    """Return the state of a session that has not met a scenario."""
    scenario = _scenario(target, name)
    if scenario is None:
        return INITIAL_STATE
    return scenario.initial_state or (scenario.states[0] if scenario.states else INITIAL_STATE)


def enter(target: Target, name: str, state: str, session: str) -> None:
    """Enter a state of a scenario in a session.

    Raises:
        Refused: The scenario has no such state; the known ones are named.

    """
    known = known_states(target, name)
    if state not in known:
        hint = did_you_mean(state, known) or f"; known: {', '.join(known)}."
        raise Refused(422, "admin.state_unknown", f"Scenario {name!r} has no state {state!r}{hint}", states=known)
    target.sessions.set_state(session, name, state)


def _one_with(targets: list[Target], name: str) -> Target:
    """Return the one target that knows a scenario.

    Raises:
        Refused: None does, or several do.

    """
    known = [each for target in targets for each in scenario_names(target)]
    found = [target for target in targets if name in scenario_names(target)]
    if not found:
        hint = did_you_mean(name, known) or (f"; known: {', '.join(known)}." if known else "; there is none.")
        raise Refused(404, "admin.scenario_not_found", f"There is no scenario {name!r}{hint}", scenarios=known)
    if len(found) > 1:
        names = [f"{target.name}@{target.environment}" for target in found]
        detail = f"Several targets know scenario {name!r}; say which is meant with `target`."
        raise Refused(400, "admin.target_missing", detail, targets=names)
    return found[0]


def _scenario(target: Target, name: str) -> Scenario | None:
    return next((each for each in target.snapshot.scenarios if each.name == name), None)


def _state(target: Target, name: str, view: SessionView, now_s: float) -> str:
    """Return a session's state now, transitions that time made since included."""
    play = target.mock.scenarios.get(name)
    return play.state(view, now_s=now_s) if play is not None else view.states[name]


def _states_of(scenario: Scenario) -> Iterable[str]:
    yield from scenario.states
    for step in scenario.transitions:
        yield from (step.source, step.target)
    for rule in scenario.rules:
        if isinstance(rule.when_state, str):
            yield rule.when_state
        elif rule.when_state is not None:
            yield from rule.when_state
        if rule.set_state is not None:
            yield rule.set_state


def _show_session(target: Target, name: str) -> ShownSession:
    view = target.sessions.view(name)
    return ShownSession(
        name=name,
        target=target.name,
        environment=target.environment,
        states=view.states,
        hits=view.hits,
        resources={collection: len(items) for collection, items in view.resources.items()},
    )


def _reset_requests(desk: Desk, targets: list[Target], session: str | None) -> None:
    """Forget requests and hits. Of one session, the hits forgotten are those the journal still knows."""
    gateway = desk.gateway
    is_all = session is None and len(targets) == len(gateway.table)
    if is_all:
        gateway.counters.forget_hits()
        if gateway.journal is not None:
            gateway.journal.clear()
        return
    places = {(target.name, target.environment) for target in targets}
    hits: Counter[StubKey] = Counter()
    for entry in gateway.journal.remove(lambda each: _is_of(each, places, session)) if gateway.journal else ():
        stub = entry.answer.label["stub"]
        if stub:
            hits[StubKey(*_place(entry), stub)] += 1
    if session is None:
        hits = Counter({key: n for key, n in gateway.counters.stub_hits().items() if key[:2] in places})
    gateway.counters.forget_hits(hits)


def _is_of(entry: Entry, places: set[tuple[str, str]], session: str | None) -> bool:
    label = entry.answer.label
    return bool(label) and _place(entry) in places and (session is None or label["session"] == session)


def _place(entry: Entry) -> tuple[str, str]:
    cell = entry.answer.cell
    return entry.answer.label["target"], cell.dimensions.environment if cell is not None else ""


_TARGET = Parameter(name="target", description="Only of this target: `name` or `name@environment`.")
_SESSION = Parameter(name="session", description="Only of this session; left out: of all.")
_DONE = (Promise(status=204, description="It is forgotten."),)

ROUTES = (
    Route(
        method="GET",
        path=f"{API}/scenarios",
        operation_id="scenarios.list",
        tag="State of mocks",
        summary="Scenarios, with their state in each session",
        run=list_scenarios,
        parameters=(_TARGET,),
        promises=(Promise(description="The scenarios.", type=ScenarioList),),
        problems=(404,),
    ),
    Route(
        method="PUT",
        path=f"{API}/scenarios/{{name}}/state",
        operation_id="scenarios.set_state",
        tag="State of mocks",
        summary="Enter a state of a scenario, in one session",
        run=set_state,
        parameters=(Parameter(name="target", description="Where several targets know the scenario."),),
        body=NewState,
        promises=(Promise(description="The scenario as it stands now.", type=ShownScenario),),
        problems=(404, 422),
    ),
    Route(
        method="GET",
        path=f"{API}/sessions",
        operation_id="sessions.list",
        tag="State of mocks",
        summary="Sessions and what they remember",
        run=list_sessions,
        parameters=(_TARGET,),
        promises=(Promise(description="The sessions.", type=SessionList),),
        problems=(404,),
    ),
    Route(
        method="POST",
        path=f"{API}/reset",
        operation_id="reset.all",
        tag="Reset",
        summary="Forget added stubs, session state, requests and hits",
        description="Of one session, or all. Stubs of files stay; metrics are never set back.",
        run=reset_all,
        parameters=(_TARGET, _SESSION),
        promises=_DONE,
        problems=(404,),
    ),
    Route(
        method="POST",
        path=f"{API}/reset/requests",
        operation_id="reset.requests",
        tag="Reset",
        summary="Forget requests and hits",
        run=reset_requests,
        parameters=(_TARGET, _SESSION),
        promises=_DONE,
        problems=(404,),
    ),
    Route(
        method="POST",
        path=f"{API}/reset/state",
        operation_id="reset.state",
        tag="Reset",
        summary="Forget session state: scenarios, stateful resources, counted hits",
        run=reset_state,
        parameters=(_TARGET, _SESSION),
        promises=_DONE,
        problems=(404,),
    ),
)
