"""The answer the contract itself gives: status, example or generated body, declared headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.chance import seed_of
from mockops.core.problems import PROBLEM_JSON, problem
from mockops.mocking.model import Reply
from mockops.mocking.rules.bodies.encode import content_type_for, encode
from mockops.mocking.rules.generate import Direction, Hints, Unsatisfiable
from mockops.mocking.rules.generate.place import UNSET
from mockops.mocking.rules.negotiate import Refusal, ResponsePlan, is_json, plan_response, preference_of

if TYPE_CHECKING:
    from mockops.contracts.model import Example, Response, ResponseHeader
    from mockops.core.exchange import Request
    from mockops.core.json import Json
    from mockops.mocking.model import Persona
    from mockops.mocking.rules.operations import Ready

_FRAMING = frozenset({"content-type", "content-length", "transfer-encoding", "connection", "date"})


class Declared:
    """Makes declared answers of one operation for one request."""

    def __init__(
        self, ready: Ready, request: Request, params: dict[str, str], *, persona: Persona | None, seed: int
    ) -> None:
        self._ready = ready
        self._operation = ready.operation
        self._request = request
        self._persona = persona
        self._seed = seed_of(seed, self._operation.key, *sorted(params.items()), persona.name if persona else "")
        self._params = params

    def reply(self) -> Reply:
        """Return the answer, or why there is none (404, 406, 500), as a problem."""
        prefer = preference_of(self._operation, self._request)
        return self._from_plan(plan_response(self._operation, self._request.header("accept"), prefer))

    def has_status(self, status: int) -> bool:
        """Say whether exactly that status is declared, not by a range or as `default`."""
        return any(response.status == str(status) for response in self._operation.responses)

    def reply_with(self, status: int | None, example: str) -> Reply:
        """Return the declared answer with that status (None: the usual one) and that named example (empty: any)."""
        prefer = preference_of(self._operation, self._request)
        code = str(status) if status is not None else self._status_of(example)
        wanted = type(prefer)(code=code, example=example, dynamic=None if example else prefer.dynamic)
        return self._from_plan(plan_response(self._operation, self._request.header("accept"), wanted))

    def _status_of(self, example: str) -> str:
        """Return the status of the response that declares an example; empty: the usual one does, or none."""
        for response in self._operation.responses:
            if any(each.name == example for media in response.content for each in media.examples):
                return response.status if response.status.isdecimal() else ""
        return ""

    def _from_plan(self, plan: ResponsePlan | Refusal) -> Reply:
        if isinstance(plan, Refusal):
            return Reply(
                status=plan.status,
                headers=plan.headers,
                body=plan.body,
                source="error",
                operation=self._operation.key,
                is_repeatable=True,
            )
        try:
            body = b"" if plan.media is None else self._encoded(plan)
            headers = tuple(self._headers(plan.response))
        except Unsatisfiable as error:
            return self._unsatisfiable(error)
        if plan.content_type:
            headers = (("Content-Type", content_type_for(plan.content_type)), *headers)
        return Reply(status=plan.status, headers=headers, body=body, operation=self._operation.key, is_repeatable=True)

    def _encoded(self, plan: ResponsePlan) -> bytes:
        content_type = content_type_for(plan.content_type)
        return encode(self.value(plan), content_type, plan.media, self._operation.definitions)

    def value(self, plan: ResponsePlan) -> Json:
        """Return the value of a planned body: the example asked for, one that fits, else generated."""
        assert plan.media is not None  # noqa: S101 (the caller checked)
        if plan.is_named and plan.example is not None:
            return plan.example.value
        schema = plan.media.schema
        examples = [] if plan.dynamic else self._candidates(plan)
        for example in examples:
            if self._is_certain(plan, example):
                return example.value
        if schema is None:
            return {}
        # an example that does not keep its schema (many in the wild do not) or is not this persona's is come close to
        wish = examples[0].value if examples else UNSET
        try:
            return self.generate(schema, plan.media.media_type, wish=wish)
        except Unsatisfiable:
            if wish is UNSET:
                raise
            return wish  # the schema contradicts itself: what its author wrote beside it is the best there is

    def generate(self, schema: Json, salt: str = "", *, name: str = "", wish: Json = UNSET) -> Json:
        """Return a generated value, close to `wish`; the same request, seed and persona give the same one.

        `salt` tells several values of one answer apart; `name` is what a scalar is called.
        """
        hints = Hints(
            direction=Direction.RESPONSE,
            path_params=tuple(self._params.items()),
            query=self._request.query if self._request.query_string else (),
            persona=self._persona,
        )
        seed = seed_of(self._seed, salt)
        return self._ready.generator.value(schema, seed=seed, hints=hints, name=name, wish=wish)

    def _candidates(self, plan: ResponsePlan) -> list[Example]:
        """Return a body's examples, the persona's first."""
        assert plan.media is not None  # noqa: S101
        name = self._persona.name if self._persona else None
        return sorted(plan.media.examples, key=lambda example: example.name != name)

    def _is_certain(self, plan: ResponsePlan, example: Example) -> bool:
        """Say whether an example is sent as it is: it is the persona's, there is no schema, or it keeps its schema."""
        media = plan.media
        if media is None or media.schema is None or media.schema is True or not is_json(plan.content_type):
            return True
        if self._persona is not None and example.name != self._persona.name:
            return False
        return self._ready.generator.conforms(media.schema, example.value)

    def _headers(self, response: Response) -> list[tuple[str, str]]:
        return [
            (header.name, self._header_value(header))
            for header in response.headers
            if header.name.lower() not in _FRAMING
        ]

    def _header_value(self, header: ResponseHeader) -> str:
        if header.examples:
            return _as_text(header.examples[0].value)
        schema = header.schema if header.schema is not None else {"type": "string"}
        return _as_text(self.generate(schema, header.name, name=header.name))

    def _unsatisfiable(self, error: Unsatisfiable) -> Reply:
        """Say that the contract contradicts itself: nobody could answer."""
        detail = f"{self._operation.key}: no value conforms to the declared response schema: {error}"
        return Reply(
            status=500,
            headers=(("Content-Type", PROBLEM_JSON),),
            body=problem(500, error.code, detail, pointer=self._operation.pointer),
            source="error",
            operation=self._operation.key,
            is_repeatable=True,
        )


def _as_text(value: Json) -> str:
    """Return a header's value (OpenAPI: style `simple`)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_as_text(item) for item in value)
    if isinstance(value, dict):
        return ",".join(f"{name},{_as_text(item)}" for name, item in value.items())
    return "" if value is None else str(value)
