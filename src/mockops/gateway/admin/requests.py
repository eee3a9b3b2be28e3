"""Requests that came in: listed, read, found, counted, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.gateway.admin import shown
from mockops.gateway.admin.refusals import Refused, wrong
from mockops.gateway.admin.routes import API, Call, Outcome, Parameter, Promise, Route
from mockops.gateway.admin.shown import ShownExchange, show_exchange
from mockops.gateway.exchanges import Exchange, ExchangeFilter, count, find, subject_of
from mockops.mocking.importers.stubs import match_from_json
from mockops.mocking.model import RequestMatch
from mockops.mocking.rules.near import near_misses

if TYPE_CHECKING:
    from mockops.core.json import JsonObject
    from mockops.gateway.admin.desk import Desk

_PAGE = 100
_LARGEST_PAGE = 1000


class RequestList(msgspec.Struct, frozen=True, kw_only=True):
    """Exchanges, newest first."""

    requests: list[ShownExchange]
    next: str | None
    """The `cursor` of the following page; null: this is the last one."""
    dropped: int
    """Exchanges that left the journal to make room since its reset: older ones may be missing."""


class RequestCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many exchanges are meant."""

    count: int
    dropped: int
    """Exchanges that left the journal to make room since its reset: they are not counted."""


def list_requests(call: Call) -> Outcome:
    """List exchanges, newest first."""
    return _page(call, _filter(call))


def list_unmatched(call: Call) -> Outcome:
    """List the exchanges that nothing answered, with what came nearest."""
    wanted = msgspec.structs.replace(_filter(call), is_matched=False)
    return _page(call, wanted, with_near=True)


def find_requests(call: Call) -> Outcome:
    """List the exchanges that look as the body says, newest first."""
    return _page(call, msgspec.structs.replace(_filter(call), match=_match(call)))


def count_requests(call: Call) -> Outcome:
    """Count the exchanges that look as the body says."""
    desk = call.desk
    wanted = msgspec.structs.replace(_filter(call), match=_match(call))
    return Outcome(value=RequestCount(count=count(desk.gateway.journal, desk.gateway, wanted), dropped=_dropped(desk)))


def read_request(call: Call) -> Outcome:
    """Show one exchange, named by its number or its request id."""
    wanted = call.params["id"]
    gateway = call.desk.gateway
    found = exchange_by_id(call.desk, wanted)
    near = None if found.is_matched else nearest(call.desk, found)
    return Outcome(value=show_exchange(found, gateway, body_bytes=call.query["body_bytes"], near=near))


def forget_requests(call: Call) -> Outcome:
    """Forget the exchanges meant; without a filter, all."""
    journal = call.desk.gateway.journal
    if journal is not None:
        wanted = _filter(call)
        if wanted == ExchangeFilter():
            journal.clear()
        else:
            gone = {exchange.number for exchange in find(journal, call.desk.gateway, wanted)}
            journal.remove(lambda entry: entry.number in gone)
    return Outcome(status=204)


def exchange_by_id(desk: Desk, wanted: str) -> Exchange:
    """Return an exchange by its number or its request id.

    Raises:
        Refused: It is not, or no longer, in the journal.

    """
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 16 else None
    for exchange in find(desk.gateway.journal, desk.gateway, _around(number)):
        if exchange.number == number or exchange.id == wanted:
            return exchange
    detail = f"There is no request {wanted!r}; the journal holds the newest ones and has dropped {_dropped(desk)}."
    if desk.gateway.journal is None:
        detail = "This gateway keeps no journal (journal_bytes is 0)."
    raise Refused(404, "admin.request_not_found", detail)


def nearest(desk: Desk, exchange: Exchange) -> list[JsonObject]:
    """Return the stubs and operations that came nearest to a request."""
    target = desk.gateway.table.get(f"{exchange.target}@{exchange.environment}") if exchange.target else None
    if target is None:
        return []
    subject = subject_of(exchange, desk.gateway)
    misses = near_misses(subject, target.mock.stubs, target.mock.operations.entries)
    return [miss.document for miss in misses]


def _around(number: int | None) -> ExchangeFilter:
    if number is None:
        return ExchangeFilter()
    return ExchangeFilter(after=number - 1, before=number + 1)


def _page(call: Call, wanted: ExchangeFilter, *, with_near: bool = False) -> Outcome:
    desk, limit = call.desk, call.query["limit"]
    cursor = call.query["cursor"]
    if cursor:
        wanted = msgspec.structs.replace(wanted, before=cursor)
    found = find(desk.gateway.journal, desk.gateway, wanted, limit=limit + 1)
    page = found[:limit]
    body_bytes = call.query["body_bytes"]
    return Outcome(
        value=RequestList(
            requests=[
                show_exchange(
                    each, desk.gateway, body_bytes=body_bytes, near=nearest(desk, each) if with_near else None
                )
                for each in page
            ],
            next=str(page[-1].number) if len(found) > limit else None,
            dropped=_dropped(desk),
        )
    )


def _match(call: Call) -> RequestMatch:
    if not isinstance(call.body, dict | str):
        raise wrong("", "The body must be an object, or the name of an operation: what a stub says under `match`.")
    return match_from_json(call.body)


def _filter(call: Call) -> ExchangeFilter:
    query = call.query
    return ExchangeFilter(
        target=query["target"] or call.target,
        method=query["method"] or "",
        path=query["path"] or "",
        operation=query["operation"] or "",
        status=query["status"],
        source=query["source"] or "",
        session=query["session"] or "",
        ci_run=query["ci_run"] or "",
        persona=query["persona"] or "",
        scenario=query["scenario"] or "",
        stub=query["stub"] or "",
        is_matched=query.get("matched"),
        after=query["since"] or 0,
    )


def _dropped(desk: Desk) -> int:
    return desk.gateway.journal.dropped if desk.gateway.journal is not None else 0


FILTERS = (
    Parameter(name="target", description="Only of this target: `name` or `name@environment`."),
    Parameter(name="method", description="Only of this method."),
    Parameter(name="path", description="Only on this path, or path template: `/pets/{id}`, `/pets/**`."),
    Parameter(name="operation", description="Only of this operation: an operationId or `GET /pets/{petId}`."),
    Parameter(name="status", description="Only answered with this status.", kind="integer", minimum=100, maximum=599),
    Parameter(name="source", description="Only with this source: `mock` or `error`."),
    Parameter(name="session", description="Only of this session."),
    Parameter(name="ci_run", description="Only of this CI run."),
    Parameter(name="persona", description="Only as this persona."),
    Parameter(name="scenario", description="Only in this scenario."),
    Parameter(name="stub", description="Only answered by the stub of this id."),
    Parameter(
        name="matched",
        description="true: only what a stub, scenario or operation answered; false: only what nothing answered.",
        kind="boolean",
    ),
    Parameter(name="since", description="Only numbers above this one.", kind="integer"),
)
_BODY_BYTES = Parameter(
    name="body_bytes",
    description="How much of each body is shown.",
    kind="integer",
    default=shown.BODY_BYTES,
    maximum=shown.MAX_BODY_BYTES,
)
_PAGING = (
    Parameter(
        name="limit", description="At most so many.", kind="integer", default=_PAGE, minimum=1, maximum=_LARGEST_PAGE
    ),
    Parameter(name="cursor", description="Where the former page said `next`.", kind="integer", minimum=1),
    _BODY_BYTES,
)
_LISTED = Promise(description="The exchanges, newest first.", type=RequestList)

ROUTES = (
    Route(
        method="GET",
        path=f"{API}/requests",
        operation_id="requests.list",
        tag="Requests",
        summary="Requests that came in, newest first",
        description="Secrets are masked; bodies are shown as JSON, text or Base64 and cut at `body_bytes`.",
        run=list_requests,
        parameters=(*FILTERS, *_PAGING),
        promises=(_LISTED,),
        problems=(422,),
    ),
    Route(
        method="DELETE",
        path=f"{API}/requests",
        operation_id="requests.forget",
        tag="Requests",
        summary="Forget requests: those meant, or all",
        run=forget_requests,
        parameters=FILTERS,
        promises=(Promise(status=204, description="They are forgotten."),),
        problems=(422,),
    ),
    Route(
        method="GET",
        path=f"{API}/requests/unmatched",
        operation_id="requests.list_unmatched",
        tag="Requests",
        summary="Requests that nothing answered, with what came nearest",
        run=list_unmatched,
        parameters=(*(each for each in FILTERS if each.name != "matched"), *_PAGING),
        promises=(_LISTED,),
        problems=(422,),
    ),
    Route(
        method="POST",
        path=f"{API}/requests/find",
        operation_id="requests.find",
        tag="Requests",
        summary="Requests that look as the body says",
        description="The body is what a stub says under `match` (without `state`); filters narrow further.",
        run=find_requests,
        parameters=(*FILTERS, *_PAGING),
        body=RequestMatch,
        promises=(_LISTED,),
        problems=(422,),
    ),
    Route(
        method="POST",
        path=f"{API}/requests/count",
        operation_id="requests.count",
        tag="Requests",
        summary="How many requests look as the body says",
        run=count_requests,
        parameters=FILTERS,
        body=RequestMatch,
        promises=(Promise(description="The number.", type=RequestCount),),
        problems=(422,),
    ),
    Route(
        method="GET",
        path=f"{API}/requests/{{id}}",
        operation_id="requests.read",
        tag="Requests",
        summary="One request, by its number or its `MockOps-Request-Id`",
        run=read_request,
        parameters=(_BODY_BYTES,),
        promises=(Promise(description="The exchange.", type=ShownExchange),),
        problems=(404,),
    ),
)
