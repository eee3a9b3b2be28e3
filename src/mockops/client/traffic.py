"""Gateways and the traffic that they answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

import msgspec

from mockops.client.access import moment
from mockops.client.errors import NotApplied
from mockops.client.listing import Listing, WholeListing
from mockops.client.shown.traffic import Count, Gateway, Rollout, Sample, TargetProblem
from mockops.client.streams import PATIENCE_S, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mockops.client.base import Api

Group = Literal[
    "workspace",
    "environment",
    "operation",
    "media_type",
    "status",
    "source",
    "stub",
    "scenario",
    "persona",
    "ci_run",
    "caller",
    "minute",
]
_ASK_S = 20.0
"""How long one request waits; the next one follows."""


class Gateways:
    """Gateways' processes: which are live, and what they have applied."""

    def __init__(self, api: Api, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._now_s = now_s

    def list(self, *, state: Literal["live", "all"] = "live") -> Listing[Gateway]:
        """Return the gateways; those not live for a day are forgotten."""
        return Listing(self._api, "gateways", Gateway, state=state)

    def problems(self) -> Listing[TargetProblem]:
        """Return what was wrong with targets when they were assembled for gateways last."""
        return WholeListing(self._api, "gateways/problems", TargetProblem)

    def applied(self, revision: int, *, wait_s: float = 0) -> Rollout:
        """Return how far a revision has come; at most a minute is waited for all to have applied it."""
        answer = self._api.request(
            "GET", "gateways/applied", params={"revision": revision, "wait": wait_s}, timeout_s=wait_s + 30
        )
        return answer.read(Rollout)

    def wait_applied(self, revision: int | None = None, *, timeout_s: float = 30.0) -> Rollout:
        """Wait until every live gateway serves a change, and return what was found.

        Args:
            revision: Of the change; None: the newest that was made over this connection.
            timeout_s: How long to wait.

        Raises:
            NotApplied: Some gateway has not applied it in time; its text names them.

        """
        wanted = self._api.revision if revision is None else revision
        ends_s = self._now_s() + timeout_s
        while True:
            left_s = max(0.0, ends_s - self._now_s())
            found = self.applied(wanted, wait_s=min(left_s, _ASK_S))
            if found.is_complete:
                return found
            if self._now_s() >= ends_s:
                names = ", ".join(found.waiting[:10]) + (" …" if len(found.waiting) > 10 else "")
                message = (
                    f"revision {wanted} is applied by {found.applied} of {found.live} live gateways after "
                    f"{timeout_s:g} s; not yet by {names or 'the others'}"
                )
                raise NotApplied(message, found)


class Traffic:
    """What gateways have answered."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def counts(
        self,
        *,
        group_by: Sequence[Group] = (),
        workspace: str = "",
        operation: str = "",
        status: str = "",
        source: str = "",
        persona: str = "",
        ci_run: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Listing[Count]:
        """Return how many answers there were, added up by what you group by.

        Args:
            group_by: Members of the counts that tell them apart; none: one sum of all.
            workspace: Id or name.
            operation: Its operationId, or method and path template.
            status: `404`, or a class: `4xx`.
            source: Where the answer came from, such as `mock`.
            persona: Its name.
            ci_run: What the calls' `MockOps-CI-Run` said.
            since: The first moment, with a time zone.
            until: The first moment that is too late.

        """
        return Listing(
            self._api,
            "traffic/counts",
            Count,
            **{"from": moment(since), "to": moment(until)},
            group_by=group_by,
            workspace=workspace,
            operation=operation,
            status=status,
            source=source,
            persona=persona,
            ci_run=ci_run,
        )

    def samples(
        self,
        *,
        workspace: str = "",
        operation: str = "",
        status: str = "",
        source: str = "",
        persona: str = "",
        ci_run: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        order: Literal["newest", "oldest"] = "newest",
    ) -> Listing[Sample]:
        """Return exchanges that gateways have sampled, masked; the newest 20,000 are kept. Filters as in `counts`."""
        return Listing(
            self._api,
            "traffic/samples",
            Sample,
            **{"from": moment(since), "to": moment(until)},
            workspace=workspace,
            operation=operation,
            status=status,
            source=source,
            persona=persona,
            ci_run=ci_run,
            order=order,
        )

    def stream(
        self,
        *,
        workspace: str = "",
        operation: str = "",
        status: str = "",
        source: str = "",
        persona: str = "",
        ci_run: str = "",
        after: int | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Stream[Sample]:
        """Open a stream of exchanges as gateways sample them; it takes itself up again when it breaks off.

        Args:
            workspace: Id or name.
            operation: Its operationId, or method and path template.
            status: `404`, or a class: `4xx`.
            source: Where the answer came from, such as `mock`.
            persona: Its name.
            ci_run: What the calls' `MockOps-CI-Run` said.
            after: Position behind which it begins; None: what comes from now on.
            patience_s: How long the server may be away.

        """
        if after is None:
            newest = self.samples().page(limit=1).items
            after = newest[0].position if newest else 0
        return Stream(
            self._api,
            "traffic/stream",
            msgspec.json.Decoder(Sample).decode,
            after=after,
            patience_s=patience_s,
            workspace=workspace,
            operation=operation,
            status=status,
            source=source,
            persona=persona,
            ci_run=ci_run,
        )
