"""From what a stub or scenario rule says to a reply."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import msgspec

from mockops.core.problems import PROBLEM_JSON, problem
from mockops.mocking.model import CountHit, Reply, StubResponse, TemplateFailed
from mockops.mocking.rules.bodies.encode import as_text, encode_json
from mockops.mocking.rules.templates import JsonTemplate, compile_json_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.json import Json
    from mockops.mocking.rules.declared import Declared
    from mockops.mocking.rules.templates import Scope

_MAX_COMPILED = 20_000
_OF_THE_URL = frozenset(
    {"request.method", "request.path", "request.params", "request.query", "request.queries", "request.url"}
)
"""What templates may read and still give the same answer to the same request line."""
_OF_CHANCE = frozenset({"uuid", "random", "fake"})
"""What templates draw: another value for each answer."""


class _Compiled:
    """A `respond` block, its templates compiled and everything else already bytes."""

    __slots__ = ("body", "draws", "headers", "is_steady", "media_type", "respond")

    def __init__(self, respond: StubResponse) -> None:
        self.respond = respond
        body: Json = None
        self.media_type = ""
        if respond.json is not msgspec.UNSET:
            body, self.media_type = respond.json, "application/json"
        elif respond.text is not msgspec.UNSET:
            body, self.media_type = respond.text, "text/plain; charset=utf-8"
        headers: Json = {name: value if isinstance(value, list) else [value] for name, value in respond.headers.items()}
        uses: frozenset[str] = frozenset()
        self.body: bytes | JsonTemplate | None
        self.headers: Json | JsonTemplate = headers
        if respond.template:
            self.headers = compile_json_template(headers)
            uses = self.headers.uses
            if self.media_type:
                self.body = compile_json_template(body)
                uses |= self.body.uses
        if not (respond.template and self.media_type):
            self.body = _encoded(respond, body)
            if self.body is not None and not self.media_type:
                self.media_type = "application/octet-stream"
        self.is_steady = uses <= _OF_THE_URL
        self.draws = bool(uses & _OF_CHANCE)


class Responder:
    """Turns `respond` blocks into replies; each is compiled once."""

    def __init__(self) -> None:
        self._compiled: dict[int, _Compiled] = {}

    def reply(
        self, respond: StubResponse, *, scope: Callable[[], Scope], declared: Declared | None, where: str, key: str
    ) -> Reply:
        """Return what `respond` says.

        Args:
            respond: The block.
            scope: Makes what templates are rendered with; only asked when there is a template.
            declared: The contract's answers, for `example` and for what `respond` leaves open; None: no operation.
            where: Whose block it is, for messages.
            key: Under what the session counts answers in which chance took part, so that the next draws anew.

        """
        compiled = self._compile(respond)
        if respond.example or (compiled.body is None and _leaves_body_to(declared, respond.status)):
            base = _declared(respond, declared, where)
            if base.source == "error":
                return base
        else:
            base = Reply(status=respond.status or 200, is_repeatable=True)
        names = scope() if respond.template else None
        try:
            headers, body = _rendered(compiled, names)
        except TemplateFailed as error:
            return _failed(error.code, f"{where}: {error}")
        fields = tuple((name, as_text(value)) for name, values in headers.items() for value in values)
        reply = _laid_over(base, fields, body, compiled.media_type)
        if compiled.is_steady:
            return reply
        changes = (CountHit(key),) if compiled.draws else ()
        return msgspec.structs.replace(reply, is_repeatable=False, changes=changes)

    def _compile(self, respond: StubResponse) -> _Compiled:
        found = self._compiled.get(id(respond))
        if found is None:
            if len(self._compiled) >= _MAX_COMPILED:
                self._compiled.clear()
            found = self._compiled[id(respond)] = _Compiled(respond)  # it keeps the block, so its id stays its own
        return found


def _rendered(compiled: _Compiled, names: Scope | None) -> tuple[dict[str, list[Json]], bytes | None]:
    headers = compiled.headers
    if isinstance(headers, JsonTemplate):
        assert names is not None  # noqa: S101 (templates come with a scope)
        headers = headers.render(names)
    body = compiled.body
    if isinstance(body, JsonTemplate):
        assert names is not None  # noqa: S101
        value = body.render(names)
        return headers, encode_json(value) if compiled.media_type == "application/json" else as_text(value).encode()
    return headers, body


def _encoded(respond: StubResponse, body: Json) -> bytes | None:
    if respond.json is not msgspec.UNSET:
        return encode_json(body)
    if respond.text is not msgspec.UNSET:
        return respond.text.encode()
    return None if respond.base64 is msgspec.UNSET else b64decode(respond.base64)


def _leaves_body_to(declared: Declared | None, status: int | None) -> bool:
    """Say whether a block without a body is answered as the contract declares; None for `declared`: no operation."""
    return status is None or (declared is not None and declared.has_status(status))


def _declared(respond: StubResponse, declared: Declared | None, where: str) -> Reply:
    if declared is not None:
        return declared.reply_with(respond.status, respond.example)
    if not respond.example:
        return Reply(status=200, is_repeatable=True)
    detail = f"{where} answers with the example {respond.example!r}, but the request fits no operation of the contract"
    return _failed("mocking.no_such_example", detail)


def _failed(code: str, detail: str) -> Reply:
    headers = (("Content-Type", PROBLEM_JSON),)
    return Reply(status=500, headers=headers, body=problem(500, code, detail), source="error")


def _laid_over(base: Reply, headers: tuple[tuple[str, str], ...], body: bytes | None, media_type: str) -> Reply:
    """Lay a block's headers and body over the contract's, field by field; an empty body is of no type."""
    said = {name.lower() for name, _ in headers}
    kept = tuple(field for field in base.headers if field[0].lower() not in said)
    if body is not None:
        kept = tuple(field for field in kept if field[0].lower() != "content-type")
        if body and "content-type" not in said:
            kept = (("Content-Type", media_type), *kept)
    return msgspec.structs.replace(base, headers=(*kept, *headers), body=base.body if body is None else body)
