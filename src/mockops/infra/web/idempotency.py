"""Idempotency-Key (the IETF's draft): the same POST sent twice is done once, and answered the same."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import delete, insert, select
from starlette.responses import Response

from mockops.core.errors import Invalid
from mockops.infra.db.tables import idempotency_keys
from mockops.infra.web.problems import HeaderInvalid

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request

    from mockops.infra.db.transactions import Tx
    from mockops.infra.secrets import Vault

HEADER = "idempotency-key"
KEPT_S = 24 * 3600
"""How long a key is remembered, in seconds."""
_MAX_KEY = 255
_KEPT_HEADERS = ("location", "etag", "content-type", "mockops-revision")


class KeyReused(Invalid):
    """The key was used for a different request."""

    code: ClassVar[str] = "api.idempotency_key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key somebody sent, and what it was sent with."""

    value: str
    request_digest: str
    vault: Vault | None = None
    """Seals answers: that of a new token has its text, which is kept nowhere in clear."""

    def find(self, tx: Tx) -> Response | None:
        """Return the answer that this request got before, or None.

        Raises:
            KeyReused: The key was used for something else.

        """
        table = idempotency_keys
        row = tx.one(
            select(table).where(
                table.c.org_id == tx.caller.org_id, table.c.actor_id == tx.caller.id, table.c.key == self.value
            )
        )
        if row is None:
            return None
        if row.request_digest != self.request_digest:
            message = f"The Idempotency-Key {self.value!r} was used for a different request; take a new one."
            raise KeyReused(message)
        body = self.vault.open(row.body, context=self._context(tx)) if self.vault is not None else row.body
        return Response(body, row.status, headers={**row.headers, "Idempotency-Replayed": "true"})

    def save(self, tx: Tx, response: Response) -> None:
        """Remember an answer."""
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        body = bytes(response.body)
        values = {
            "org_id": tx.caller.org_id,
            "actor_id": tx.caller.id,
            "key": self.value,
            "request_digest": self.request_digest,
            "status": response.status_code,
            "headers": headers,
            "body": self.vault.seal(body, context=self._context(tx)) if self.vault is not None else body,
            "at": tx.now,
        }
        tx.run(insert(idempotency_keys).values(**values))

    def _context(self, tx: Tx) -> str:
        return f"the answer to the Idempotency-Key {self.value!r} of {tx.caller.org_id}/{tx.caller.id}"


def key_of(request: Request, vault: Vault | None = None) -> Key | None:
    """Return the key of a POST whose body was read, or None.

    Args:
        request: The POST.
        vault: Seals the answer that is remembered.

    Raises:
        HeaderInvalid: The key is empty or too long.

    """
    value = request.headers.get(HEADER)
    if value is None or request.method != "POST":
        return None
    value = value.strip().strip('"')
    if not value or len(value) > _MAX_KEY:
        message = f"Idempotency-Key must have 1 to {_MAX_KEY} characters."
        raise HeaderInvalid(message)
    body: bytes = getattr(request, "_body", b"")
    digest = sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body)
    return Key(value=value, request_digest=digest.hexdigest(), vault=vault)


def forget_keys(tx: Tx, before: datetime) -> int:
    """Forget keys used before a moment; return how many."""
    return tx.run(delete(idempotency_keys).where(idempotency_keys.c.at < before))
