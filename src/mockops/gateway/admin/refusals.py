"""How the admin API refuses a request: a status, a stable code, and what explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mockops.core.errors import MockOpsError

if TYPE_CHECKING:
    from mockops.core.json import Json


class Refused(MockOpsError):
    """A request that the admin API cannot take, with the status and the members that explain it."""

    code: ClassVar[str] = "admin.refused"

    def __init__(
        self, status: int, code: str, detail: str, *, headers: tuple[tuple[str, str], ...] = (), **members: Json
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.problem_code = code
        self.headers = headers
        self.members = members


def wrong(pointer: str, message: str, **members: Json) -> Refused:
    """Return the refusal of a body in which one value is wrong."""
    problems = [{"pointer": pointer, "message": message}]
    where = f" (at {pointer})" if pointer else ""
    return Refused(400, "admin.body_invalid", message + where, problems=problems, **members)
