"""What a request that breaks the contract is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.problems import PROBLEM_JSON, problem
from mockops.mocking.rules.negotiate.plan import Refusal
from mockops.mocking.rules.security import challenge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.contracts.model import Operation
    from mockops.mocking.model import Violation

_CODES = {401: "mocking.unauthorized", 415: "mocking.unsupported_media_type"}


def outcome(operation: Operation, violations: Sequence[Violation]) -> int:
    """Return the status for a request with violations: 401, else 415, else 422 where it is declared, else 400.

    A range (`4XX`) or `default` declares no 422: 400 is what every client understands (RFC 9110 section 15.5.1).
    """
    rules = {violation.rule for violation in violations}
    if "security" in rules:
        return 401
    if "media_type" in rules:
        return 415
    return 422 if any(response.status == "422" for response in operation.responses) else 400


def problem_for(operation: Operation, violations: Sequence[Violation]) -> Refusal:
    """Return the answer to a request with violations: a problem document that lists them all.

    The contract's own error answer is used only when asked for by `Prefer: code=NNN`: then the caller plans a
    response (`plan_response`) instead of calling this.
    """
    status = outcome(operation, violations)
    many = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    first = next((each for each in violations if each.rule in {"security", "media_type"}), violations[0])
    body = problem(
        status,
        _CODES.get(status, "mocking.request_invalid"),
        f"{operation.key}: {first.message}{many}",
        violations=msgspec.to_builtins(list(violations)),
    )
    headers: tuple[tuple[str, str], ...] = (("Content-Type", PROBLEM_JSON),)
    if status == 401 and (words := challenge(operation)):
        headers += (("WWW-Authenticate", words),)
    if status == 415 and operation.request_body is not None:
        headers += (("Accept", ", ".join(media.media_type for media in operation.request_body.content)),)
    return Refusal(status=status, body=body, headers=headers)
