"""What a request gets that fits no stub and no operation: 405 with Allow, or 404 with what came nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.core.problems import PROBLEM_JSON, problem
from mockops.mocking.model import Reply
from mockops.mocking.rules.near import near_misses

if TYPE_CHECKING:
    from mockops.mocking.rules.lookup import StubIndex
    from mockops.mocking.rules.match import Subject
    from mockops.mocking.rules.operations import Operations


def explain_unmatched(operations: Operations, stubs: StubIndex, subject: Subject) -> Reply:
    """Return the refusal; it depends on method, path and query alone as far as stubs do."""
    request = subject.request
    methods = operations.methods(request.path)
    if methods:
        if "GET" in methods and "HEAD" not in methods:
            methods = sorted([*methods, "HEAD"])
        allow = ", ".join(sorted({*methods, "OPTIONS"}))
        if request.method == "OPTIONS":
            return Reply(status=204, headers=(("Allow", allow),), is_repeatable=True)
        detail = f"{request.path} has no {request.method}; it has {', '.join(methods)}."
        return _refuse(405, "mocking.method_not_allowed", detail, headers=(("Allow", allow),))
    near = near_misses(subject, stubs, operations.entries)
    names = "; ".join(miss.text for miss in near)
    detail = f"Nothing answers {request.method} {request.path}." + (f" Nearest: {names}" if names else "")
    body = problem(404, "mocking.no_match", detail, near=[miss.document for miss in near])
    return Reply(status=404, headers=(("Content-Type", PROBLEM_JSON),), body=body, source="error", is_repeatable=True)


def _refuse(status: int, code: str, detail: str, headers: tuple[tuple[str, str], ...]) -> Reply:
    return Reply(
        status=status,
        headers=(("Content-Type", PROBLEM_JSON), *headers),
        body=problem(status, code, detail),
        source="error",
        is_repeatable=True,
    )
