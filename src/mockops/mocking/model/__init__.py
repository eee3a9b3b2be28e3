"""Stubs, scenarios and personas: what people say an answer should be."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mockops.core.errors import Invalid
from mockops.core.json import Json, JsonObject


class StubInvalid(Invalid):
    """A stub, scenario or persona cannot be used as written."""

    code: ClassVar[str] = "mocking.invalid"


class TemplateFailed(Invalid):
    """A template that was accepted could not be rendered for this request."""

    code: ClassVar[str] = "mocking.template_failed"


INITIAL_STATE = "Started"
"""What a session state reads as before anything set it (WireMock's word)."""


class ValueMatcher(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one text value (query parameter, header, cookie) must be; all that is set must hold.

    A bare scalar in a file means `equals`.
    """

    equals: str | UnsetType = UNSET
    not_equals: str | UnsetType = UNSET
    contains: str | UnsetType = UNSET
    regex: str | UnsetType = UNSET
    """RE2 syntax; must match the whole value."""
    not_contains: str | UnsetType = UNSET
    not_regex: str | UnsetType = UNSET
    """RE2 syntax; must not match the whole value. Like the other `not_…`, absence satisfies it."""
    present: bool | UnsetType = UNSET
    """False: must be absent."""
    ignore_case: bool = False
    """Of `equals`, `not_equals`, `contains` and `not_contains`."""


class BodyMatcher(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the body must be; all that is set must hold."""

    equals: Json | UnsetType = UNSET
    """Text equals the text; any other JSON value equals the parsed body (types count, 1 equals 1.0)."""
    contains: str | UnsetType = UNSET
    regex: str | UnsetType = UNSET
    """RE2 syntax; must match the whole body."""
    not_contains: str | UnsetType = UNSET
    not_regex: str | UnsetType = UNSET
    base64: str | UnsetType = UNSET
    """The body's bytes, in Base64 (RFC 4648 section 4)."""
    present: bool | UnsetType = UNSET
    """False: must be empty."""
    json_path: dict[str, Json] | UnsetType = UNSET
    """JSONPath (RFC 9535) to what its first match must equal; `{exists: bool}` or ValueMatcher keys also work."""
    json_schema: JsonObject | bool | UnsetType = UNSET
    json_subset: Json | UnsetType = UNSET
    """Objects may hold more, arrays must hold each item in order, everything else is equal."""
    ignore_array_order: bool = False
    """Of `equals` and `json_subset`."""
    form: dict[str, ValueMatcher] | UnsetType = UNSET
    """Fields of an `application/x-www-form-urlencoded` body."""
    all_of: tuple["BodyMatcher", ...] = ()
    """Further matchers that must all hold: two `contains`, two of everything."""


class RequestMatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which requests are meant; all that is set must hold."""

    operation: str = ""
    """An operationId or `GET /pets/{petId}`; instead of method and path."""
    method: str = ""
    """In upper case; empty or `ANY`: any."""
    path: str = ""
    """A path template: `{name}` takes one segment, a trailing `/**` takes the rest; empty: any."""
    path_regex: str = ""
    """RE2 syntax; must match the whole path."""
    url: str = ""
    """Path and query string, exactly as sent."""
    url_regex: str = ""
    """RE2 syntax; must match path and query string, exactly as sent."""
    params: dict[str, ValueMatcher] = msgspec.field(default_factory=dict)
    """Path parameters by name."""
    query: dict[str, ValueMatcher] = msgspec.field(default_factory=dict)
    headers: dict[str, ValueMatcher] = msgspec.field(default_factory=dict)
    cookies: dict[str, ValueMatcher] = msgspec.field(default_factory=dict)
    body: BodyMatcher | None = None
    persona: str = ""
    state: dict[str, str] = msgspec.field(default_factory=dict)
    """Session state by name (a scenario's name for a scenario's state) to the value it must have.

    A state never set reads as `INITIAL_STATE`; a scenario's as its initial state.
    """


class Delay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an answer waits, in milliseconds. Exactly one distribution is set."""

    fixed_ms: float | None = None
    uniform_ms: tuple[float, float] | None = None
    """Lowest, highest."""
    normal_ms: tuple[float, float] | None = None
    """Mean, standard deviation; never below 0."""
    lognormal_ms: tuple[float, float] | None = None
    """Median, sigma of the underlying normal."""
    dribble_ms: float | None = None
    """Not a wait before but the time over which the body is sent in pieces."""


FaultKind = Literal["reset", "empty_reply", "malformed_chunk", "garbage_then_close", "truncate_body", "timeout"]


class StubResponse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a stub answers."""

    status: int | None = None
    """None: 200, or what the contract would have chosen where `example` or nothing gives the body.

    Without a body, a status that the operation declares is answered as it declares; any other has an empty body.
    """
    headers: dict[str, str | list[str]] = msgspec.field(default_factory=dict)
    json: Json | UnsetType = UNSET
    text: str | UnsetType = UNSET
    base64: str | UnsetType = UNSET
    file: str | UnsetType = UNSET
    """Path of a file beside the stub's; read when loaded, its content is put in `text` or `base64`."""
    example: str = ""
    """Name of an example of the operation's contract."""
    template: bool = False
    """The body (each string of `json`, or the text) and the headers are Jinja2 templates."""


class Stub(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a request looks like this, answer like that."""

    id: str
    name: str = ""
    match: RequestMatch = RequestMatch()
    respond: StubResponse = StubResponse()
    delay: Delay | None = None
    fault: FaultKind | None = None
    priority: int = 5
    """1 is tried first, as in WireMock; equal priorities: the newest first."""
    weight: float | None = None
    """Share among the matching stubs of equal priority that have a weight; the draw is seeded."""
    times: int | None = None
    """How often it answers (per session) before it no longer matches."""
    session: str = ""
    """Only for this session; empty: for all."""
    set_state: dict[str, str] = msgspec.field(default_factory=dict)
    """Session state to set when it answers."""
    source: str = ""
    """`file:line` it was read from, or `api`."""


class Transition(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"source": "from", "target": "to"}
):
    """A state change that happens by itself or by a matching request."""

    source: str
    target: str
    after: float | None = None
    """Seconds in state `from` after which it happens."""
    when: RequestMatch | str | None = None
    """A request (or operation) that makes it happen, after that request is answered."""


class ScenarioRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of a scenario."""

    operation: str = ""
    match: RequestMatch | None = None
    when_state: str | list[str] | None = None
    respond: StubResponse | None = None
    patch: Json | UnsetType = UNSET
    """JSON Merge Patch (RFC 7396) over the body that would have been answered without this rule."""
    delay: Delay | None = None
    fault: FaultKind | None = None
    set_state: str | None = None


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Named behaviour of a workspace; its rules come before stubs."""

    name: str
    description: str = ""
    version: str = ""
    states: list[str] = msgspec.field(default_factory=list)
    initial_state: str = ""
    transitions: list[Transition] = msgspec.field(default_factory=list)
    rules: list[ScenarioRule] = msgspec.field(default_factory=list)
    source: str = ""


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value a persona insists on."""

    value: Json
    schema: str = ""
    """Name of a component schema: its instances are merged with (objects) or replaced by `value`."""
    pointer: str = ""
    """JSON Pointer into response bodies; `*` as a token means every item of an array."""


class LifecycleTransition(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"source": "from", "target": "to"}
):
    """A step in a persona's life."""

    source: str
    target: str
    after: float | None = None
    when: str | None = None


class Lifecycle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """States a persona passes through."""

    state: str
    states: list[str]
    transitions: list[LifecycleTransition] = msgspec.field(default_factory=list)


class Persona(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named data identity shared by all workspaces."""

    name: str
    description: str = ""
    version: str = ""
    seed: int = 0
    traits: JsonObject = msgspec.field(default_factory=dict)
    entities: dict[str, JsonObject] = msgspec.field(default_factory=dict)
    """Entity name (`customer`) to its known fields; `customer.id` fills `customer_id`, and `id` of a Customer."""
    overrides: list[Override] = msgspec.field(default_factory=list)
    lifecycle: Lifecycle | None = None
    source: str = ""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking (SEMANTICS: header beats baggage)."""

    persona: str = ""
    """Empty: the target's default persona, if it has one."""
    scenario: str = ""
    """Empty: the target's default scenario, if it has one."""
    session: str = "default"
    ci_run: str = ""
    service: str = ""
    """The calling service, where it says so."""


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """What one session remembers of one workspace, as read before a decision."""

    name: str = "default"
    states: dict[str, str] = msgspec.field(default_factory=dict)
    """State by name; a scenario's state stands under the scenario's name."""
    since_s: dict[str, float] = msgspec.field(default_factory=dict)
    """When each state was entered, on the monotonic clock."""
    hits: dict[str, int] = msgspec.field(default_factory=dict)
    """How often each stub with `times`, drawn by weight, or with chance in its templates has answered.

    The rules of scenarios whose templates draw count as `NAME/rules/INDEX`.
    """
    resources: dict[str, dict[str, JsonObject]] = msgspec.field(default_factory=dict)
    """Items of stateful collections: collection key to id to item."""


class SetState(msgspec.Struct, frozen=True, tag=True):
    """Enter a state."""

    name: str
    value: str


class CountHit(msgspec.Struct, frozen=True, tag=True):
    """Count one answer of a stub."""

    stub: str


class PutItem(msgspec.Struct, frozen=True, tag=True):
    """Create or replace an item of a stateful collection."""

    collection: str
    id: str
    item: JsonObject


class DeleteItem(msgspec.Struct, frozen=True, tag=True):
    """Remove an item of a stateful collection."""

    collection: str
    id: str


Change = SetState | CountHit | PutItem | DeleteItem
"""What an answer does to the session that got it; the gateway applies it, the rules only say it."""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a request breaks the contract."""

    location: str
    """`path`, `query`, `header`, `cookie`, `body` or `security`."""
    pointer: str
    """Where in that location, as a JSON Pointer: `/limit`, `/items/0/price`; empty for all of it."""
    rule: str
    """The keyword or check that failed: `required`, `type`, `enum`, `security`, `media_type` …"""
    expected: str
    actual: str
    message: str


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, decided; the gateway sends it and applies its changes."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Without Content-Length; Content-Type included where there is a body."""
    body: bytes = b""
    source: str = "mock"
    """`mock`, or `error` when MockOps itself explains why there is no answer."""
    operation: str = ""
    stub: str = ""
    scenario: str = ""
    persona: str = ""
    delay_ms: float = 0.0
    dribble_ms: float = 0.0
    fault: FaultKind | None = None
    changes: tuple[Change, ...] = ()
    violations: tuple[Violation, ...] = ()
    is_repeatable: bool = False
    """The same request gives the same answer: no state, chance, time or body took part (but the body's validity)."""
    body_check: Any = None
    """For a repeatable answer to a request whose body is validated: `bytes -> bool`, whether a body is as valid."""
