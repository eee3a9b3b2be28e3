"""What a file says of a workspace's environments: names in the order of promotion, each with settings of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mockops.core.diagnostics import Diagnostic, pointer
from mockops.core.documents import Document
from mockops.workspaces.model.projects import EnvironmentState
from mockops.workspaces.rules.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockops.core.json import Json, JsonObject

CODE = "workspace.environment_invalid"
KEY = "environments"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_NAME_CHARS = 60
_MAX_ENVIRONMENTS = 50
_HINT = "write a list of names, or a mapping: `environments: {dev: {validation: warn}, prod: {}}`"


def read_environments(
    document: Document | None,
) -> tuple[tuple[EnvironmentState, ...], list[Diagnostic]]:
    """Return what stands at `environments`, and what is wrong with it; nothing there is no environments.

    They are a list of names, or a mapping of names to settings laid over the workspace's.
    """
    data = document.data if document is not None else None
    if document is None or not isinstance(data, dict) or data.get(KEY) is None:
        return (), []
    found: list[Diagnostic] = []
    environments: dict[str, EnvironmentState] = {}
    for tokens, name, settings in _entries(document, data[KEY], found):
        if fault := name_fault(name):
            found.append(_complain(document, tokens, f"{name!r} cannot be the name of an environment: {fault}"))
        elif name in environments:
            found.append(_complain(document, tokens, f"the environment {name!r} is listed twice"))
        else:
            found += _settings_faults(document, name, settings)
            environments[name] = EnvironmentState(name=name, settings=settings)
    if len(environments) > _MAX_ENVIRONMENTS:
        message = f"{len(environments)} environments are more than {_MAX_ENVIRONMENTS}"
        found.append(_complain(document, (KEY,), message, "list the stages of promotion, not machines"))
    return tuple(environments.values()), found


def name_fault(name: str) -> str:
    """Return why a name is no label of a host name for `name--environment.localhost`; else an empty text."""
    if len(name) > _MAX_NAME_CHARS:
        return f"it has more than {_MAX_NAME_CHARS} characters"
    if _NAME.fullmatch(name) is None:
        return "lower-case letters, digits and single hyphens between them may be in it"
    return ""


def _entries(
    document: Document, value: Json, found: list[Diagnostic]
) -> Iterator[tuple[tuple[str | int, ...], str, JsonObject]]:
    if isinstance(value, dict):
        for name, settings in value.items():
            if settings is not None and not isinstance(settings, dict):
                found.append(_complain(document, (KEY, name), f"the settings of {name!r} are a mapping", _HINT))
            else:
                yield (KEY, name), name, settings or {}
    elif isinstance(value, list):
        for at, name in enumerate(value):
            if isinstance(name, str):
                yield (KEY, at), name, {}
            else:
                found.append(_complain(document, (KEY, at), "the name of an environment is text", _HINT))
    else:
        found.append(_complain(document, (KEY,), "`environments` is a list or a mapping", _HINT))


@dataclass(frozen=True, slots=True)
class _Places:
    """Finds values of an environment's settings as if they were a workspace's."""

    document: Document
    name: str

    def find(self, tokens: Sequence[str]) -> tuple[int, int] | None:
        return self.document.locate(pointer(KEY, self.name, *tokens[1:]))


def _settings_faults(document: Document, name: str, settings: JsonObject) -> Iterator[Diagnostic]:
    seen = Document({"settings": settings}, document.source, partial(_Places, document, name))
    for each in read_settings(settings, {}, [seen])[1]:
        yield replace(each, pointer=pointer(KEY, name) + each.pointer.removeprefix("/settings"))


def _complain(document: Document, tokens: tuple[str | int, ...], message: str, hint: str = _HINT) -> Diagnostic:
    where = pointer(*tokens)
    line, column = document.locate(where) or (None, None)
    return Diagnostic(
        code=CODE, message=message, source=document.source, pointer=where, line=line, column=column, hint=hint
    )
