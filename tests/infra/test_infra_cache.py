"""The cache folder: found by convention, written whole, bounded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.infra import cache
from mockops.infra.cache import cache_dir, read_cached, write_cached

if TYPE_CHECKING:
    import pytest


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOCKOPS_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_dir() == Path("/xdg/mockops")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_dir() == Path.home() / ".cache" / "mockops"
    monkeypatch.setenv("MOCKOPS_CACHE_DIR", "/chosen")
    assert cache_dir() == Path("/chosen")


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_cached(tmp_path / "new", "a") is None
    assert write_cached(tmp_path / "new", "a", b"1")
    assert write_cached(tmp_path / "new", "a", b"2")
    assert read_cached(tmp_path / "new", "a") == b"2"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a"]


def test_the_least_recently_used_files_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_FILES", 3)
    for age, name in enumerate(("a", "b", "c")):
        write_cached(tmp_path, name, b"x")
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    assert read_cached(tmp_path, "a") == b"x"
    write_cached(tmp_path, "d", b"x")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "c", "d"}


def test_the_folder_is_bounded_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_BYTES", 100)
    for age, name in enumerate(("a", "b", "c")):
        write_cached(tmp_path, name, b"x" * 60)
        os.utime(tmp_path / name, (1000 + age, 1000 + age))
    assert {path.name for path in tmp_path.iterdir()} == {"c"}


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert not write_cached(tmp_path / "file", "a", b"x")
