"""What a workspace or environment is asked to be: every problem is named at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from mockops.core.diagnostics import Diagnostic, pointer
from mockops.workspaces.model.environments import MAX_ENVIRONMENTS, WorkspaceInvalid
from mockops.workspaces.model.organizations import NameInvalid
from mockops.workspaces.rules.names import check_name
from mockops.workspaces.rules.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockops.core.json import Json, JsonObject
    from mockops.workspaces.model.environments import NewEnvironment
    from mockops.workspaces.model.settings import Settings

MAX_LABELS = 50
_UNKEEPABLE = "half of a surrogate pair, NaN and infinity cannot be kept"
_LABEL_KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/@ -]{0,98}[A-Za-z0-9])?")


def effective_settings(workspace: JsonObject, environment: JsonObject) -> Settings:
    """Return how a target answers: the environment's settings laid over the workspace's; what is wrong is left out."""
    return read_settings(workspace, environment)[0]


def settings_faults(settings: JsonObject, where: str) -> Iterator[Diagnostic]:
    """Give what is wrong with settings, pointing below `where`."""
    if not _can_be_kept(settings):
        yield _fault(where, _UNKEEPABLE, "write whole characters, and numbers that JSON has")
        return
    read, found = read_settings(settings, {})
    for each in found:
        yield replace(each, source="", pointer=where + each.pointer.removeprefix("/settings"))
    for place, value, least, most in (
        ("/listen", read.listen, 1, 65_535),
        ("/session_ttl_s", read.session_ttl_s, 0.001, 366 * 86_400),
        ("/max_session_bytes", read.max_session_bytes, 0, 1 << 40),
        ("/cors/max_age_s", read.cors.max_age_s, -1, 1 << 31),
    ):
        if value is not None and not least <= value <= most:
            yield _fault(where + place, f"{value} is out of range", f"write a number from {least} to {most}")


def label_faults(labels: Mapping[str, str], where: str = "/labels") -> Iterator[Diagnostic]:
    """Give what is wrong with a workspace's labels."""
    if not _can_be_kept(labels):
        yield _fault(where, _UNKEEPABLE, "write whole characters")
        return
    if len(labels) > MAX_LABELS:
        yield _fault(where, f"{len(labels)} labels are more than {MAX_LABELS}", "keep those you filter by")
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key):
            hint = "letters, digits and . _ / - inside, at most 63 characters"
            yield _fault(where + pointer(key), f"{key[:63]!r} cannot be the key of a label", hint)
        elif value and not _LABEL_VALUE.fullmatch(value):
            hint = "letters, digits, spaces and . _ / @ - inside, at most 100 characters"
            yield _fault(where + pointer(key), f"{value[:100]!r} cannot be the value of the label {key!r}", hint)


def environment_faults(environments: Sequence[NewEnvironment], where: str = "/environments") -> Iterator[Diagnostic]:
    """Give what is wrong with a list of environments, and with each of them."""
    if not environments:
        yield _fault(where, "a workspace has at least one environment", "leave it out for the organization's own list")
    if len(environments) > MAX_ENVIRONMENTS:
        message = f"{len(environments)} environments are more than {MAX_ENVIRONMENTS}"
        yield _fault(where, message, "list the stages of promotion, not machines")
        return
    seen: set[str] = set()
    for at, each in enumerate(environments):
        place = where + pointer(at)
        try:
            check_name(each.name, what="environment", where=place + "/name")
        except NameInvalid as error:
            yield from error.diagnostics
        if each.name in seen:
            yield _fault(place + "/name", f"the environment {each.name!r} is listed twice", "remove one")
        seen.add(each.name)
        yield from settings_faults(each.settings, place + "/settings")


def check_config(
    *,
    settings: JsonObject | None = None,
    labels: Mapping[str, str] | None = None,
    environments: Sequence[NewEnvironment] | None = None,
) -> None:
    """Refuse what cannot be; None is not looked at.

    Raises:
        WorkspaceInvalid: With every problem.

    """
    faults: list[Diagnostic] = []
    faults += settings_faults(settings, "/settings") if settings is not None else ()
    faults += label_faults(labels) if labels is not None else ()
    faults += environment_faults(environments) if environments is not None else ()
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        message = f"{faults[0].pointer}: {faults[0].message}{more}"
        raise WorkspaceInvalid(message, faults)


def _can_be_kept(value: Json) -> bool:
    """Say whether a value comes back from its JSON text as it was: no NaN, no infinity, no half of a surrogate pair."""
    try:
        return bool(msgspec.json.decode(msgspec.json.encode(value)) == value)
    except UnicodeEncodeError:
        return False


def _fault(where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=WorkspaceInvalid.code, message=message, source="", pointer=where, hint=hint)
