"""`MockOps`: everything that a server can do, noun by noun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from mockops.client.access import Audit, Members, Organizations, Secrets, Teams, Tokens
from mockops.client.base import Api
from mockops.client.contracts import ContractOf, Contracts
from mockops.client.events import Events
from mockops.client.mocking import Imports, Personas, Scenarios, Stubs
from mockops.client.projects import Projects
from mockops.client.shown.access import Me
from mockops.client.traffic import Gateways, Traffic
from mockops.client.workspaces import Environments, PersonaPins, PersonaVersions, Pins, Roles, Versions, Workspaces

if TYPE_CHECKING:
    from types import TracebackType


class MockOps:
    """A connection to a MockOps server.

    Threads may share it. Reading is tried again when the connection fails or the server is busy, and so is every POST:
    it carries an `Idempotency-Key`, so that nothing is done twice.

    Example:
        with MockOps("http://127.0.0.1:7070") as api:
            for workspace in api.workspaces.list(team="payments"):
                print(workspace.name, len(api.stubs(workspace.name).list().first(500)))

    """

    def __init__(
        self, server: str = "", token: str = "", org: str = "", *, timeout_s: float = 60.0, attempts: int = 4
    ) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            server: URL; empty: the environment's `MOCKOPS_SERVER`, else http://127.0.0.1:7070.
            token: API token; empty: `MOCKOPS_TOKEN`, else none.
            org: The organization meant, for callers of several; empty: `MOCKOPS_ORG`, else the caller's first.
            timeout_s: Without a byte for so long, a request has failed.
            attempts: How often a request is sent at most.

        Raises:
            ServerInvalid: The server is no URL, or token or organization cannot be one.

        """
        self._bind(Api(server, token, org, timeout_s=timeout_s, attempts=attempts))

    @classmethod
    def over(cls, api: Api) -> Self:
        """Return one that asks over a connection that is there."""
        made = cls.__new__(cls)
        made._bind(api)
        return made

    def _bind(self, api: Api) -> None:
        self.api = api
        """What sends: for requests that have no method here."""
        self.orgs = Organizations(api)
        self.teams = Teams(api)
        self.members = Members(api)
        self.tokens = Tokens(api)
        self.secrets = Secrets(api)
        self.audit = Audit(api)
        self.workspaces = Workspaces(api)
        self.contracts = Contracts(api)
        self.personas = Personas(api)
        self.persona_versions = PersonaVersions(api)
        self.projects = Projects(api)
        self.events = Events(api)
        self.gateways = Gateways(api)
        self.traffic = Traffic(api)

    def __enter__(self) -> Self:
        """Return itself; leaving closes the connections."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.api.close()

    @property
    def server(self) -> str:
        """The server's URL."""
        return self.api.server

    @property
    def revision(self) -> int:
        """The newest revision that a change made over this connection got; `gateways.wait_applied` waits for it."""
        return self.api.revision

    def me(self) -> Me:
        """Return who you are to this server, and what you may do."""
        return self.api.get("me").read(Me)

    def roles(self, workspace: str) -> Roles:
        """Return members' roles in a workspace."""
        return Roles(self.api, workspace)

    def environments(self, workspace: str) -> Environments:
        """Return the environments of a workspace."""
        return Environments(self.api, workspace)

    def pins(self, workspace: str, environment: str) -> Pins:
        """Return what is live in an environment of a workspace."""
        return Pins(self.api, workspace, environment)

    def persona_pins(self, environment: str) -> PersonaPins:
        """Return which personas are live in the environments of a name."""
        return PersonaPins(self.api, environment)

    def versions(self, workspace: str) -> Versions:
        """Return the versions of what is in a workspace."""
        return Versions(self.api, workspace)

    def contract(self, workspace: str) -> ContractOf:
        """Return the contract of a workspace."""
        return ContractOf(self.api, workspace)

    def stubs(self, workspace: str) -> Stubs:
        """Return the stubs of a workspace."""
        return Stubs(self.api, workspace)

    def scenarios(self, workspace: str) -> Scenarios:
        """Return the scenarios of a workspace."""
        return Scenarios(self.api, workspace)

    def imports(self, workspace: str) -> Imports:
        """Return what brings other tools' files into a workspace."""
        return Imports(self.api, workspace)
