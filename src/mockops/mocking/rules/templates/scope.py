"""What templates can name: the request, who asks, and sources of time, chance and fake data."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mockops.core.chance import roll
from mockops.core.exchange import NotJson
from mockops.core.ids import uuid_from
from mockops.mocking.rules.templates.budget import Budget
from mockops.mocking.rules.templates.dice import Dice, Fake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockops.core.chance import Chance
    from mockops.core.exchange import Request
    from mockops.core.json import Json
    from mockops.mocking.model import Persona

ROOTS = frozenset({"request", "persona", "state", "session", "now", "uuid", "fake", "random"})
"""The names that every template may use."""


class Headers(dict[str, str]):
    """Header values by name, in any case; `x_request_id` finds `X-Request-Id`."""

    def __missing__(self, name: object) -> str:
        if isinstance(name, str):
            for candidate in (name.lower(), name.lower().replace("_", "-")):
                if candidate in self:
                    return self[candidate]
        raise KeyError(name)


class RequestView:
    """The request as templates see it."""

    FIELDS: ClassVar[frozenset[str]] = frozenset(
        {"method", "path", "params", "query", "queries", "headers", "cookies", "body", "text", "url"}
    )

    def __init__(self, request: Request, params: Mapping[str, str]) -> None:
        self._request = request
        self.method = request.method
        self.path = request.path
        self.params = dict(params)

    def __repr__(self) -> str:
        return f"{self.method} {self.url}"

    @property
    def url(self) -> str:
        """Path and query string, as sent."""
        request = self._request
        return f"{request.path}?{request.query_string}" if request.query_string else request.path

    @cached_property
    def query(self) -> dict[str, str]:
        """The first value of each query parameter."""
        return dict(reversed(self._request.query))

    @cached_property
    def queries(self) -> dict[str, list[str]]:
        """All values of each query parameter."""
        values: dict[str, list[str]] = {}
        for name, value in self._request.query:
            values.setdefault(name, []).append(value)
        return values

    @cached_property
    def headers(self) -> Headers:
        """Header values by lower-case name."""
        return Headers(self._request.header_map)

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies by name."""
        return self._request.cookies

    @property
    def text(self) -> str:
        """The body as text."""
        return self._request.text

    @cached_property
    def body(self) -> Json:
        """The body: a JSON value, the fields of a form, else text; None when empty."""
        request = self._request
        if not request.body:
            return None
        if request.media_type == "application/x-www-form-urlencoded":
            return dict(reversed(request.form)) if request.form else request.text
        if request.media_type.endswith("json") or request.body[:1] in b"{[":
            try:
                return request.json
            except NotJson:
                return request.text
        return request.text


class Scope:
    """Everything the templates of one answer are rendered with, made as far as they use it; spends one budget."""

    def __init__(
        self,
        *,
        request: Request,
        now: datetime,
        params: Mapping[str, str] | None = None,
        persona: Persona | None = None,
        persona_state: str = "",
        states: Mapping[str, str] | None = None,
        session: str = "default",
        ci_run: str = "",
        seed: int = 0,
    ) -> None:
        """Take what there is to know.

        Args:
            request: The request.
            now: The time, in UTC.
            params: Path parameters, decoded.
            persona: Who asks, if known.
            persona_state: Where in its life the persona is.
            states: Session states by name, as `state.NAME`.
            session: The session's name.
            ci_run: The CI run, if any.
            seed: All chance comes from it: the same seed, the same answer.

        """
        self._request = request
        self._params = params or {}
        self._now = now
        self._persona = persona
        self._persona_state = persona_state
        self._states = states or {}
        self._session = {"name": session, "ci_run": ci_run}
        self._seed = seed
        self._roots: dict[str, Any] = {}
        self.budget = Budget()

    def root(self, name: str) -> Any:
        """Return what one of `ROOTS` stands for."""
        if name not in self._roots:
            self._roots[name] = self._makers[name](self)
        return self._roots[name]

    @cached_property
    def chance(self) -> Chance:
        """The answer's source of chance."""
        return roll(self._seed, "template")

    def _uuid(self) -> Callable[[], str]:
        return lambda: uuid_from(self.chance.getrandbits(128))

    def _tell_time(self) -> Callable[..., datetime | str]:
        def now(format: str = "", **offset: float) -> datetime | str:
            moment = self._now + timedelta(**offset)
            return format_moment(moment, format) if format else moment

        return now

    _makers: ClassVar[dict[str, Callable[[Scope], Any]]] = {
        "request": lambda self: RequestView(self._request, self._params),
        "persona": lambda self: persona_view(self._persona, self._persona_state),
        "state": lambda self: dict(self._states),
        "session": lambda self: self._session,
        "now": _tell_time,
        "uuid": _uuid,
        "fake": lambda self: Fake(self._seed),
        "random": lambda self: Dice(self.chance),
    }


def persona_view(persona: Persona | None, state: str) -> dict[str, Json]:
    """Return a persona as templates see it: entities by name, `name`, `traits`, `entities`, `state`; {} for none."""
    if persona is None:
        return {}
    return {
        **persona.entities,
        "name": persona.name,
        "description": persona.description,
        "traits": persona.traits,
        "entities": persona.entities,
        "state": state or (persona.lifecycle.state if persona.lifecycle else ""),
    }


def format_moment(moment: datetime, pattern: str) -> str:
    """Return a moment as `strftime` writes it, or `unix` (seconds), `epoch` (milliseconds), `iso`.

    Raises:
        ValueError: The pattern has a width or is longer than 200 characters.

    """
    if pattern in ("unix", "epoch"):
        return str(int(moment.timestamp() * (1000 if pattern == "epoch" else 1)))
    if pattern == "iso":
        return moment.isoformat()
    if len(pattern) > 200 or any(pattern[at + 1 : at + 2].isdigit() for at, c in enumerate(pattern) if c == "%"):
        raise ValueError(f"{pattern[:40]!r} is no date format; write for instance '%Y-%m-%d'")
    return moment.strftime(pattern)
