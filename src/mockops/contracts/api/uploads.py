"""Contracts in request bodies: bundles as JSON, or an OpenAPI document as it is.

They are read by the endpoint, on its thread: a body of 64 MiB must not stop the loop that everybody shares.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mockops.contracts.api.shown import DIGEST, PLACE
from mockops.contracts.rules.bundles import BUNDLE_TYPE, make_bundle, unpack
from mockops.core.diagnostics import Diagnostic, pointer
from mockops.core.errors import Invalid
from mockops.infra.web.raw import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.contracts.model import Bundle

_YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/vnd.oai.openapi")


class UploadInvalid(Invalid):
    """A body is neither a bundle nor a document."""

    code: ClassVar[str] = "contract.upload_invalid"


class _Binary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    base64: str


class _BundleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    root: str
    files: dict[str, str | _Binary]


class ReimportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is imported again: a bundle, or the digest of one that was sent before."""

    digest: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    root: str = ""
    files: dict[str, str | _Binary] = msgspec.field(default_factory=dict)
    prefer: Literal["ours", "theirs"] = "ours"
    path: Annotated[str, msgspec.Meta(max_length=2_000, pattern=PLACE)] | None = None
    dry_run: bool = False

    def bundle(self) -> Bundle | None:
        """Return the bundle, or None when only its digest is given; raises Invalid for both or neither."""
        if bool(self.digest) is bool(self.files):
            raise UploadInvalid("Give either `digest`, or `root` and `files`.")
        return None if self.digest else _bundle_of(self.root, self.files)


class _Probe(msgspec.Struct, frozen=True):
    openapi: msgspec.Raw | UnsetType = UNSET
    swagger: msgspec.Raw | UnsetType = UNSET
    files: msgspec.Raw | UnsetType = UNSET


def read_upload(content: bytes, media_type: str, name: str = "") -> Bundle:
    """Return the bundle that a body is, or the bundle of the one document that it is.

    Args:
        content: The body.
        media_type: Its Content-Type; JSON with the members `root` and `files` is a bundle, all else a document.
        name: What to call a lone document; empty: by its format.

    Raises:
        Invalid: It is neither, or breaks the rules of bundles.

    """
    kind = media_type.partition(";")[0].strip().lower()
    if not content.strip():
        raise UploadInvalid("The body is empty; send a bundle as JSON, or an OpenAPI document.")
    if kind == BUNDLE_TYPE:
        return unpack(content)
    if kind in ("application/json", "text/json", "") and _is_bundle(content, is_json=bool(kind)):
        body = decode(content, _BundleBody)
        return _bundle_of(body.root, body.files)
    is_yaml = kind in _YAML_TYPES or (not kind.endswith("json") and content.lstrip()[:1] not in (b"{", b"["))
    root = name or ("openapi.yaml" if is_yaml else "openapi.json")
    return make_bundle(root, {root: content})


def _is_bundle(content: bytes, *, is_json: bool) -> bool:
    try:
        probe = msgspec.json.decode(content, type=_Probe)
    except msgspec.ValidationError:
        return False
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # what says that it is JSON is told where it is not, a document is told by who compiles it
        return is_json
    return probe.files is not UNSET and probe.openapi is UNSET and probe.swagger is UNSET


def _bundle_of(root: str, files: Mapping[str, str | _Binary]) -> Bundle:
    contents: dict[str, bytes] = {}
    found = []
    for name, text in files.items():
        try:
            contents[name] = text.encode() if isinstance(text, str) else base64.b64decode(text.base64, validate=True)
        except (binascii.Error, ValueError) as error:
            message = f"the content of {name[:200]!r} cannot be read: {error}"
            found.append(
                Diagnostic(code=UploadInvalid.code, message=message, source="", pointer=pointer("files", name))
            )
    if found:
        raise UploadInvalid(found[0].message, found[:100])
    return make_bundle(root, contents)


_FILES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Contents by name: paths relative to a common folder, with /. At most 1,000, 64 MiB in all.",
    "additionalProperties": {
        "oneOf": [
            {"type": "string", "description": "The text, sent as UTF-8."},
            {
                "type": "object",
                "required": ["base64"],
                "additionalProperties": False,
                "properties": {"base64": {"type": "string", "contentEncoding": "base64"}},
            },
        ]
    },
}
_ROOT_SCHEMA = {"type": "string", "description": "The name of the document that is the contract."}

BUNDLE_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["root", "files"],
                    "additionalProperties": False,
                    "properties": {"root": _ROOT_SCHEMA, "files": _FILES_SCHEMA},
                }
            },
            "application/yaml": {"schema": {"type": "string", "description": "An OpenAPI or Swagger document."}},
            "application/vnd.oai.openapi+json": {"schema": {"type": "object"}},
            BUNDLE_TYPE: {"schema": {"type": "string", "format": "binary", "description": "As our client packs it."}},
        },
    }
}
REIMPORT_REQUEST: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "digest": {
                            "type": "string",
                            "pattern": DIGEST,
                            "description": "Of a contract that was sent before.",
                        },
                        "root": _ROOT_SCHEMA,
                        "files": _FILES_SCHEMA,
                        "prefer": {
                            "enum": ["ours", "theirs"],
                            "default": "ours",
                            "description": "Whose value is taken where hand edits and the import disagree.",
                        },
                        "path": {
                            "type": ["string", "null"],
                            "maxLength": 2_000,
                            "pattern": PLACE,
                            "description": "File or URL it comes from.",
                        },
                        "dry_run": {"type": "boolean", "default": False, "description": "Show, and save nothing."},
                    },
                }
            }
        },
    }
}
