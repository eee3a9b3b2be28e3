"""The cache folder: what can be made again, kept to save time; bounded, and never trusted."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

MAX_BYTES = 512 << 20
"""The folder is pruned to this size, least recently used files first."""
MAX_FILES = 500


def cache_dir() -> Path:
    """Return where MockOps caches: `MOCKOPS_CACHE_DIR`, else `mockops` under `XDG_CACHE_HOME`, else `~/.cache`."""
    if chosen := os.environ.get("MOCKOPS_CACHE_DIR"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mockops"


def read_cached(folder: Path, name: str) -> bytes | None:
    """Return a cached file's content and mark it as used; None when there is none that can be read."""
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        # the time of last use, for pruning; a read-only folder does without
        os.utime(path)
    return content


def write_cached(folder: Path, name: str, content: bytes) -> bool:
    """Put a file into the cache, whole or not at all, and prune it; False when the folder cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".partial", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).replace(folder / name)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        _prune(folder)
    except OSError:
        return False
    return True


def _prune(folder: Path) -> None:
    """Remove the least recently used files beyond the bounds, and what writers that died left behind."""
    files = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            # another process may prune at the same time
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    files.sort(key=lambda file: file[0], reverse=True)
    total = 0
    for index, (_, size, path) in enumerate(files):
        total += size
        if index >= MAX_FILES or (total > MAX_BYTES and index > 0):
            path.unlink(missing_ok=True)
