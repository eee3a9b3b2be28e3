"""One workspace's mock, compiled, and its decisions: scenario, stubs, stateful resources, contract, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from mockops.core.chance import roll, seed_of
from mockops.core.problems import PROBLEM_JSON, problem
from mockops.mocking.model import Persona, Reply, SetState
from mockops.mocking.rules.declared import Declared
from mockops.mocking.rules.delays import draw_delay
from mockops.mocking.rules.lookup import Choice, StubIndex
from mockops.mocking.rules.match import as_get
from mockops.mocking.rules.operations import OperationCache, OperationHit, Operations, Ready
from mockops.mocking.rules.personas import next_persona_state
from mockops.mocking.rules.question import Question
from mockops.mocking.rules.respond import Responder
from mockops.mocking.rules.templates import Scope
from mockops.mocking.rules.timeline import advance
from mockops.mocking.rules.unmatched import explain_unmatched
from mockops.mocking.rules.validate import problem_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mockops.contracts.rules.artefact import Contract
    from mockops.core.exchange import Request
    from mockops.mocking.model import Caller, Change, Delay, FaultKind, Scenario, SessionView, Stub, StubResponse
    from mockops.mocking.rules.match import Subject
    from mockops.mocking.rules.scenarios import ScenarioPlay
    from mockops.mocking.rules.stateful import Stateful

Validation = Literal["enforce", "warn", "off"]


class Mock:
    """Answers for one workspace."""

    def __init__(
        self,
        contract: Contract | None,
        *,
        stubs: Iterable[Stub] = (),
        scenarios: Iterable[Scenario] = (),
        personas: Iterable[Persona] = (),
        seed: int = 0,
        validation: Validation = "enforce",
        is_stateful: bool = False,
        default_persona: str = "",
        default_scenario: str = "",
        cache: OperationCache | None = None,
    ) -> None:
        """Compile a mock.

        Args:
            contract: What the API promises; None: stubs only.
            stubs: Oldest first.
            scenarios: By name; a request activates one.
            personas: By name; a request chooses one.
            seed: Of generated data and chance.
            validation: What happens to requests that break the contract.
            is_stateful: Whether collections of the contract keep what is posted.
            default_persona: Persona when the request names none.
            default_scenario: Scenario when the request names none.
            cache: Where decoded operations are kept; None: a cache of its own.

        Raises:
            StubInvalid: A stub or scenario cannot be used.

        """
        self.operations = Operations(contract, cache or OperationCache())
        self.stubs = StubIndex(stubs, self.operations.entries)
        self.scenarios = _plays(scenarios, self.operations)
        self.personas = {each.name: each for each in personas}
        self._seed = seed
        self._validation = validation
        self._stateful = _stateful(self.operations, seed) if is_stateful else None
        self._default_persona = default_persona
        self._default_scenario = default_scenario
        self._responder = Responder()
        self.relevant_headers: frozenset[str] = self.stubs.headers_used
        """Lower-case names of the request headers that repeatable answers so far depend on; it grows."""

    def decide(self, request: Request, caller: Caller, view: SessionView, *, now: datetime, now_s: float) -> Reply:
        """Decide the answer to a request.

        Args:
            request: The request, target prefix already stripped.
            caller: Who asks.
            view: What the caller's session remembers.
            now: The time, in UTC.
            now_s: The same on the monotonic clock of `view.since_s`, in seconds.

        """
        persona_name = caller.persona or self._default_persona
        scenario_name = caller.scenario or self._default_scenario
        unknown = self._unknown("persona", persona_name, self.personas) or self._unknown(
            "scenario", scenario_name, self.scenarios
        )
        if unknown is not None:
            return unknown
        hit = self.operations.find(request, request.method)
        if hit is None and request.method == "HEAD":
            hit = self.operations.find(request, "GET")
        play = self.scenarios.get(scenario_name)
        seen = view
        if play is not None:
            states = {**view.states, play.name: play.state(view, now_s=now_s)}
            seen = msgspec.structs.replace(view, states=states)
        question = Question(
            request=request,
            caller=caller,
            view=view,
            seen=seen,
            persona=self.personas.get(persona_name),
            play=play,
            hit=hit,
            ready=self.operations.ready(hit.index) if hit is not None else None,
            now=now,
            now_s=now_s,
        )
        self._learn_headers(question)
        reply = _lived(question, self._decide(question))
        return msgspec.structs.replace(
            reply,
            operation=reply.operation or question.operation,
            persona=persona_name,
            scenario=scenario_name,
        )

    def _learn_headers(self, question: Question) -> None:
        used = self.stubs.headers_used
        if question.ready is not None:
            used |= question.ready.headers_used
        if not used <= self.relevant_headers:
            self.relevant_headers |= used

    def _decide(self, question: Question) -> Reply:
        if question.play is None:
            return self._without_scenario(question)
        subject = self._subject(question)
        cue = question.play.find(subject, now_s=question.now_s)
        if cue.rule is None and subject.request.method == "HEAD":
            cue = question.play.find(as_get(subject), now_s=question.now_s)
        if cue.respond is not None:
            name = question.play.name
            reply = self._respond(question, cue.respond, f"scenario {name!r}", cue.params, f"{name}/rules/{cue.rule}")
        else:
            reply = self._without_scenario(question)
        reply = question.play.patched(reply, cue)
        reply = self._with_effects(question, reply, cue.delay, cue.fault, cue.changes, salt=question.play.name)
        return msgspec.structs.replace(reply, is_repeatable=False)

    def _without_scenario(self, question: Question) -> Reply:
        choice = self._choose(question, question.request)
        if choice.hit is not None:
            stub = choice.hit.stub
            name = f"stub {stub.name or stub.id!r}" + (f" ({stub.source})" if stub.source else "")
            reply = self._respond(question, stub.respond, name, choice.hit.params, stub.id)
            reply = msgspec.structs.replace(reply, stub=stub.id)
            reply = self._with_effects(question, reply, stub.delay, stub.fault, choice.hit.changes, salt=stub.id)
        elif question.hit is None:
            reply = explain_unmatched(self.operations, self.stubs, self._subject(question))
        else:
            reply = self._from_operation(question, question.hit, question.ready)
        return reply if choice.is_repeatable else msgspec.structs.replace(reply, is_repeatable=False)

    def _choose(self, question: Question, request: Request) -> Choice:
        """Return the stub that answers; a HEAD that none is meant for is answered as GET (RFC 9110 section 9.3.2)."""
        choice = self.stubs.choose(
            request, question.operation, question.caller, question.seen, self._seed, question.params
        )
        if request.method != "HEAD" or (choice.hit is not None and choice.hit.stub.match.method == "HEAD"):
            return choice
        other = self._choose(question, msgspec.structs.replace(request, method="GET"))
        return Choice(hit=other.hit or choice.hit, is_repeatable=choice.is_repeatable and other.is_repeatable)

    def _subject(self, question: Question) -> Subject:
        persona = question.persona.name if question.persona is not None else ""
        return self.stubs.subject(question.request, question.operation, question.params, persona, question.view)

    def _respond(
        self, question: Question, respond: StubResponse, where: str, params: dict[str, str], key: str
    ) -> Reply:
        return self._responder.reply(
            respond,
            scope=lambda: self._scope(question, params, key),
            declared=self._declared(question) if question.ready is not None else None,
            where=where,
            key=key,
        )

    def _scope(self, question: Question, params: dict[str, str], key: str) -> Scope:
        nth = question.view.hits.get(key, 0)
        return Scope(
            request=question.request,
            now=question.now,
            params=params or question.params,
            persona=question.persona,
            persona_state=_persona_state(question),
            states=question.seen.states,
            session=question.caller.session,
            ci_run=question.caller.ci_run,
            seed=seed_of(self._seed, "template", key, question.caller.session, nth),
        )

    def _declared(self, question: Question) -> Declared:
        assert question.ready is not None  # noqa: S101 (the caller checked)
        return Declared(question.ready, question.request, question.params, persona=question.persona, seed=self._seed)

    def _with_effects(
        self,
        question: Question,
        reply: Reply,
        delay: Delay | None,
        fault: FaultKind | None,
        changes: tuple[Change, ...],
        *,
        salt: str,
    ) -> Reply:
        """Add what a stub or rule does besides answering; chance is seeded by session and how often it was drawn."""
        if not (delay or fault or changes):
            return reply
        nth = question.view.hits.get(salt, 0)
        dice = roll(self._seed, "delay", salt, question.caller.session, question.request.path, nth)
        return msgspec.structs.replace(
            reply,
            delay_ms=draw_delay(delay, dice) if delay is not None else 0.0,
            dribble_ms=(delay.dribble_ms or 0.0) if delay is not None else 0.0,
            fault=fault,
            changes=reply.changes + tuple(change for change in changes if change not in reply.changes),
            is_repeatable=False,
        )

    def _from_operation(self, question: Question, hit: OperationHit, ready: Ready | None) -> Reply:
        """Answer from state or contract, after validation."""
        assert ready is not None  # noqa: S101 (a hit has an operation)
        violations = () if self._validation == "off" else ready.check(question.request, hit.params)
        has_body = ready.operation.request_body is not None
        if violations and self._validation == "enforce":
            refusal = problem_for(ready.operation, violations)
            return Reply(
                status=refusal.status,
                headers=refusal.headers,
                body=refusal.body,
                source="error",
                violations=violations,
                is_repeatable=not has_body,
            )
        declared = self._declared(question)
        reply = self._stateful.answer(question, declared) if self._stateful is not None else None
        if reply is not None:
            return msgspec.structs.replace(reply, violations=violations, is_repeatable=False)
        reply = declared.reply()
        if violations:
            return msgspec.structs.replace(reply, violations=violations, is_repeatable=not has_body)
        if has_body and self._validation != "off":
            return msgspec.structs.replace(reply, body_check=_body_check(question.request, ready))
        return reply

    def _unknown(self, kind: str, name: str, known: dict[str, Persona] | dict[str, ScenarioPlay]) -> Reply | None:
        """Refuse a persona or scenario that nobody defined, naming those there are."""
        if not name or name in known:
            return None
        detail = f"There is no {kind} {name!r}; known: {', '.join(sorted(known)) or 'none'}."
        body = problem(400, f"mocking.unknown_{kind}", detail, known=sorted(known))
        return Reply(
            status=400, headers=(("Content-Type", PROBLEM_JSON),), body=body, source="error", is_repeatable=True
        )


def _plays(scenarios: Iterable[Scenario], operations: Operations) -> dict[str, ScenarioPlay]:
    scenarios = list(scenarios)
    if not scenarios:
        return {}
    from mockops.mocking.rules.scenarios import ScenarioPlay  # noqa: PLC0415 (most mocks have none, and start sooner)

    return {each.name: ScenarioPlay(each, operations.entries) for each in scenarios}


def _stateful(operations: Operations, seed: int) -> Stateful:
    from mockops.mocking.rules.stateful import Stateful  # noqa: PLC0415 (most mocks are not, and start sooner)

    return Stateful(operations, seed)


def _persona_key(persona: Persona) -> str:
    """Return the name under which a session keeps where in its life a persona is."""
    return f"persona:{persona.name}"


def _persona_state(question: Question) -> str:
    """Return where in its life the persona is; empty when it has no lifecycle."""
    persona = question.persona
    if persona is None or persona.lifecycle is None:
        return ""
    key = _persona_key(persona)
    entered = question.view.states.get(key, persona.lifecycle.state)
    elapsed_s = max(0.0, question.now_s - question.view.since_s.get(key, question.now_s))
    return advance(entered, elapsed_s, persona.lifecycle.transitions)[0]


def _lived(question: Question, reply: Reply) -> Reply:
    """Let the persona's life go on: it begins with the first request, and requests may change it."""
    persona = question.persona
    if persona is None or persona.lifecycle is None:
        return reply
    key = _persona_key(persona)
    state = _persona_state(question)
    names = {question.operation, question.hit.entry.operation_id if question.hit is not None else ""} - {""}
    later = next_persona_state(persona, state, frozenset(names))
    if later == state and question.view.states.get(key) == state:
        return msgspec.structs.replace(reply, is_repeatable=False)
    return msgspec.structs.replace(reply, changes=(*reply.changes, SetState(key, later)), is_repeatable=False)


def _body_check(request: Request, ready: Ready) -> Callable[[bytes], bool]:
    """Return whether another body, sent with the same headers, is as valid."""
    validator = ready.validator
    same = msgspec.structs.replace(request, body=b"")

    def is_valid(body: bytes) -> bool:
        return not validator.check_body(msgspec.structs.replace(same, body=body))

    return is_valid
