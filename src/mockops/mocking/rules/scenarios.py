"""Scenarios at work: which rule answers in which state, what it changes, and where time takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from mockops.core.json import Json
from mockops.mocking.model import (
    Change,
    Delay,
    FaultKind,
    RequestMatch,
    Scenario,
    ScenarioRule,
    SetState,
    StubResponse,
    Transition,
)
from mockops.mocking.rules.lookup import operation_names
from mockops.mocking.rules.match import Matcher, compile_match
from mockops.mocking.rules.patch import merge_patch
from mockops.mocking.rules.timeline import advance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.contracts.model import OperationEntry
    from mockops.mocking.model import Reply, SessionView
    from mockops.mocking.rules.match import Subject


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """What a scenario does to one answer."""

    state: str
    """The scenario's state when the request came."""
    rule: int | None = None
    """Index of the rule that applies; None: none does, and only `changes` counts."""
    params: dict[str, str] = msgspec.field(default_factory=dict)
    """Path parameters of the rule's own template, else of the operation."""
    respond: StubResponse | None = None
    patch: Json | UnsetType = UNSET
    delay: Delay | None = None
    fault: FaultKind | None = None
    changes: tuple[Change, ...] = ()


class _Rule(msgspec.Struct, frozen=True):
    position: int
    rule: ScenarioRule
    matcher: Matcher
    states: frozenset[str]
    """In which it applies; empty: in all."""


class ScenarioPlay:
    """A scenario compiled: rules in order, those of one operation found by it."""

    def __init__(self, scenario: Scenario, entries: Sequence[OperationEntry] = ()) -> None:
        """Compile.

        Args:
            scenario: What people wrote.
            entries: The contract's operations, whose names rules may use.

        Raises:
            StubInvalid: A rule or transition cannot be used (`check.check_scenario` tells all problems at once).

        """
        names = operation_names(entries)
        self.name = scenario.name
        self.scenario = scenario
        self.initial_state = scenario.initial_state or (scenario.states[0] if scenario.states else "")
        self._rules = [
            _Rule(at, rule, compile_match(match_of(rule), names), _states_of(rule))
            for at, rule in enumerate(scenario.rules)
        ]
        self._triggers: dict[str, list[tuple[Matcher, Transition]]] = {}
        for step in scenario.transitions:
            if step.when is not None:
                matcher = compile_match(as_match(step.when), names)
                self._triggers.setdefault(step.source, []).append((matcher, step))

    def state(self, view: SessionView, *, now_s: float) -> str:
        """Return the scenario's state in a session at a time on the clock of `view.since_s`."""
        entered = view.states.get(self.name, self.initial_state)
        elapsed_s = max(0.0, now_s - view.since_s.get(self.name, now_s))
        return advance(entered, elapsed_s, self.scenario.transitions)[0]

    def find(self, subject: Subject, *, now_s: float) -> Cue:
        """Return what the scenario does to the answer of a request: the first rule that applies, and state changes.

        Args:
            subject: The request and what is known about it, the session's states among that.
            now_s: The time on the clock of `session.since_s`, in seconds.

        """
        state = self.state(subject.session, now_s=now_s)
        states = {**subject.session.states, self.name: state}
        subject = msgspec.structs.replace(subject, session=msgspec.structs.replace(subject.session, states=states))
        for each in self._rules:
            if each.states and state not in each.states:
                continue
            bound = each.matcher.bind(subject)
            if bound is not None and each.matcher.answers(bound):
                return self._cue(each, state, bound)
        return Cue(state=state, params=subject.params, changes=self._changes(state, None, subject))

    def _cue(self, each: _Rule, state: str, bound: Subject) -> Cue:
        rule = each.rule
        return Cue(
            state=state,
            rule=each.position,
            params=bound.params,
            respond=rule.respond,
            patch=rule.patch,
            delay=rule.delay,
            fault=rule.fault,
            changes=self._changes(state, rule, bound),
        )

    def _changes(self, state: str, rule: ScenarioRule | None, subject: Subject) -> tuple[Change, ...]:
        """Return the state to enter: the rule's, else that of the first transition the request makes happen.

        A session that never met the scenario enters its initial state, so that time in it counts from now.
        """
        if rule is not None and rule.set_state is not None:
            return (SetState(self.name, rule.set_state),)
        for matcher, step in self._triggers.get(state, ()):
            if matcher.matches(subject):
                return (SetState(self.name, step.target),)
        if self.name not in subject.session.since_s and self.initial_state:
            return (SetState(self.name, state),)
        return ()

    def patched(self, reply: Reply, cue: Cue) -> Reply:
        """Return the reply with the cue's JSON Merge Patch laid over its body; as it is where there is none.

        A body that is not JSON is replaced by the patch applied to nothing; answers of MockOps itself stay.
        """
        if cue.patch is UNSET or reply.source == "error":
            return reply
        try:
            body = msgspec.json.decode(reply.body) if reply.body else None
        except msgspec.DecodeError:
            body = None
        headers = reply.headers
        if body is None and not any(name.lower() == "content-type" and "json" in value for name, value in headers):
            kept = tuple(field for field in headers if field[0].lower() != "content-type")
            headers = (("Content-Type", "application/json"), *kept)
        encoded = msgspec.json.encode(merge_patch(body, cue.patch))
        return msgspec.structs.replace(reply, headers=headers, body=encoded)


def as_match(when: RequestMatch | str) -> RequestMatch:
    """Return a match from what stands at `match` or `when`: an operation's name is one, too."""
    return RequestMatch(operation=when) if isinstance(when, str) else when


def match_of(rule: ScenarioRule) -> RequestMatch:
    """Return which requests a rule is about."""
    match = rule.match or RequestMatch()
    return msgspec.structs.replace(match, operation=rule.operation) if rule.operation else match


def _states_of(rule: ScenarioRule) -> frozenset[str]:
    if rule.when_state is None:
        return frozenset()
    return frozenset([rule.when_state] if isinstance(rule.when_state, str) else rule.when_state)
