"""What is live in an environment, as the gateway takes it: read from pinned versions, never from drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Diagnostic, Severity
from mockops.mocking.model import Persona, Scenario, Stub
from mockops.mocking.model.saved import Behaviour
from mockops.mocking.service.configs import manifest_of
from mockops.mocking.service.operations import operations_in
from mockops.mocking.service.parsed import Content, find_parsed, operation_problems, parse, read_content
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.service.blobs import read_blobs
from mockops.workspaces.service.versions import read_persona_pins, read_pins

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockops.infra.db.transactions import ReadTx
    from mockops.mocking.model.saved import Kind
    from mockops.mocking.service.parsed import Parsed
    from mockops.workspaces.model.environments import Environment


def read_behaviour(tx: ReadTx, org_id: str, environment: Environment) -> Behaviour:
    """Return stubs and scenarios that are live in an environment."""
    pins = {(str(each.entity_type), each.entity_key): each.hash for each in read_pins(tx, environment.id)}
    return read_pinned(tx, org_id, pins)


def read_pinned(tx: ReadTx, org_id: str, pins: Mapping[tuple[str, str], str]) -> Behaviour:
    """Return the stubs and scenarios of pinned versions; what does not fit the pinned contract is left out, and said.

    Args:
        tx: The transaction.
        org_id: Whose they are.
        pins: Hash of what is pinned by entity type and key (`workspaces.service.targets.Place.pins`).

    """
    manifest = manifest_of(tx, pins.get((EntityType.CONFIG, ""), ""))
    named = {key: hash_ for (kind, key), hash_ in pins.items() if kind == EntityType.SCENARIO}
    operations = operations_in(tx, org_id, pins.get((EntityType.CONTRACT, ""), ""))
    found: list[Diagnostic] = []
    stubs = _usable(_read(tx, "stub", [(key, digest) for key, digest, _ in manifest.stubs]), operations, found)
    scenarios = _usable(_read(tx, "scenario", sorted(named.items())), operations, found)
    return Behaviour(
        stubs=tuple(each.noun for each in stubs if isinstance(each.noun, Stub)),
        scenarios=tuple(each.noun for each in scenarios if isinstance(each.noun, Scenario)),
        diagnostics=tuple(found),
    )


def read_personas(tx: ReadTx, org_id: str, environment_name: str) -> tuple[Persona, ...]:
    """Return the personas that are live in every environment of a name, throughout an organization, by name."""
    pins = read_persona_pins(tx, org_id, environment_name)
    labels = {pin.persona: pin.label for pin in pins}
    parsed = _read(tx, "persona", [(pin.persona, pin.hash) for pin in pins])
    nouns = (each.noun for each in parsed)
    return tuple(
        msgspec.structs.replace(noun, version=noun.version or labels.get(noun.name, ""))
        for noun in nouns
        if isinstance(noun, Persona)
    )


def _read(tx: ReadTx, kind: Kind, wanted: Iterable[tuple[str, str]]) -> list[Parsed]:
    """Return items by key and digest, in their order; only what was not read lately comes from the database."""
    entries = list(wanted)
    known = {entry: find_parsed(kind, *entry) for entry in entries}
    missing = [entry for entry, parsed in known.items() if parsed is None]
    contents = read_blobs(tx, {digest for _, digest in missing}) if missing else {}
    for key, digest in missing:
        encoded = contents.get(digest)
        if encoded is not None:
            document, files = read_content(encoded)
            content = Content(document=document, files=files, encoded=encoded, digest=digest)
            known[key, digest] = parse(kind, key, content)
    return [parsed for entry in entries if (parsed := known[entry]) is not None]


def _usable(parsed: Iterable[Parsed], operations: Mapping[str, str], found: list[Diagnostic]) -> list[Parsed]:
    usable = []
    for each in parsed:
        problems = operation_problems(each, operations) if each.noun is not None else each.diagnostics
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        if errors:
            found += errors
        else:
            usable.append(each)
    return usable
