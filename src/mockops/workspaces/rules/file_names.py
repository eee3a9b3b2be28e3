"""Names of files that a server or a key suggests: used only when nothing can come of it outside of its folder."""

from __future__ import annotations

import re
from hashlib import sha256

_UNSAFE = re.compile(r"""[\x00-\x1f\x7f\\:*?"<>|\ud800-\udfff]""")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)
"""Devices of Windows, whatever the suffix."""
_MAX_STEM_CHARS = 80
_MAX_SEGMENT_BYTES = 255
_MAX_PATH_CHARS = 1_000


def is_safe(path: str) -> bool:
    """Say whether a relative POSIX path stays below where it starts, on every system, and hides nothing.

    Segments that begin with a dot are refused, too: `.git/hooks` and the like are nobody's stubs.
    """
    if not path or len(path) > _MAX_PATH_CHARS or _UNSAFE.search(path):
        return False
    return all(_is_safe_segment(segment) for segment in path.split("/"))


def _is_safe_segment(segment: str) -> bool:
    return (
        bool(segment)
        and segment[0] not in ".~"
        and segment[-1] not in ". "
        and len(segment.encode()) <= _MAX_SEGMENT_BYTES
        and segment.partition(".")[0].lower() not in _RESERVED
    )


def stem_of(key: str) -> str:
    """Return a file's name, without suffix, for a key: the key itself where it can be one, else near it and unique."""
    name = _NOT_IN_NAMES.sub("-", key).strip("-.")[:_MAX_STEM_CHARS].rstrip("-.")
    if name == key and is_safe(name):
        return name
    mark = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name}-{mark}" if name and is_safe(name) else f"item-{mark}"
