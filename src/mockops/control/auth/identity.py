"""Somebody whom an identity provider vouches for, and who callers are in the organizations here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from mockops.core.errors import Denied

if TYPE_CHECKING:
    from mockops.core.actor import Caller, Role
    from mockops.infra.db.transactions import ReadTx, Tx


class NoMember(Denied):
    """The person is known, but no member of an organization here."""

    code: ClassVar[str] = "access.no_member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an ID token or access token says of a person (OpenID Connect Core 1.0 section 5.1)."""

    subject: str
    """`issuer|sub`: never given to somebody else, unlike an address."""
    email: str = ""
    """Empty unless the provider has verified it."""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request came from."""

    org: str = ""
    """What `MockOps-Org` names; empty: the caller's first one."""
    address: str = ""
    user_agent: str = ""


class Directory(Protocol):
    """Who is who in the organizations; the workspaces slice knows."""

    def prepare(self, tx: Tx) -> None:
        """Have the organization that a fresh installation begins with."""
        ...

    def find_local(self, tx: ReadTx, origin: Origin) -> Caller:
        """Return this machine's user, who may do everything, in the organization asked for.

        Raises:
            NotFound: There is no such organization.

        """
        ...

    def find_token(self, tx: ReadTx, text: str, origin: Origin) -> Caller:
        """Return who a token stands for.

        Raises:
            NotAuthenticated: It is unknown, has expired, or was revoked.

        """
        ...

    def find_person(self, tx: ReadTx, identity: Identity, origin: Origin) -> Caller | None:
        """Return the member that a person is, in the organization asked for or the first; None: of none at all.

        Raises:
            NotFound: No member of the organization asked for.

        """
        ...

    def admit(self, tx: Tx, identity: Identity, role: Role | None) -> bool:
        """Link a person to the members with the verified address, or make one with a role; return whether one is."""
        ...

    def has_admin(self, tx: ReadTx) -> bool:
        """Say whether any token can manage the installation."""
        ...

    def create_admin_token(self, tx: Tx, text: str = "") -> str:
        """Make a token that manages the installation, with a text of its own or the given one; return it."""
        ...

    def create_gateway_token(self, tx: Tx) -> str:
        """Make a token for the gateway that `mockops up` runs, instead of the one before; return its text."""
        ...

    def is_gateway_token(self, tx: ReadTx, text: str) -> bool:
        """Say whether a text lets a gateway in that serves every organization."""
        ...
