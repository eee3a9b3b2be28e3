"""Content digests: what is the same has the same."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockops.core.json import Json


def canonical_json(value: Json) -> bytes:
    """Return a JSON value as UTF-8 bytes in one spelling: keys sorted by code point, no spaces."""
    return msgspec.json.encode(value, order="sorted")


def digest_of(document: Json, files: Mapping[str, str] | None = None) -> str:
    """Return the SHA-256, in lower-case hex, of an item: its document and the files it names.

    Args:
        document: As people wrote it.
        files: Base64 of each file by the name that the document uses.

    """
    return sha256(canonical_json({"document": document, "files": dict(files or {})})).hexdigest()
