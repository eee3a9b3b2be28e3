"""The JSON Schemas that editors check a project's files with: `python -m … NAME` prints one for the documentation."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from mockops.mocking.importers.editor_schemas import (
    DRAFT,
    SchemaMaker,
    persona_file_schema,
    scenario_file_schema,
    stub_file_schema,
)
from mockops.workspaces.model.settings import Settings
from mockops.workspaces.service.folder import FolderUnwritable

if TYPE_CHECKING:
    from pathlib import Path

    from mockops.core.json import JsonObject

SCHEMAS_FOLDER = ".mockops/schemas"
"""Where a project keeps its schemas, from its root: editors find them without a network."""

_TEXT: JsonObject = {"type": "string"}
_NAME: JsonObject = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 60}


def editor_schemas() -> dict[str, JsonObject]:
    """Return each schema by the name of its file, without suffix."""
    return {
        "environment": _environment(),
        "persona": persona_file_schema(),
        "project": _project(),
        "scenario": scenario_file_schema(),
        "stub": stub_file_schema(),
        "workspace": _workspace(),
    }


def as_text(schema: JsonObject) -> str:
    """Return a schema as a JSON file."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def write_schemas(root: Path) -> None:
    """Write the schemas below a project's root; raises FolderUnwritable."""
    folder = root / SCHEMAS_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, schema in editor_schemas().items():
            (folder / f"{name}.json").write_text(as_text(schema), encoding="utf-8")
    except OSError as error:
        raise FolderUnwritable(f"{folder} cannot be written: {error.strerror or error}") from error


def _environments(settings: JsonObject) -> JsonObject:
    return {
        "description": "Names in the order of promotion, or a mapping of names to settings laid over the workspace's.",
        "anyOf": [
            {"type": "array", "items": _NAME, "uniqueItems": True, "maxItems": 50},
            {
                "type": "object",
                "propertyNames": _NAME,
                "additionalProperties": {"anyOf": [settings, {"type": "null"}]},
                "maxProperties": 50,
            },
        ],
    }


def _of_keys(title: str, keys: JsonObject, *, words: str) -> JsonObject:
    maker = SchemaMaker(is_text_loose=False)
    settings = maker.refer(Settings)
    shared = {"settings": settings, "environments": _environments(settings)}
    return {
        "$schema": DRAFT,
        "title": title,
        "description": words,
        "type": "object",
        "properties": {**keys, **shared},
        "additionalProperties": False,
        "definitions": maker.definitions,
    }


def _project() -> JsonObject:
    keys: JsonObject = {
        "name": {**_TEXT, "description": "The project's name; by default its folder's."},
        "description": _TEXT,
        "org": {**_TEXT, "description": "The organization that it is applied to; by default the caller's."},
        "team": {**_TEXT, "description": "The team that owns workspaces which name none."},
    }
    return _of_keys("MockOps project", keys, words="mockops.yaml: what holds for every workspace of a project.")


def _workspace() -> JsonObject:
    keys: JsonObject = {
        "name": {**_TEXT, "description": "The target's name; by default the folder's."},
        "title": {**_TEXT, "description": "For people."},
        "description": _TEXT,
        "team": {**_TEXT, "description": "The team that owns it."},
        "contract": {**_TEXT, "description": "An OpenAPI or Swagger file, relative to this folder, or a URL."},
    }
    return _of_keys("MockOps workspace", keys, words="workspace.yaml: one mocked API.")


def _environment() -> JsonObject:
    maker = SchemaMaker(is_text_loose=False)
    root = maker.refer(Settings)
    return {
        "$schema": DRAFT,
        "title": "MockOps environment",
        "description": "The settings of an environment, laid over its workspace's.",
        "allOf": [root],
        "definitions": maker.definitions,
    }


if __name__ == "__main__":
    sys.stdout.write(as_text(editor_schemas()[sys.argv[1]]))
