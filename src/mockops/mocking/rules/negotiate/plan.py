"""Choosing one of the declared responses, as Prism does: lowest 2xx, or what `Prefer` asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.contracts.model import Example, MediaType, Operation, Response
from mockops.core.problems import PROBLEM_JSON, problem
from mockops.mocking.rules.negotiate.accept import best_media_type
from mockops.mocking.rules.negotiate.prefer import NO_PREFERENCE, Preference

if TYPE_CHECKING:
    from mockops.core.json import Json

EMPTY_RESPONSE = Response(status="200")
"""What stands in where an operation declares no response at all."""


class ResponsePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The declared answer a request gets, before its body is made."""

    status: int
    response: Response
    media: MediaType | None = None
    """What the body must be; None: no body."""
    content_type: str = ""
    """The concrete type to send; empty: no body."""
    example: Example | None = None
    """The example that was asked for by name, else the first one, unless generated data was asked for."""
    is_named: bool = False
    """The example was asked for by name: nothing replaces it."""
    dynamic: bool | None = None
    """As asked: True generates although there are examples."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no such answer, ready to send."""

    status: int
    body: bytes
    """A problem document (RFC 9457)."""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", PROBLEM_JSON),)


def refuse(status: int, code: str, detail: str, **members: Json) -> Refusal:
    """Return a refusal in the shape of a problem document."""
    return Refusal(status=status, body=problem(status, code, detail, **members))


def choose_response(operation: Operation) -> tuple[int, Response]:
    """Return the status and response that an operation answers when nothing particular is asked for.

    The lowest 2xx, `2XX` as 200, the lowest 3xx, `default` as 200, else the lowest status declared.
    """
    exact = {int(each.status): each for each in operation.responses if each.status.isdecimal()}
    ranges = {each.status[:1]: each for each in operation.responses if each.status[1:].upper() == "XX"}
    for digit in "23":
        codes = [code for code in exact if code // 100 == int(digit)]
        if codes:
            return min(codes), exact[min(codes)]
        if digit in ranges:
            return int(digit) * 100, ranges[digit]
    for each in operation.responses:
        if each.status.lower() == "default":
            return 200, each
    final = [code for code in exact if code >= 200]
    if final:
        return min(final), exact[min(final)]
    if ranges:
        digit = min(ranges)
        return int(digit) * 100, ranges[digit]
    return 200, EMPTY_RESPONSE


def find_response(operation: Operation, status: int) -> Response | None:
    """Return the response declared for a status: exactly, by range (`4XX`), or `default`."""
    wanted = (str(status), f"{status // 100}XX", "DEFAULT")
    declared = {each.status.upper(): each for each in operation.responses}
    return next((declared[name] for name in wanted if name in declared), None)


def _preferred_response(operation: Operation, code: str) -> tuple[int, Response] | Refusal:
    declared = [each.status for each in operation.responses]
    if not code.isdecimal() or not 100 <= int(code[:9]) <= 599:
        detail = f"`Prefer: code={code[:40]}` is not an HTTP status; declared for {operation.key}: {_list(declared)}"
        return refuse(400, "mocking.prefer_code", detail, declared=declared)
    found = find_response(operation, int(code))
    if found is None:
        detail = f"{operation.key} declares no response for {code}; declared: {_list(declared)}"
        return refuse(404, "mocking.no_such_status", detail, declared=declared)
    return int(code), found


def _list(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:30]) or "none"


def plan_response(
    operation: Operation, accept: str | None = None, prefer: Preference = NO_PREFERENCE
) -> ResponsePlan | Refusal:
    """Return the answer that a request gets from the contract, or why there is none (400, 404, 406).

    Pure in its three arguments, so a caller can cache plans by (operation, accept, prefer). Errors (4xx, 5xx) are sent
    in their first declared type when `Accept` fits none, as RFC 9110 section 12.4.1 allows.
    """
    chosen = _preferred_response(operation, prefer.code) if prefer.code else choose_response(operation)
    if isinstance(chosen, Refusal):
        return chosen
    status, response = chosen
    if not response.content or status in {204, 205, 304}:
        return ResponsePlan(status=status, response=response, dynamic=prefer.dynamic)
    types = [media.media_type for media in response.content]
    best = best_media_type(accept, types) or (best_media_type(None, types) if status >= 400 else None)
    if best is None:
        detail = f"{operation.key} cannot answer {status} as `{accept}`; it declares {_list(types)}"
        return refuse(406, "mocking.not_acceptable", detail, declared=types)
    media, content_type = response.content[best[0]], best[1]
    example = _choose_example(operation, status, media, prefer)
    if isinstance(example, Refusal):
        return example
    return ResponsePlan(
        status=status,
        response=response,
        media=media,
        content_type=content_type,
        example=example,
        is_named=bool(prefer.example),
        dynamic=prefer.dynamic,
    )


def _choose_example(
    operation: Operation, status: int, media: MediaType, prefer: Preference
) -> Example | Refusal | None:
    if not prefer.example:
        return None if prefer.dynamic or not media.examples else media.examples[0]
    for example in media.examples:
        if example.name == prefer.example:
            return example
    names = [example.name for example in media.examples]
    detail = (
        f"{operation.key} has no example `{prefer.example[:80]}` for {status} as {media.media_type}; "
        f"examples: {_list(names)}"
    )
    return refuse(404, "mocking.no_such_example", detail, declared=names)
