"""Scenario files, YAML or JSON: one scenario each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Severity
from mockops.mocking.importers.shapes import Problems
from mockops.mocking.importers.spelling import shaper
from mockops.mocking.model import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.core.diagnostics import Diagnostic
    from mockops.core.json import Json
    from mockops.mocking.importers.shapes import Source
    from mockops.mocking.model import ScenarioRule

_CODE = "mocking.scenario"
_EFFECTS = ("respond", "patch", "delay", "fault", "set_state")


def read_scenario(document: Source) -> tuple[Scenario | None, list[Diagnostic]]:
    """Read a scenario file; None when it cannot be used, and what is wrong either way.

    A rule's `match` may be an operation (`getPet`, `GET /pets/{petId}`); `after` may be `30s`.
    """
    problems = Problems(document, _CODE)
    scenario = shaper(problems).read(_spelled_out(document.data), Scenario, ())
    if scenario is None:
        return None, problems.found
    _check_states(scenario, problems)
    _check_rules(scenario, problems)
    if problems.errors:
        return None, problems.found
    return msgspec.structs.replace(scenario, source=scenario.source or problems.place(())), problems.found


def _spelled_out(data: Json) -> Json:
    """Return the data with `match: NAME` of rules written as `operation: NAME`."""
    if not isinstance(data, dict) or not isinstance(data.get("rules"), list):
        return data
    rules = [
        {"operation" if key == "match" and isinstance(value, str) else key: value for key, value in rule.items()}
        if isinstance(rule, dict) and "operation" not in rule
        else rule
        for rule in data["rules"]
    ]
    return {**data, "rules": rules}


def _check_states(scenario: Scenario, problems: Problems) -> None:
    known = set(scenario.states)
    if len(known) < len(scenario.states):
        problems.add(("states",), "a state is listed twice")
    for tokens, state in _mentioned(scenario):
        if state not in known:
            names = ", ".join(scenario.states)
            hint = f"there are {names}" if names else "list the states under states:"
            problems.add(tokens, f"there is no state {state!r}", hint=hint)
    for at, step in enumerate(scenario.transitions):
        if (step.after is None) == (step.when is None):
            problems.add(("transitions", at), "a transition has exactly one of after and when")
        elif step.after is not None and step.after <= 0:
            problems.add(("transitions", at, "after"), f"after is {step.after:g} seconds; it must be above 0")
    for state in sorted(known - _reachable(scenario)):
        at = scenario.states.index(state)
        message = f"nothing leads to the state {state!r}"
        problems.add(("states", at), message, severity=Severity.WARNING)


def _mentioned(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every state that is named somewhere, with where."""
    if scenario.initial_state:
        yield ("initial_state",), scenario.initial_state
    for at, step in enumerate(scenario.transitions):
        yield ("transitions", at, "from"), step.source
        yield ("transitions", at, "to"), step.target
    for at, rule in enumerate(scenario.rules):
        for state in _when(rule):
            yield ("rules", at, "when_state"), state
        if rule.set_state is not None:
            yield ("rules", at, "set_state"), rule.set_state


def _when(rule: ScenarioRule) -> list[str]:
    if rule.when_state is None:
        return []
    return [rule.when_state] if isinstance(rule.when_state, str) else rule.when_state


def _reachable(scenario: Scenario) -> set[str]:
    first = scenario.initial_state or (scenario.states[0] if scenario.states else "")
    reached: set[str] = set()
    waiting = [first]
    while waiting:
        state = waiting.pop()
        if state in reached:
            continue
        reached.add(state)
        waiting += [step.target for step in scenario.transitions if step.source == state]
        waiting += [
            rule.set_state
            for rule in scenario.rules
            if rule.set_state is not None and (not _when(rule) or state in _when(rule))
        ]
    return reached


def _check_rules(scenario: Scenario, problems: Problems) -> None:
    for at, rule in enumerate(scenario.rules):
        tokens = ("rules", at)
        if all(getattr(rule, name) in (None, msgspec.UNSET) for name in _EFFECTS):
            hint = "add one of " + ", ".join(_EFFECTS)
            problems.add(tokens, "the rule has no effect", hint=hint, severity=Severity.WARNING)
        if not rule.operation and rule.match is None:
            problems.add(tokens, "a rule says which requests it is for: operation, or match")
        if rule.operation and rule.match is not None and (rule.match.operation or rule.match.path or rule.match.method):
            problems.add(
                (*tokens, "match"), "operation says method and path already; match may add query, headers, body"
            )
        if rule.respond is not None and rule.respond.file is not msgspec.UNSET:
            problems.add(
                (*tokens, "respond", "file"), "a scenario carries its bodies itself: write json, text or base64"
            )
