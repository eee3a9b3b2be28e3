"""What only one process can do: whatever remembers something from one request to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockops.mocking.model import RequestMatch, Scenario, ScenarioRule, Stub
    from mockops.publishing.model import Snapshot, TargetSnapshot


class NeedsOneWorker(Conflict):
    """Something remembers between requests, and several processes share the port."""

    code = "gateway.needs_one_worker"


def find_needs(snapshot: Snapshot) -> list[str]:
    """Return what of a snapshot needs memory, each in words: what, in which target, from which file."""
    return [need for target in snapshot.targets for need in _of_target(target)]


def needs_of_stub(stub: Stub) -> list[str]:
    """Return which words of a stub need memory."""
    written = (
        ("times", stub.times is not None),
        ("weight", stub.weight is not None),
        ("set_state", bool(stub.set_state)),
        ("match.state", bool(stub.match.state)),
    )
    return [word for word, is_used in written if is_used]


def _of_target(target: TargetSnapshot) -> Iterator[str]:
    if target.settings.stateful:
        yield f"{target.name}: stateful resources (`stateful: true` or --stateful)"
    for stub in target.stubs:
        words = needs_of_stub(stub)
        if words:
            yield f"{target.name}: stub {stub.id!r} with {_joined(words)}{_place(stub.source)}"
    for scenario in target.scenarios:
        if _has_states(scenario):
            yield f"{target.name}: scenario {scenario.name!r} with states{_place(scenario.source)}"
    for persona in target.personas:
        if persona.lifecycle is not None:
            yield f"{target.name}: persona {persona.name!r} with a lifecycle{_place(persona.source)}"


def _has_states(scenario: Scenario) -> bool:
    return bool(scenario.states or scenario.transitions) or any(map(_uses_state, scenario.rules))


def _uses_state(rule: ScenarioRule) -> bool:
    match: RequestMatch | None = rule.match
    return rule.when_state is not None or rule.set_state is not None or bool(match and match.state)


def _joined(words: list[str]) -> str:
    return " and ".join(f"`{word}`" for word in words)


def _place(source: str) -> str:
    return f" ({source})" if source else ""
