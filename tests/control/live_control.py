"""A control plane on a real socket, over either database, with what changes it from the side."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

from mockops.core.actor import Caller
from mockops.core.clock import FrozenClock
from mockops.infra.db.database import Database


@dataclass
class LiveControl:
    """A control plane that listens, on a thread of its own."""

    database: Database
    url: str
    live: Any
    caller: Caller
    """Admin of the first organization, `default`."""
    made: list[str] = field(default_factory=list)

    def write(self, perform: Callable[[Any], Any], caller: Caller | None = None) -> tuple[Any, int]:
        """Change something in a transaction; return what came of it, and the revision."""
        with self.database.write(caller or self.caller) as tx:
            result = perform(tx)
        return result, tx.revision

    def token(self, kind: str = "gateway", caller: Caller | None = None, **more: Any) -> dict[str, str]:
        """Return the header of a new token."""
        from mockops.workspaces.service.tokens import create_token

        self.made.append(kind)
        _, text = self.write(lambda tx: create_token(tx, name=f"t{len(self.made)}", kind=kind, **more), caller)[0]
        return {"Authorization": f"Bearer {text}"}

    def root_token(self) -> dict[str, str]:
        """Return the header of the token of `mockops up`'s own gateway."""
        from mockops.workspaces.service.tokens import create_bootstrap_token

        _, text = self.write(lambda tx: create_bootstrap_token(tx, self.caller.org_id, name="gw", kind="gateway"))[0]
        return {"Authorization": f"Bearer {text}"}

    def organization(self, name: str) -> Caller:
        """Make an organization; return its admin."""
        from dataclasses import replace

        from mockops.workspaces.service.organizations import create_organization

        made, _ = self.write(lambda tx: create_organization(tx, name=name))
        return replace(self.caller, org_id=made.id, org=made.name)

    def workspace(self, name: str, caller: Caller | None = None, **more: Any) -> Any:
        """Make a workspace without anything in it."""
        from mockops.workspaces.service.workspaces import create_workspace

        return self.write(lambda tx: create_workspace(tx, name=name, **more), caller)[0]

    def set_contract(self, workspace: Any, title: str, caller: Caller | None = None) -> tuple[str, int]:
        """Give a workspace a contract with one operation; return the artefact's digest and the revision."""
        return self.write(lambda tx: save(tx, workspace, title), caller)


def save(tx: Any, workspace: Any, title: str) -> str:
    """Make a small contract the workspace's current one; return the digest of what it is compiled to."""
    from mockops.contracts.model import Built, Bundle
    from mockops.contracts.rules.artefact import compile_contract, import_contract
    from mockops.contracts.service.bundled import BundleSources
    from mockops.contracts.service.current import set_contract
    from mockops.contracts.service.saved import save_contract
    from mockops.core.documents import read_document

    document = {
        "openapi": "3.0.3",
        "info": {"title": title, "version": "1"},
        "paths": {"/pets": {"get": {"responses": {"200": {"description": "fine"}}}}},
    }
    bundle = Bundle(root="api.json", files={"api.json": json.dumps(document).encode()})
    sources = BundleSources(bundle)
    imported = import_contract(read_document(sources.read_root(), bundle.root), sources.resolve)
    contract = compile_contract(imported)
    artefact = contract.to_bytes()
    built = Built(
        artefact=artefact,
        artefact_digest=sha256(artefact).hexdigest(),
        diagnostics=imported.diagnostics,
        title=contract.title,
        version=contract.version,
        dialect=contract.dialect,
        operations=contract.entries,
    )
    set_contract(tx, workspace, save_contract(tx, workspace.org_id, bundle, built).digest)
    return built.artefact_digest


@contextmanager
def control_over(database: Database, clock: FrozenClock, *, look_every_s: float = 0.05) -> Iterator[LiveControl]:
    """Serve a database until the end."""
    from mockops.control import events, traffic_stream
    from mockops.control.app import AppOptions, create_app, make_services
    from mockops.control.auth.identity import Origin
    from mockops.control.auth.people import People
    from mockops.control.auth.settings import AuthSettings
    from mockops.control.gateway_protocol import applied, endpoints
    from mockops.control.live import Live
    from mockops.publishing.api import gateways, traffic
    from mockops.wiring.api_server import ApiServer, bind

    people = People()
    with database.write() as tx:
        people.prepare(tx)
    with database.read() as read:
        caller = people.find_local(read, Origin())
    services = make_services(database, clock, people, AuthSettings())
    live = Live(services, look_every_s=look_every_s)
    mine = (events.router, gateways.router, applied.router, traffic.router, traffic_stream.router)
    app = create_app(services, people, AppOptions(routers=mine, extra=(endpoints.api,)))
    listening = bind("127.0.0.1", 0)
    started, stopping = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        server = ApiServer(app, listening)
        async with live.running():
            await server.start()
            started.set()
            await stopping.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(20)
        host, port = listening.getsockname()
        yield LiveControl(database=database, url=f"http://{host}:{port}", live=live, caller=caller)
    finally:
        loops[0].call_soon_threadsafe(stopping.set)
        thread.join(20)
        assert not thread.is_alive()


class EventSource:
    """Reads server-sent events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()
        assert response.status_code == 200, response.read()
        self._until_blank()  # the greeting: what is committed from now on comes

    def _until_blank(self) -> list[str]:
        found: list[str] = []
        for line in self._lines:
            if not line:
                return found
            found.append(line)
        return found

    def next(self) -> tuple[int, Any]:
        """Return id and data of the next event."""
        deadline = time.monotonic() + 60  # heartbeats would keep it waiting for ever
        while True:
            assert time.monotonic() < deadline, "no event came"
            found = dict(line.split(": ", 1) for line in self._until_blank() if not line.startswith(":"))
            if found:
                return int(found["id"]), json.loads(found["data"])

    def rest(self) -> list[str]:
        """Return the lines until the stream ends."""
        return [line for line in self._lines if line and not line.startswith(":")]
