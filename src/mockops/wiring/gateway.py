"""The process behind `mockops gateway`: control's targets in, answers and counts out."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.core.clock import SystemClock
from mockops.core.errors import Invalid, MockOpsError
from mockops.gateway.gateway import Gateway
from mockops.gateway.http.limits import Limits
from mockops.gateway.http.server import Server
from mockops.gateway.link.folder import Folder
from mockops.gateway.link.link import Link, LinkOptions
from mockops.gateway.upstream.client import UpstreamClient, client_context, read_origin
from mockops.infra.loop import allow_files, run, settle
from mockops.wiring.admin import LIMITS, LateHandler
from mockops.wiring.listeners import Listeners, explain
from mockops.wiring.options import DEFAULT_ADMIN_PORT, DEFAULT_PORT, ServeOptions
from mockops.wiring.report import say, warn

if TYPE_CHECKING:
    from mockops.core.clock import Clock
    from mockops.gateway.http.roles import Handler

_LOCAL = "127.0.0.1"
_INTERRUPTED = 130
"""Exit code of a process that its user did not let finish, as shells have it."""
_TIDY_EVERY_S = 30.0
_MANY_CHANGES = 500
_MAX_TOKEN = 4096


class TokenInvalid(Invalid):
    """There is no token to show to control, or it cannot be one."""

    code = "gateway.token_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOptions:
    """One gateway that follows control."""

    control_url: str
    token: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    admin_port: int | None = None
    """None: 7081, or any free one when that is taken."""
    data: Path | None = None
    """Where blobs, unsent counts and the last snapshot lie; None: `default_data()`."""
    name: str = ""
    """What people know it by; empty: the begin of its id."""
    control_ca: Path | None = None
    """PEM file with the authorities that control's certificate may be signed by; None: the system's."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    journal_bytes: int = 16 << 20
    max_body_bytes: int = 10 << 20
    link: LinkOptions = field(default_factory=LinkOptions)


def default_data() -> Path:
    """Return where a gateway keeps its files: `mockops/gateway` under `XDG_STATE_HOME`, else `~/.local/state`."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "mockops" / "gateway"


def read_token(path: Path) -> str:
    """Return the token of a file.

    Raises:
        TokenInvalid: The file cannot be read, or holds no token.

    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MAX_TOKEN + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise TokenInvalid(f"{path}: the token cannot be read: {error}") from error
    return check_token(text, str(path))


def check_token(text: str, source: str) -> str:
    """Return a token without the blanks around it.

    Raises:
        TokenInvalid: It cannot be one: empty, too long, or with characters that no header may hold.

    """
    token = text.strip()
    if not token or len(token) > _MAX_TOKEN or not all(33 <= ord(character) <= 126 for character in token):
        raise TokenInvalid(f"{source}: that is no token; write the one that `mockops token create` printed")
    return token


class GatewayProcess:
    """A gateway that follows control, its listeners and its link."""

    def __init__(self, options: GatewayOptions, *, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self.gateway = Gateway(clock=clock, journal_bytes=options.journal_bytes, max_body_bytes=options.max_body_bytes)
        serving = ServeOptions(
            sources=(),
            host=options.host,
            port=options.port,
            tls_cert=options.tls_cert,
            tls_key=options.tls_key,
            tls_client_ca=options.tls_client_ca,
        )
        limits = Limits(max_body_bytes=options.max_body_bytes)
        self._listeners = Listeners(self.gateway, serving, clock=clock, limits=limits)
        self._admin: Server | None = None
        self._link: Link | None = None
        self._readdressed = asyncio.Event()
        self._tidying: list[asyncio.Task[None]] = []

    async def start(self) -> Link:
        """Listen, serve what was served last, and get in touch with control.

        Raises:
            MockOpsError: A port or the folder is taken, or an address or file is wrong.

        """
        options = self._options
        origin = read_origin(options.control_url)
        tls = client_context(options.control_ca) if origin.scheme == "https" else None
        folder = Folder(options.data or default_data())
        link = self._link = Link(
            self.gateway,
            UpstreamClient(origin, tls=tls),
            folder,
            token=options.token,
            name=options.name,
            version=_version(),
            say=say,
            warn=warn,
            on_readdressed=self._readdressed.set,
            options=options.link,
        )
        address = await self._listeners.open()
        is_loaded = link.load()
        await self._listeners.follow_targets()
        admin = await self._listen_admin()
        self._banner(origin.url, address, admin, folder, is_loaded=is_loaded)
        settle()
        link.start()
        self._tidying = [asyncio.create_task(self._follow_ports()), asyncio.create_task(self._tidy(link))]
        return link

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, then drain; a second signal ends it at once. Return the exit code."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, _stop_or_exit, stop)
        waiting = asyncio.ensure_future(stop.wait())
        try:
            link = await self.start()
            await asyncio.wait((waiting, link.failed), return_when=asyncio.FIRST_COMPLETED)
            if link.failed.done():
                return _tell(link.failed.exception())
        finally:
            waiting.cancel()
            await self._close()
        return 0

    async def _close(self) -> None:
        """Let answers under way finish, then tell control of them; the admin port goes last."""
        for task in self._tidying:
            task.cancel()
        await self._listeners.close()
        if self._link is not None:
            await self._link.close()
        if self._admin is not None:
            await self._admin.close(drain_s=0.0)

    async def _listen_admin(self) -> tuple[str, int]:
        server = Server(LateHandler(self._make_admin), clock=self._clock, limits=LIMITS)
        wanted = self._options.admin_port
        try:
            address = await server.listen(_LOCAL, DEFAULT_ADMIN_PORT if wanted is None else wanted)
        except OSError as error:
            if wanted is not None:
                raise explain(error, _LOCAL, wanted, "choose another --admin-port, or 0 for a free one") from error
            address = await server.listen(_LOCAL, 0)
        self._admin = server
        return address

    def _make_admin(self) -> Handler:
        from mockops.gateway.admin import AdminHandler  # noqa: PLC0415 (loaded beside the first answers)

        return AdminHandler(self.gateway, servers=self._listeners.servers)

    async def _follow_ports(self) -> None:
        """Open and close the ports that targets have for themselves."""
        while True:
            await self._readdressed.wait()
            self._readdressed.clear()
            await self._listeners.follow_targets()

    async def _tidy(self, link: Link) -> None:
        """Look through all memory after many replacements: the collector does not see what is compiled."""
        replaced = link.replaced
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            if link.replaced - replaced >= _MANY_CHANGES:
                replaced = link.replaced
                settle(is_replaced=True)

    def _banner(
        self, url: str, address: tuple[str, int], admin: tuple[str, int], folder: Folder, *, is_loaded: bool
    ) -> None:
        scheme = "https" if self._options.tls_cert is not None else "http"
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        count = len(self.gateway.table)
        known = f"{count} target{'' if count == 1 else 's'} from {folder.path}" if is_loaded else "no targets yet"
        say(f"gateway: {scheme}://{host}:{address[1]}  {known}")
        say(f"control: {url}")
        say(f"admin: http://{admin[0]}:{admin[1]}/state")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (25 ms; serving files does without)

    try:
        return version("mockops")
    except PackageNotFoundError:
        return "0+unknown"


def _stop_or_exit(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(_INTERRUPTED)
    stop.set()


def _tell(error: BaseException | None) -> int:
    """Say why the link failed; what nobody meant to happen is raised."""
    if error is not None and not isinstance(error, MockOpsError):
        raise error
    warn(f"mockops: {error}")
    return 1


def run_gateway(options: GatewayOptions) -> int:
    """Serve what control publishes until stopped; return the exit code: 0 after a clean stop, 1 when it cannot."""
    allow_files()

    async def main() -> int:
        return await GatewayProcess(options, clock=SystemClock()).run()

    return run(main())
