"""The endpoints that gateways call."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from sqlalchemy import func, select
from starlette.requests import Request  # noqa: TC002 (FastAPI reads it)
from starlette.responses import Response

from mockops.control.gateway_protocol.admission import Admission, scope_of
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
_MAX_WAIT_S = 60.0
_MAX_WORKERS = 1_000
_HEX = frozenset("0123456789abcdef")

Name = Annotated[str, Query(min_length=1, max_length=255)]


@api.get("/snapshots")
async def get_snapshots(
    request: Request,
    gateway: Name,
    boot: Name,
    cursor: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    wait: Annotated[float, Query(ge=0, le=_MAX_WAIT_S)] = 0,
    workers: Annotated[int, Query(ge=1, le=_MAX_WORKERS)] = 1,
    name: Annotated[str, Query(max_length=255)] = "",
    version: Annotated[str, Query(max_length=255)] = "",
) -> Response:
    """Answer with a page of what has changed since a cursor; asking with it says that everything before is applied."""
    services = services_of(request)
    caller = await services.get(Admission).caller(request)
    leases, database = services.get(Leases), services.database
    if cursor > database.changed.position:
        await asyncio.to_thread(database.read_position)  # another process may have committed it
    now = services.clock.now()
    lease = leases.began(
        gateways.Lease(
            id=gateway.replace("\0", ""),
            boot=boot.replace("\0", ""),
            name=(name or gateway).replace("\0", ""),
            org_id=caller.org_id,
            org=caller.org,
            is_root=caller.is_root,
            # a cursor ahead of the log is from before the database was restored: nothing of this one is applied
            revision=cursor if cursor <= database.changed.position else 0,
            applied_at=now,
            workers=workers,
            version=version.replace("\0", ""),
            started_at=now,
            seen_at=now,
            lease_until=now + timedelta(seconds=gateways.LEASE_S),
        )
    )
    answer = await services.get(Feed).page(scope_of(caller), cursor, wait)
    leases.answered(lease)
    if "zstd" in request.headers.get("accept-encoding", "").lower():
        return Response(answer.compressed, media_type="application/json", headers={"Content-Encoding": "zstd"})
    return Response(answer.content, media_type="application/json")


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
