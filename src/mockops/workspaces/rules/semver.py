"""Semantic Versioning 2.0.0: reading, ordering, the next one."""

from __future__ import annotations

import re
from typing import TypeAlias

from mockops.core.diagnostics import Diagnostic
from mockops.workspaces.model.versions import LabelInvalid

MAX_LABEL = 64
FIRST = "1.0.0"
"""Label of an entity's first version."""

Part: TypeAlias = tuple[int, int, str]
Order: TypeAlias = tuple[int, int, int, bool, tuple[Part, ...]]
"""Compares as section 11 has it."""

_NUMBER = r"(?:0|[1-9][0-9]{0,17})"
_IDENTIFIER = r"(?:0|[1-9][0-9]{0,17}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<pre>{_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)


def check_label(label: str, *, where: str = "/label") -> str:
    """Return a label that is a semantic version.

    Raises:
        LabelInvalid: It is none.

    """
    if len(label) <= MAX_LABEL and _SEMVER.fullmatch(label):
        return label
    message = f"{label[:MAX_LABEL]!r} is no semantic version of at most {MAX_LABEL} characters."
    hint = "write MAJOR.MINOR.PATCH, like 1.4.0 or 2.0.0-rc.1"
    raise LabelInvalid(
        message, [Diagnostic(code=LabelInvalid.code, message=message, source="", pointer=where, hint=hint)]
    )


def order_of(label: str) -> Order:
    """Return what orders a label by precedence (section 11); build metadata does not count.

    Raises:
        LabelInvalid: It is no semantic version.

    """
    found = _SEMVER.fullmatch(check_label(label))
    assert found is not None  # noqa: S101 (checked in the line before)
    core = int(found["major"]), int(found["minor"]), int(found["patch"])
    before = found["pre"]
    return (*core, before is None, tuple(_part(each) for each in before.split(".")) if before else ())


def _part(identifier: str) -> Part:
    """Numbers compare as numbers and stand below words."""
    return (0, int(identifier), "") if identifier.isdigit() else (1, 0, identifier)


def is_higher(label: str, than: str) -> bool:
    """Say whether a label takes precedence over another."""
    return order_of(label) > order_of(than)


def next_patch(highest: str) -> str:
    """Return the label that follows by itself: `1.4.2` → `1.4.3`, `2.0.0-rc.1` → `2.0.0`, none → `1.0.0`."""
    if not highest:
        return FIRST
    major, minor, patch, is_release, _ = order_of(highest)
    return f"{major}.{minor}.{patch + 1 if is_release else patch}"
