"""Stubs added while the gateway runs: put, forgotten, shown with those of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.errors import MockOpsError
from mockops.core.json import Json, JsonObject
from mockops.gateway.admin.refusals import Refused
from mockops.gateway.counters import StubKey
from mockops.gateway.exchanges import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockops.gateway.admin.desk import Desk
    from mockops.gateway.admin.routes import Call
    from mockops.gateway.target import Target
    from mockops.mocking.model import Stub

MAX_ADDED = 10_000
"""Stubs that may be added to one target."""
MAX_STUB_BYTES = 1 << 20
"""Of one added stub, as JSON."""
SOURCE = "api"
"""Where added stubs say they come from."""


class ShownStub(msgspec.Struct, frozen=True, kw_only=True):
    """A stub as it is served."""

    id: str
    target: str
    environment: str
    session: str
    """Empty: for all sessions."""
    source: str
    """`file:line` it was read from, or `api`."""
    read_only: bool
    """It comes from a file, and is changed there."""
    hits: int
    """How often it answered since the last reset."""
    stub: JsonObject
    """The stub in the format of stub files; what is not said is left out."""


def show_stub(target: Target, stub: Stub, hits: int) -> ShownStub:
    """Return a stub for people."""
    written = compact(stub)
    written.pop("source", None)
    return ShownStub(
        id=stub.id,
        target=target.name,
        environment=target.environment,
        session=stub.session,
        source=stub.source,
        read_only=stub.id not in target.added,
        hits=hits,
        stub=written,
    )


def compact(value: msgspec.Struct) -> JsonObject:
    """Return a struct as JSON without what has its default value."""
    kind = type(value)
    defaults = dict(zip(reversed(kind.__struct_fields__), reversed(kind.__struct_defaults__), strict=False))
    shown: JsonObject = {}
    for name, encoded in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        member = getattr(value, name)
        if member is msgspec.UNSET or member is None or member in ({}, (), []):
            continue
        if name in defaults and type(member) is type(defaults[name]) and member == defaults[name]:
            continue
        shown[encoded] = _compact_member(member)
    return shown


def _compact_member(member: Json) -> Json:
    if isinstance(member, msgspec.Struct):
        return compact(member)
    if isinstance(member, dict):
        return {key: _compact_member(each) for key, each in member.items()}
    if isinstance(member, list | tuple):
        return [_compact_member(each) for each in member]
    return member


def key_of(target: Target, stub_id: str) -> StubKey:
    """Return what a target's stub is counted under."""
    return StubKey(target.name, target.environment, stub_id)


def find_stub(call: Call, stub_id: str) -> tuple[Target, Stub]:
    """Return a stub and the target that serves it.

    Raises:
        Refused: There is none of that id, or several targets have one.

    """
    targets = call.desk.targets(call.target_name)
    found = [(target, stub) for target in targets for stub in target.stubs if stub.id == stub_id]
    if not found:
        near = did_you_mean(stub_id, (stub.id for target in targets for stub in target.stubs))
        raise Refused(404, "admin.stub_not_found", f"There is no stub {stub_id!r}{near or '.'}")
    if len(found) > 1:
        names = [f"{target.name}@{target.environment}" for target, _ in found]
        detail = f"Several targets have a stub {stub_id!r}; say which is meant with `target`."
        raise Refused(400, "admin.target_missing", detail, targets=names)
    return found[0]


def refuse_file(target: Target, stub_id: str) -> None:
    """Refuse to change a stub that comes from a file.

    Raises:
        Refused: 409, naming the file.

    """
    written = target.find_written(stub_id)
    if written is not None:
        place = written.source or "a file"
        detail = f"Stub {stub_id!r} comes from {place}: change it there, or add one of another id and lower priority."
        raise Refused(409, "admin.stub_read_only", detail, file=written.source)


def add_all(desk: Desk, given: Iterable[tuple[Target, Stub]]) -> list[ShownStub]:
    """Add stubs, all or none.

    Raises:
        Refused: One has the id of another, or there are too many.
        StubInvalid: One cannot be used.

    """
    given = list(given)
    seen: set[StubKey] = set()
    for target, stub in given:
        key = key_of(target, stub.id)
        refuse_file(target, stub.id)
        if key in seen or stub.id in target.added:
            detail = f"There is a stub {stub.id!r} already; PUT replaces it."
            raise Refused(409, "admin.stub_exists", detail)
        seen.add(key)
    added: list[tuple[Target, Stub]] = []
    try:
        for target, stub in given:
            put(desk, target, stub)
            added.append((target, stub))
    except MockOpsError:
        for target, stub in added:
            target.remove_stub(stub.id)
        raise
    finally:
        desk.gateway.refresh()
    return [show_stub(target, stub, 0) for target, stub in given]


def put(desk: Desk, target: Target, stub: Stub) -> None:
    """Serve with a stub, whatever was under its id; the caller refreshes the gateway.

    Raises:
        Refused: It comes from a file, is too large, or is one too many.
        StubInvalid: It cannot be used.

    """
    refuse_file(target, stub.id)
    size = len(msgspec.json.encode(stub))
    if size > MAX_STUB_BYTES:
        detail = f"Stub {stub.id!r} has {size} bytes; at most {MAX_STUB_BYTES} are allowed."
        raise Refused(413, "admin.stub_too_large", detail)
    if len(target.added) >= MAX_ADDED and stub.id not in target.added:
        detail = f"{target.name} has {MAX_ADDED} added stubs already; remove some, or put them into a file."
        raise Refused(409, "admin.too_many_stubs", detail)
    target.add_stub(stub)


def forget_stubs(desk: Desk, gone: Iterable[tuple[Target, Stub]]) -> None:
    """Remove added stubs with their hits."""
    keys = set()
    for target, stub in list(gone):
        key = key_of(target, stub.id)
        target.remove_stub(stub.id)
        desk.originals.pop(key, None)
        keys.add(key)
    hits = desk.gateway.counters.stub_hits()
    desk.gateway.counters.forget_hits({key: hits[key] for key in keys})
    desk.gateway.refresh()
