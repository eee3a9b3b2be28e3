"""Targets as rows of a page: assembled once for each revision, encoded, kept while there is room."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 (dataclasses are read at run time)
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from mockops.contracts.service.saved import read_artefacts
from mockops.core.errors import MockOpsError, Unavailable
from mockops.mocking.service.behaviour import read_personas, read_pinned
from mockops.mocking.service.configs import manifest_of
from mockops.publishing.model import TargetRow
from mockops.workspaces.rules.settings import read_settings
from mockops.workspaces.service.targets import find_places, persona_groups

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from mockops.core.json import JsonObject
    from mockops.infra.db.transactions import ReadTx
    from mockops.workspaces.model.settings import Settings
    from mockops.workspaces.service.targets import Changed, Place

log = logging.getLogger("mockops.snapshots")

_MAX_ROWS_BYTES = 64 << 20
_MAX_PERSONAS_BYTES = 64 << 20
_CONFIG = ("config", "")
_CONTRACT = ("contract", "")

K = TypeVar("K", bound="Hashable")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetProblem:
    """Something about a target that gateways do not get."""

    environment_id: str
    org_id: str
    workspace_id: str
    workspace: str
    environment: str
    message: str
    is_left_out: bool
    """Whether the target as a whole cannot be assembled, so that gateways keep what they have of it."""
    at: datetime


class _Kept(Generic[K]):
    """Bytes, the least recently used forgotten beyond a bound; safe among threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[K, bytes] = OrderedDict()
        self._lock = Lock()

    def find(self, key: K) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: K, content: bytes) -> None:
        with self._lock:
            self._bytes += len(content) - len(self._kept.pop(key, b""))
            self._kept[key] = content
            while self._bytes > self._max_bytes and len(self._kept) > 1:
                self._bytes -= len(self._kept.popitem(last=False)[1])


class Assembler:
    """Makes rows of targets, and knows which could not be made; safe among threads, one for a process."""

    def __init__(self) -> None:
        self._rows: _Kept[tuple[str, int]] = _Kept(_MAX_ROWS_BYTES)
        self._personas: _Kept[str] = _Kept(_MAX_PERSONAS_BYTES)
        self._problems: dict[str, tuple[TargetProblem, ...]] = {}

    def problems_of(self, org_id: str) -> list[TargetProblem]:
        """Return what was wrong with an organization's targets when they were assembled last."""
        found = [problem for each in list(self._problems.values()) for problem in each if problem.org_id == org_id]
        return sorted(found, key=lambda each: (each.workspace, each.environment, each.message))

    def encode_rows(self, tx: ReadTx, changed: Sequence[Changed]) -> dict[str, bytes | None]:
        """Return the rows of targets as JSON; None: there is nothing to serve.

        Targets that cannot be assembled are left out of the answer, and noted.
        """
        known = {each.environment_id: self._rows.find((each.environment_id, each.revision)) for each in changed}
        found: dict[str, bytes | None] = {key: row for key, row in known.items() if row is not None}
        asked = [each for each in changed if each.environment_id not in found]
        for each in asked:
            if each.is_removed:
                found[each.environment_id] = None
                self._problems.pop(each.environment_id, None)
        missing = {each.environment_id: each.revision for each in asked if not each.is_removed}
        if not missing:
            return found
        places = find_places(tx, missing, with_pins=True)
        artefacts = _artefacts(tx, places.values())
        personas: dict[tuple[str, str], str] = {}
        for key, revision in missing.items():
            place = places.get(key)
            if place is None or not (_CONTRACT in place.pins or _CONFIG in place.pins):
                self._problems.pop(key, None)
                found[key] = None
                continue
            row = self._encode(tx, place, artefacts, personas)
            if row is not None:
                self._rows.keep((key, revision), row)
                found[key] = row
        return found

    def _encode(
        self, tx: ReadTx, place: Place, artefacts: dict[tuple[str, str], str], personas: dict[tuple[str, str], str]
    ) -> bytes | None:
        """Return a row, or None when it cannot be made; whatever is wrong with one target, the others get theirs."""
        problems: list[str] = []
        try:
            row = self._assemble(tx, place, artefacts, personas, problems)
            content = msgspec.json.encode(row)
        except Unavailable:
            raise
        except (MockOpsError, msgspec.MsgspecError, ValueError, TypeError, LookupError) as error:
            log.exception("target %s@%s of %s cannot be assembled", place.workspace, place.environment, place.org)
            self._note(tx, place, [str(error) or type(error).__name__], is_left_out=True)
            return None
        self._note(tx, place, problems, is_left_out=False)
        return content

    def _note(self, tx: ReadTx, place: Place, messages: Iterable[str], *, is_left_out: bool) -> None:
        problems = tuple(
            TargetProblem(
                environment_id=place.environment_id,
                org_id=place.org_id,
                workspace_id=place.workspace_id,
                workspace=place.workspace,
                environment=place.environment,
                message=message,
                is_left_out=is_left_out,
                at=tx.now,
            )
            for message in messages
        )
        if problems:
            self._problems[place.environment_id] = problems
        else:
            self._problems.pop(place.environment_id, None)

    def _assemble(
        self,
        tx: ReadTx,
        place: Place,
        artefacts: dict[tuple[str, str], str],
        personas: dict[tuple[str, str], str],
        problems: list[str],
    ) -> TargetRow:
        group = (place.org_id, place.environment)
        if group not in personas:
            personas[group] = self._encode_personas(tx, *group)
        pinned = place.pins.get(_CONTRACT, "")
        contract = artefacts.get((place.org_id, pinned), "")
        if pinned and not contract:
            raise LookupError(f"the pinned contract {pinned} is not there")
        manifest = manifest_of(tx, place.pins.get(_CONFIG, ""))
        row = TargetRow(
            key=place.environment_id,
            org=place.org,
            workspace_id=place.workspace_id,
            name=place.workspace,
            environment=place.environment,
            is_default=place.is_default,
            settings=_settings(place, manifest.settings, problems),
            contract=contract,
            personas=personas[group],
        )
        if not manifest.stubs and not any(kind == "scenario" for kind, _ in place.pins):
            return row
        behaviour = read_pinned(tx, place.org_id, place.pins)
        problems += [str(each) for each in behaviour.diagnostics]
        return msgspec.structs.replace(row, stubs=behaviour.stubs, scenarios=behaviour.scenarios)

    def _encode_personas(self, tx: ReadTx, org_id: str, environment: str) -> str:
        """Return the digest under which the personas of a group can be had; empty: there are none."""
        found = read_personas(tx, org_id, environment)
        if not found:
            return ""
        content = msgspec.json.encode(found)
        digest = sha256(content).hexdigest()
        self._personas.keep(digest, content)
        return digest

    def find_personas(self, tx: ReadTx, org_id: str | None, digests: Iterable[str]) -> dict[str, bytes]:
        """Return personas by digest, of an organization or (None) of all.

        Whoever asks has the digest from a row, of this process or of another control: then they are assembled anew.
        """
        wanted = set(digests)
        found: dict[str, bytes] = {}
        if not wanted:
            return found
        for group in persona_groups(tx, org_id):
            digest = self._encode_personas(tx, *group)
            content = self._personas.find(digest) if digest in wanted else None
            if content is not None:
                found[digest] = content
        return found


def _artefacts(tx: ReadTx, places: Iterable[Place]) -> dict[tuple[str, str], str]:
    """Return the digests of compiled contracts by organization and bundle."""
    by_org: dict[str, list[str]] = {}
    for place in places:
        if pinned := place.pins.get(_CONTRACT):
            by_org.setdefault(place.org_id, []).append(pinned)
    return {
        (org_id, bundle): artefact
        for org_id, bundles in by_org.items()
        for bundle, artefact in read_artefacts(tx, org_id, bundles).items()
    }


def _settings(place: Place, pinned: JsonObject, problems: list[str]) -> Settings:
    """Return the settings of the pinned config, else of the workspace, with the environment's laid over."""
    below = pinned if _CONFIG in place.pins else place.workspace_settings
    settings, found = read_settings(laid_over(below, place.settings), {})
    problems += [f"settings{each.pointer}: {each.message}" for each in found]
    return settings


def laid_over(below: JsonObject, above: JsonObject) -> JsonObject:
    """Return `above` laid over `below`: mappings are merged, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = laid_over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged
