"""Names that address things: one label of a host name, so that `name--environment.localhost` can be written."""

from __future__ import annotations

import re

from mockops.core.diagnostics import Diagnostic
from mockops.workspaces.model.organizations import NameInvalid

MAX_NAME = 60
_LABEL = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_id(text: str) -> bool:
    """Say whether a text has the form of an id of ours (RFC 9562, lower case), which no name has."""
    return _ID.fullmatch(text) is not None


def slug(text: str) -> str:
    """Return the nearest name to a text; `name` if nothing of it can be used."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[: MAX_NAME + 1].strip("-")[:MAX_NAME].strip("-") or "name"


def check_name(name: str, *, what: str, where: str = "/name") -> str:
    """Return a name that is one: lower-case letters, digits and single hyphens inside, at most 60 (RFC 1123 labels).

    Two hyphens in a row part a workspace from its environment in a host name, and what looks like an id is none.

    Args:
        name: What somebody wrote.
        what: What it shall name, for the message: `workspace`.
        where: JSON Pointer to it in the request.

    Raises:
        NameInvalid: It is no such label; the hint has the nearest that is.

    """
    if len(name) <= MAX_NAME and _LABEL.fullmatch(name) and not is_id(name):
        return name
    shown = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "…"
    message = (
        f"{shown!r} cannot be the name of {_article(what)} {what}: use lower-case letters, digits and single hyphens "
        f"between them, at most {MAX_NAME} characters, and nothing that looks like an id."
    )
    near = slug(name)
    hint = f"use `{near if not is_id(near) else 'api-' + near[:8]}`"
    raise NameInvalid(
        message, [Diagnostic(code=NameInvalid.code, message=message, source="", pointer=where, hint=hint)]
    )


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"
