"""The endpoints that gateways call."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)
from starlette.responses import Response

from mockops.control.gateway_protocol.admission import Admission, scope_of
from mockops.control.gateway_protocol.asked import read_asked
from mockops.control.gateway_protocol.feed import Feed
from mockops.control.gateway_protocol.intake import BodyInvalid, decoded, read_body, unpacked
from mockops.control.gateway_protocol.leases import Leases
from mockops.control.wakeup import TRAFFIC_CHANNEL
from mockops.infra.web.services import services_of
from mockops.publishing.model import MAX_BLOBS, BatchTaken, BlobsAsked, TrafficBatch, frame_blobs
from mockops.publishing.service import gateways, traffic
from mockops.publishing.service.rows import Assembler
from mockops.publishing.service.snapshots import Scope, find_blobs
from mockops.publishing.service.traffic import TrafficChanges
from mockops.workspaces.model.versions import BlobUnknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.core.actor import Caller
    from mockops.infra.db.database import Database
    from mockops.infra.web.services import Services

api = APIRouter(prefix="/gateway/v1", include_in_schema=False)
"""Goes into control's application as it is."""

_MAX_BATCH_BYTES = 16 << 20
_MAX_UNPACKED_BYTES = 64 << 20
_MAX_ASKED_BYTES = 1 << 20
_HEX = frozenset("0123456789abcdef")


async def get_snapshots(request: Request) -> Response:
    """Answer with a page of what has changed since a cursor; asking with it says that everything before is applied."""
    services = services_of(request)
    asked = read_asked(request.query_params)
    caller = await services.get(Admission).caller(request)
    leases, database = services.get(Leases), services.database
    if asked.cursor > database.changed.position:
        await asyncio.to_thread(database.read_position)  # another process may have committed it
    now = services.clock.now()
    lease = leases.began(
        gateways.Lease(
            id=asked.gateway,
            boot=asked.boot,
            name=asked.name or asked.gateway,
            org_id=caller.org_id,
            org=caller.org,
            is_root=caller.is_root,
            # a cursor ahead of the log is from before the database was restored: nothing of this one is applied
            revision=asked.cursor if asked.cursor <= database.changed.position else 0,
            applied_at=now,
            workers=asked.workers,
            version=asked.version,
            started_at=now,
            seen_at=now,
            lease_until=now + timedelta(seconds=gateways.LEASE_S),
        )
    )
    answer = await services.get(Feed).page(scope_of(caller), asked.cursor, asked.wait)
    leases.answered(lease)
    await services.get(Admission).caller(request)  # its token may have been revoked while it waited
    if "zstd" in request.headers.get("accept-encoding", "").lower():
        return Response(answer.compressed, media_type="application/json", headers={"Content-Encoding": "zstd"})
    return Response(answer.content, media_type="application/json")


# two hundred gateways ask a hundred times a second: FastAPI's reading of parameters would cost as much as the rest
api.add_route("/gateway/v1/snapshots", get_snapshots, methods=["GET"], include_in_schema=False)


@api.get("/blobs/{digest}")
async def get_blob(request: Request, digest: str) -> Response:
    """Answer with a blob: a compiled contract, or personas."""
    services = services_of(request)
    caller = await services.get(Admission).caller(request)
    found = await asyncio.to_thread(_read_blobs, services, scope_of(caller), [digest] if _is_digest(digest) else [])
    if not found or found[0] is None:
        raise BlobUnknown(f"There is no content with the digest {digest[:64]!r}.")
    return Response(found[0], media_type="application/octet-stream", headers={"ETag": f'"{digest}"'})


def _read_blobs(services: Services, scope: Scope, digests: Sequence[str]) -> list[bytes | None]:
    with services.database.read() as tx:
        return [blob.content for blob in find_blobs(tx, services.get(Assembler), scope, digests)]


@api.post("/blobs")
async def read_blobs(request: Request) -> Response:
    """Answer with several blobs in frames (`publishing.model.frame_blobs`)."""
    services = services_of(request)
    caller = await services.get(Admission).caller(request)
    asked = decoded(await read_body(request, max_bytes=_MAX_ASKED_BYTES), BlobsAsked)
    if len(asked.digests) > MAX_BLOBS:
        raise BodyInvalid(f"At most {MAX_BLOBS} blobs can be asked for at once; these are {len(asked.digests)}.")
    wrong = next((digest for digest in asked.digests if not _is_digest(digest)), None)
    if wrong is not None:
        raise BodyInvalid(f"{wrong[:80]!r} is no SHA-256 in lower-case hex.")
    content = await asyncio.to_thread(_frame, services, scope_of(caller), asked.digests)
    return Response(content, media_type="application/octet-stream")


def _is_digest(text: str) -> bool:
    return len(text) == 64 and _HEX.issuperset(text)


def _frame(services: Services, scope: Scope, digests: Sequence[str]) -> bytes:
    with services.database.read() as tx:
        return b"".join(frame_blobs(find_blobs(tx, services.get(Assembler), scope, digests)))


@api.post("/traffic")
async def take_traffic(request: Request) -> Response:
    """Count a batch of traffic, once however often it is sent."""
    services = services_of(request)
    caller = await services.get(Admission).caller(request)
    body = await read_body(request, max_bytes=_MAX_BATCH_BYTES)
    coding = request.headers.get("content-encoding", "")
    taken = await asyncio.to_thread(_take, services, caller, body, coding)
    return Response(b'{"is_new":%b}' % (b"true" if taken.is_new else b"false"), media_type="application/json")


def _take(services: Services, caller: Caller, body: bytes, coding: str) -> BatchTaken:
    batch = decoded(unpacked(body, coding, max_bytes=_MAX_UNPACKED_BYTES), TrafficBatch)
    database: Database = services.database
    with database.write(caller, scope=traffic.scope_of(batch)) as tx:
        taken, position = traffic.take_batch(tx, batch)
        if taken.is_new:
            gateways.save_problems(tx, batch)
        if position and not tx.is_sqlite:
            tx.scalar(select(func.pg_notify(TRAFFIC_CHANNEL, str(position))))
    if position:
        services.get(TrafficChanges).signal(position)
    return taken
