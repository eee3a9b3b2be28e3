"""A config version's content: which stubs, in which order, with which settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockops.mocking.model.saved import Manifest
from mockops.workspaces.rules.digests import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockops.core.json import Json, JsonObject


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    settings: dict[str, object]
    stubs: tuple[tuple[str, str, int], ...]


def manifest_content(settings: JsonObject, stubs: Iterable[tuple[str, str, int]]) -> bytes:
    """Return a manifest as the bytes whose digest names the version.

    Args:
        settings: The workspace's.
        stubs: Key, digest and ordinal of each, by ordinal.

    """
    # the keys stand in sorted order already: sorting them at every depth is for the settings alone
    return b'{"settings":%b,"stubs":%b}' % (canonical_json(settings), msgspec.json.encode(list(stubs)))


def read_manifest(content: bytes) -> Manifest:
    """Return what `manifest_content` wrote."""
    written = msgspec.json.decode(content, type=_Written)
    return Manifest(settings=written.settings, stubs=written.stubs)


def item_content(document: Json, files: Mapping[str, str]) -> bytes:
    """Return an item as the bytes that are kept under its digest (`workspaces.rules.digests.digest_of`)."""
    return canonical_json({"document": document, "files": dict(files)})


def reordered(ordinals: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    """Return the ordinals that put some items into an order; the others stay where they are among all.

    Args:
        ordinals: Of every item, by key; no two are the same.
        order: Keys of the items whose order matters; unknown ones are passed over.

    Returns:
        Only those that change.

    """
    keys = [key for key in dict.fromkeys(order) if key in ordinals]
    places = sorted(ordinals[key] for key in keys)
    return {key: place for key, place in zip(keys, places, strict=True) if ordinals[key] != place}
