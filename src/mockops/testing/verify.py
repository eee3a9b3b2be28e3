"""Checking what was asked, and saying what came nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.gateway.exchanges import ExchangeFilter, find, subject_of
from mockops.mocking.importers.stubs import match_from_json
from mockops.mocking.rules.match import Difference, compile_match

if TYPE_CHECKING:
    from mockops.core.json import Json
    from mockops.gateway.exchanges import Exchange
    from mockops.gateway.gateway import Gateway
    from mockops.mocking.model import RequestMatch

_NEAREST = 3
_MAX_COMPARED = 1000


class NotVerified(AssertionError):
    """A request that should have come in did not, or not as often."""


def match_of(method: str, path: str, json: Json, further: dict[str, Json]) -> RequestMatch:
    """Return what a request must look like, from `verify`'s arguments.

    Raises:
        StubInvalid: They cannot be understood; every problem is named.

    """
    written: dict[str, Json] = {"method": method.upper(), "path": path, **further}
    if json is not msgspec.UNSET:
        body = written.get("body", {})
        written["body"] = {**(body if isinstance(body, dict) else {"equals": body}), "json_subset": json}
    return match_from_json(written, source="verify")


def check(gateway: Gateway, wanted: RequestMatch, times: int | None) -> list[Exchange]:
    """Return the requests that match, oldest first.

    Raises:
        NotVerified: There is none, or not exactly `times`.

    """
    found = find(gateway.journal, gateway, ExchangeFilter(match=wanted))[::-1]
    if len(found) == times or (times is None and found):
        return found
    asked = f"{wanted.method} {wanted.path}"
    expected = "at least once" if times is None else _counted(times)
    lines = [f"expected {asked} {expected}, but it came {_counted(len(found))}."]
    if found:
        lines += ["These matched:", *(f"  {_line(each)}" for each in found[:_NEAREST])]
    if times is None or len(found) < times:
        lines += _nearest(gateway, wanted, {each.number for each in found})
    raise NotVerified("\n".join(lines))


def _nearest(gateway: Gateway, wanted: RequestMatch, matched: set[int]) -> list[str]:
    """Return the nearest requests that did not match, and what differed."""
    others = [each for each in find(gateway.journal, gateway, limit=_MAX_COMPARED) if each.number not in matched]
    if not others:
        return ["No other request came in."] if matched else ["No request came in."]
    compared = [(_differences(gateway, wanted, each), each) for each in others]
    compared.sort(key=lambda pair: (sum(difference.weight for difference in pair[0]), -pair[1].number))
    lines = ["Nearest requests:"]
    for differences, exchange in compared[:_NEAREST]:
        lines.append(f"  {_line(exchange)}")
        lines += [f"      {each.field}: expected {each.expected}, was {each.actual}" for each in differences]
    if len(others) > _NEAREST:
        lines.append(f"  … and {len(others) - _NEAREST} more requests")
    return lines


def _differences(gateway: Gateway, wanted: RequestMatch, exchange: Exchange) -> list[Difference]:
    target = gateway.table.get(exchange.target) if exchange.target else None
    operations = target.mock.stubs.operations if target is not None else {}
    return compile_match(wanted, operations).explain(subject_of(exchange, gateway))


def _line(exchange: Exchange) -> str:
    body = exchange.request.text
    shown = f"  body {body[:120]!r}" + ("…" if len(body) > 120 else "") if body else ""
    return f"{exchange.request.method} {exchange.url} → {exchange.status}{shown}"


def _counted(times: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(times, f"{times} times")
