"""What can go wrong between a client and a server.

MockOpsError
├── ApiError            the server refused, and said why     exit code
│   ├── ApiInvalid      400, 413, 415, 422                   1
│   ├── ApiDenied       401, 403                             1
│   ├── ApiNotFound     404                                  1
│   ├── ApiConflict     409                                  3
│   ├── ApiStale        412                                  3
│   └── ApiFailed       everything else                      1
├── AnswerInvalid       what answers is no MockOps server    1
├── NotApplied          a gateway does not serve it yet      1
├── NameMissing         what names a thing is empty          2
├── ServerInvalid       a text is no URL of a server         2
└── ServerUnreachable   nobody answers, or not in time       4
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.core.errors import Conflict, Denied, Invalid, MockOpsError, NotFound, Stale, Unavailable

if TYPE_CHECKING:
    from mockops.client.shown.traffic import Rollout
    from mockops.core.json import Json, JsonObject

_MAX_ERRORS = 1_000


class ApiError(MockOpsError):
    """The server refused a request, and said why (RFC 9457)."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, status: int, problem: JsonObject) -> None:
        super().__init__(message)
        self.status = status
        """HTTP's."""
        self.problem = problem
        """The problem document; empty when the server sent none."""
        self.diagnostics = tuple(_diagnostics(problem.get("errors")))
        """The problem's `errors`."""
        if self.problem_code:
            self.code = self.problem_code  # type: ignore[misc]  # the situation's own, where the server tells it

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What is wrong, one entry a bad field: `pointer` into the body (or `source`: the parameter), `message`."""
        return self.diagnostics

    @property
    def problem_code(self) -> str:
        """The server's stable code, such as `workspace.plan_outdated`; empty: it gave none."""
        code = self.problem.get("code")
        return code if isinstance(code, str) else ""


class ApiInvalid(ApiError, Invalid):
    """The request cannot be right."""

    code: ClassVar[str] = "client.invalid"

    def __init__(self, message: str, *, status: int, problem: JsonObject) -> None:
        ApiError.__init__(self, message, status=status, problem=problem)


class ApiDenied(ApiError, Denied):
    """The token is missing or wrong, or its owner may not do this."""

    code: ClassVar[str] = "client.denied"


class ApiNotFound(ApiError, NotFound):
    """The thing named does not exist, or is not the caller's to see."""

    code: ClassVar[str] = "client.not_found"


class ApiConflict(ApiError, Conflict):
    """The server's present state does not allow it."""

    code: ClassVar[str] = "client.conflict"
    exit_code: ClassVar[int] = 3


class ApiStale(ApiError, Stale):
    """Something changed on the server since it was read."""

    code: ClassVar[str] = "client.stale"
    exit_code: ClassVar[int] = 3


class ApiFailed(ApiError):
    """The server could not do it."""

    code: ClassVar[str] = "client.failed"


class AnswerInvalid(MockOpsError):
    """What answers does not answer as a MockOps server does."""

    code: ClassVar[str] = "client.answer_invalid"
    exit_code: ClassVar[int] = 1


class ServerUnreachable(Unavailable):
    """Nobody answers there, or not in time."""

    code: ClassVar[str] = "client.unreachable"
    exit_code: ClassVar[int] = 4


class NotApplied(Unavailable):
    """Some live gateway does not serve a change yet."""

    code: ClassVar[str] = "client.not_applied"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, rollout: Rollout) -> None:
        super().__init__(message)
        self.rollout = rollout
        """What was found last."""


class NameMissing(Invalid):
    """What names a thing is empty."""

    code: ClassVar[str] = "client.name_missing"
    exit_code: ClassVar[int] = 2


class ServerInvalid(Invalid):
    """A text is no URL of a server."""

    code: ClassVar[str] = "client.server_invalid"
    exit_code: ClassVar[int] = 2


_KINDS: dict[int, type[ApiError]] = {
    400: ApiInvalid,
    401: ApiDenied,
    403: ApiDenied,
    404: ApiNotFound,
    409: ApiConflict,
    412: ApiStale,
    413: ApiInvalid,
    415: ApiInvalid,
    422: ApiInvalid,
}


def refusal(status: int, problem: JsonObject, what: str) -> ApiError:
    """Return the error that an answer stands for.

    Args:
        status: Its status code, 400 or more.
        problem: Its problem document; empty when it has none.
        what: The request, for people.

    """
    detail = problem.get("detail") or problem.get("title") or ""
    message = detail if isinstance(detail, str) and detail else f"the server answered {status} to {what}"
    if status == 401:
        message += "; name a token with --token or MOCKOPS_TOKEN"
    return _KINDS.get(status, ApiFailed)(message, status=status, problem=problem)


def _diagnostics(errors: Json) -> list[Diagnostic]:
    """Return the `errors` of a problem document; what is none of ours is left out."""
    found = errors[:_MAX_ERRORS] if isinstance(errors, list) else []
    return [_diagnostic(each) for each in found if isinstance(each, dict)]


def _diagnostic(error: dict[str, Any]) -> Diagnostic:
    def text(name: str) -> str:
        value = error.get(name)
        return value if isinstance(value, str) else ""

    def number(name: str) -> int | None:
        value = error.get(name)
        return value if isinstance(value, int) else None

    return Diagnostic(
        code=text("code"),
        severity=Severity.WARNING if error.get("severity") == "warning" else Severity.ERROR,
        message=text("message"),
        source=text("source") or text("parameter") or "server",
        pointer=text("pointer"),
        line=number("line"),
        column=number("column"),
        hint=text("hint"),
    )
