"""A control plane as gateways see it: a real HTTP server that speaks the protocol and counts what it is told.

It can be stopped and started again on its port, with or without its memory, refuse tokens, and answer rubbish.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import zstandard

from mockops.publishing.model import Blob, SnapshotPage, TargetRow, TrafficBatch, frame_blobs

TOKEN = "gateway-token"


@dataclass
class FakeControl:
    """Targets, blobs, and what came back."""

    home: str = "acme"
    token: str = TOKEN
    page_size: int = 500
    rows: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """By key: the revision it changed at, and the row (a TargetRow, or JSON as is; None: removed)."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    revision: int = 0
    reset_next: bool = False
    traffic_status: int = 200
    lose_answers: bool = False
    """Take batches, but close the connection instead of answering."""
    asked_blobs: list[str] = field(default_factory=list)
    polls: list[dict[str, str]] = field(default_factory=list)
    sends: list[tuple[str, str, int]] = field(default_factory=list)
    """Every batch that came, repeated ones as well."""
    batches: dict[tuple[str, str, int], TrafficBatch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.changed = threading.Condition()
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._connections: set[socket.socket] = set()
        self._is_up = False

    # -- what control's people do

    def publish(self, *rows: Any) -> int:
        """Change targets; return the revision."""
        with self.changed:
            self.revision += 1
            for row in rows:
                key = row.key if isinstance(row, TargetRow) else row["key"]
                self.rows[key] = (self.revision, row)
            self.changed.notify_all()
            return self.revision

    def remove(self, key: str) -> int:
        with self.changed:
            self.revision += 1
            self.rows[key] = (self.revision, None)
            self.changed.notify_all()
            return self.revision

    def blob(self, content: bytes) -> str:
        digest = sha256(content).hexdigest()
        self.blobs[digest] = content
        return digest

    # -- what tests ask

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def applied(self) -> int:
        """The cursor that a gateway acknowledged last."""
        return int(self.polls[-1]["cursor"]) if self.polls else -1

    def counted(self, **wanted: Any) -> int:
        """Return how many answers were counted, each batch once."""
        with self.changed:
            rows = [row for batch in self.batches.values() for row in batch.counts]
        return sum(row.count for row in rows if all(getattr(row, name) == value for name, value in wanted.items()))

    def repeats(self) -> int:
        """Return how many batches came more than once."""
        return sum(times - 1 for times in Counter(self.sends).values())

    # -- life

    def start(self) -> FakeControl:
        """Listen, on the port it had before if it had one."""
        control = self

        class Handler(_Handler):
            fake = control

        self._is_up = True
        self._server = _Server(("127.0.0.1", self.port), Handler)
        self._server.fake = self
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Go as a killed process goes: every connection is cut."""
        self._is_up = False
        with self.changed:
            self.changed.notify_all()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                connection.close()

    def page(self, cursor: int, wait_s: float) -> dict[str, Any]:
        """Return what changed, as JSON, waiting for it."""
        with self.changed:
            self.changed.wait_for(lambda: not self._is_up or self.revision != cursor or self.reset_next, timeout=wait_s)
            is_reset, self.reset_next = self.reset_next or cursor > self.revision, False
            since = 0 if is_reset else cursor
            news = sorted(((at, key, row) for key, (at, row) in self.rows.items() if at > since), key=lambda it: it[:2])
            part = news[: self.page_size]
            # a revision is not divided
            while len(part) < len(news) and news[len(part)][0] == part[-1][0]:
                part.append(news[len(part)])
            has_more = len(part) < len(news)
            page = SnapshotPage(
                home=self.home,
                cursor=part[-1][0] if has_more else self.revision,
                removed=tuple(key for _, key, row in part if row is None) if since else (),
                more=has_more,
                reset=is_reset,
            )
            document: dict[str, Any] = msgspec.to_builtins(page)
            document["changed"] = [msgspec.to_builtins(row) for _, _, row in part if row is not None]
            return document


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64
    fake: FakeControl

    def process_request(self, request: Any, client_address: Any) -> None:
        self.fake._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.fake._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients are killed on purpose."""


class _Handler(BaseHTTPRequestHandler):
    fake: FakeControl
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *arguments: Any) -> None:
        """Be silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if not self._is_let_in():
            return
        if parts.path != "/gateway/v1/snapshots":
            self._answer(404, {"detail": "no such path"})
            return
        self.fake.polls.append(query)
        page = self.fake.page(int(query["cursor"]), float(query["wait"]))
        if self.fake._is_up:
            self._answer(200, page)
        else:
            self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "zstd":
            body = zstandard.ZstdDecompressor().decompress(body)
        if not self._is_let_in():
            return
        if self.path == "/gateway/v1/blobs":
            digests = json.loads(body)["digests"]
            self.fake.asked_blobs += digests
            self._send(200, b"".join(frame_blobs(Blob(each, self.fake.blobs.get(each)) for each in digests)))
        else:
            self._traffic(msgspec.json.decode(body, type=TrafficBatch))

    def _traffic(self, batch: TrafficBatch) -> None:
        fake = self.fake
        if fake.traffic_status != 200:
            self._answer(fake.traffic_status, {"detail": "not now"})
            return
        name = (batch.gateway, batch.boot, batch.number)
        with fake.changed:
            is_new = name not in fake.batches
            fake.batches.setdefault(name, batch)
            fake.sends.append(name)
        if fake.lose_answers:
            self.close_connection = True
        else:
            self._answer(200, {"is_new": is_new})

    def _is_let_in(self) -> bool:
        is_known = self.headers["Authorization"] == f"Bearer {self.fake.token}"
        if not is_known:
            self._answer(401, {"detail": "this token is unknown or revoked"})
        return is_known

    def _answer(self, status: int, document: Any) -> None:
        self._send(status, msgspec.json.encode(document))

    def _send(self, status: int, content: bytes) -> None:
        content = zstandard.ZstdCompressor().compress(content)
        self.send_response(status)
        self.send_header("Content-Encoding", "zstd")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
