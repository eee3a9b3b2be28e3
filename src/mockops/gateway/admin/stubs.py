"""Stubs: those of the files, shown, and those added while the gateway runs, changed and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.core.errors import Invalid
from mockops.core.ids import new_id
from mockops.core.json import Json, JsonObject
from mockops.gateway.admin.added import (
    SOURCE,
    ShownStub,
    add_all,
    find_stub,
    forget_stubs,
    key_of,
    put,
    refuse_file,
    show_stub,
)
from mockops.gateway.admin.refusals import Refused, wrong
from mockops.gateway.admin.routes import API, Call, Outcome, Parameter, Promise, Route
from mockops.mocking.importers.stubs import stub_from_json
from mockops.mocking.model import Stub, StubInvalid

if TYPE_CHECKING:
    from mockops.core.diagnostics import Diagnostic
    from mockops.gateway.target import Target


class StubList(msgspec.Struct, frozen=True, kw_only=True):
    """Stubs, oldest first."""

    stubs: list[ShownStub]
    total: int


class AddedStubs(msgspec.Struct, frozen=True, kw_only=True):
    """What was added, in the order sent."""

    ids: list[str]
    stubs: list[ShownStub]


def list_stubs(call: Call) -> Outcome:
    """List stubs."""
    return _list(call, is_unused=False)


def list_unused(call: Call) -> Outcome:
    """List the stubs that have not answered since the last reset."""
    return _list(call, is_unused=True)


def _list(call: Call, *, is_unused: bool) -> Outcome:
    hits = call.desk.gateway.counters.stub_hits()
    session, source = call.query["session"], call.query["source"]
    found = [
        shown
        for target in call.desk.targets(call.target_name)
        for shown in (show_stub(target, stub, hits[key_of(target, stub.id)]) for stub in target.stubs)
        if (session is None or shown.session == session)
        and (source is None or shown.source == source or shown.source.partition(":")[0] == source)
        and not (is_unused and shown.hits)
    ]
    return Outcome(value=StubList(stubs=found, total=len(found)))


def read_stub(call: Call) -> Outcome:
    """Show one stub."""
    target, stub = find_stub(call, call.params["id"])
    hits = call.desk.gateway.counters.stub_hits()[key_of(target, stub.id)]
    return Outcome(value=show_stub(target, stub, hits))


def add_stubs(call: Call) -> Outcome:
    """Add one stub or a list of them: all, or where any is wrong, none."""
    is_list = isinstance(call.body, list)
    given = call.body if is_list else [call.body]
    read: list[tuple[Target, Stub]] = []
    problems: list[JsonObject] = []
    for at, each in enumerate(given):
        try:
            read.append(_read(call, each))
        except Invalid as error:
            problems += _problems(error, f"/{at}" if is_list else "")
    if problems:
        raise _unusable(problems)
    stubs = add_all(call.desk, read)
    headers = (("Location", f"{API}/stubs/{stubs[0].id}"),) if len(stubs) == 1 else ()
    return Outcome(status=201, value=AddedStubs(ids=[stub.id for stub in stubs], stubs=stubs), headers=headers)


def replace_stub(call: Call) -> Outcome:
    """Replace an added stub; one that is not there is added under this id."""
    desk, stub_id = call.desk, call.params["id"]
    if not isinstance(call.body, dict):
        raise wrong("", "The body must be an object: one stub.")
    if call.body.get("id", stub_id) != stub_id:
        raise wrong("/id", f"The id in the body is not the one in the path, {stub_id!r}.")
    try:
        target, stub = _read(call, {**call.body, "id": stub_id})
    except Invalid as error:
        raise _unusable(_problems(error, "")) from error
    existed = stub_id in target.added
    put(desk, target, stub)
    desk.originals.pop(key_of(target, stub_id), None)
    desk.gateway.refresh()
    hits = desk.gateway.counters.stub_hits()[key_of(target, stub_id)]
    return Outcome(status=200 if existed else 201, value=show_stub(target, stub, hits))


def remove_stub(call: Call) -> Outcome:
    """Remove an added stub."""
    target, stub = find_stub(call, call.params["id"])
    refuse_file(target, stub.id)
    forget_stubs(call.desk, [(target, stub)])
    return Outcome(status=204)


def remove_stubs(call: Call) -> Outcome:
    """Remove all added stubs, or those of a session."""
    session = call.query["session"]
    forget_stubs(
        call.desk,
        [
            (target, stub)
            for target in call.desk.targets(call.target_name)
            for stub in target.added_stubs
            if session is None or stub.session == session
        ],
    )
    return Outcome(status=204)


def _read(call: Call, given: Json) -> tuple[Target, Stub]:
    """Return the stub that a person wrote, and the target meant.

    Raises:
        StubInvalid: It cannot be used; its diagnostics say where.
        Refused: Its target is not known.

    """
    if not isinstance(given, dict):
        raise StubInvalid("A stub is an object.")
    written = dict(given)
    name = written.pop("target", "") or call.query.get("target") or call.target
    if not isinstance(name, str):
        raise wrong("/target", "`target` must be text.")
    target = call.desk.target(name)
    written.setdefault("id", new_id())
    session = call.query.get("session")
    if session is not None:
        written.setdefault("session", session)
    stub = msgspec.structs.replace(stub_from_json(written), source=SOURCE)
    return target, stub


def _problems(error: Invalid, prefix: str) -> list[JsonObject]:
    if not error.diagnostics:
        return [{"pointer": prefix, "message": str(error)}]
    return [_problem(each, prefix) for each in error.diagnostics]


def _problem(diagnostic: Diagnostic, prefix: str) -> JsonObject:
    found: JsonObject = {"pointer": prefix + diagnostic.pointer, "message": diagnostic.message}
    return {**found, "hint": diagnostic.hint} if diagnostic.hint else found


def _unusable(problems: list[JsonObject]) -> Refused:
    first = problems[0]
    where = f" (at {first['pointer']})" if first["pointer"] else ""
    more = f", and {len(problems) - 1} more problems" if len(problems) > 1 else ""
    return Refused(422, StubInvalid.code, f"{first['message']}{where}{more}", problems=problems)


_TARGET = Parameter(name="target", description="Only of this target: `name` or `name@environment`.")
_WHERE = Parameter(name="target", description="The target meant, where there are several.")
_LISTING = (
    _TARGET,
    Parameter(name="session", description="Only for this session; empty: only those for all sessions."),
    Parameter(name="source", description="Only from this file (or `file:line`), or `api`."),
)
_ABOUT_BODY = (
    "The body is in the format of stub files; `target` beside it says where, when several targets are served, "
    "`session` limits it to one session. Every problem is reported, with a JSON Pointer."
)

ROUTES = (
    Route(
        method="GET",
        path=f"{API}/stubs",
        operation_id="stubs.list",
        tag="Stubs",
        summary="Stubs served, with how often each answered",
        run=list_stubs,
        parameters=_LISTING,
        promises=(Promise(description="The stubs, oldest first.", type=StubList),),
        problems=(404,),
    ),
    Route(
        method="POST",
        path=f"{API}/stubs",
        operation_id="stubs.add",
        tag="Stubs",
        summary="Add a stub, or a list of stubs",
        description=_ABOUT_BODY + " All are added, or none.",
        run=add_stubs,
        parameters=(_WHERE, Parameter(name="session", description="Limit stubs that name none to this session.")),
        body=JsonObject | list[JsonObject],
        promises=(Promise(status=201, description="They answer from now on.", type=AddedStubs),),
        problems=(404, 409, 413, 422),
    ),
    Route(
        method="DELETE",
        path=f"{API}/stubs",
        operation_id="stubs.remove_all",
        tag="Stubs",
        summary="Remove added stubs: all, or those of a session",
        run=remove_stubs,
        parameters=(_TARGET, Parameter(name="session", description="Only those of this session.")),
        promises=(Promise(status=204, description="They are gone; stubs of files stay."),),
        problems=(404,),
    ),
    Route(
        method="GET",
        path=f"{API}/stubs/unused",
        operation_id="stubs.list_unused",
        tag="Stubs",
        summary="Stubs that have not answered since the last reset",
        run=list_unused,
        parameters=_LISTING,
        promises=(Promise(description="The stubs, oldest first.", type=StubList),),
        problems=(404,),
    ),
    Route(
        method="GET",
        path=f"{API}/stubs/{{id}}",
        operation_id="stubs.read",
        tag="Stubs",
        summary="One stub",
        run=read_stub,
        parameters=(_WHERE,),
        promises=(Promise(description="The stub.", type=ShownStub),),
        problems=(404,),
    ),
    Route(
        method="PUT",
        path=f"{API}/stubs/{{id}}",
        operation_id="stubs.replace",
        tag="Stubs",
        summary="Replace an added stub, or add one under this id",
        description=_ABOUT_BODY,
        run=replace_stub,
        parameters=(_WHERE,),
        body=JsonObject,
        promises=(
            Promise(description="It is replaced.", type=ShownStub),
            Promise(status=201, description="It is added.", type=ShownStub),
        ),
        problems=(404, 409, 413, 422),
    ),
    Route(
        method="DELETE",
        path=f"{API}/stubs/{{id}}",
        operation_id="stubs.remove",
        tag="Stubs",
        summary="Remove an added stub",
        run=remove_stub,
        parameters=(_WHERE,),
        promises=(Promise(status=204, description="It is gone."),),
        problems=(404, 409),
    ),
)
