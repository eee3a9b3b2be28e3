"""What lies on disk is whole, checked before it is used, and kept no longer than needed."""

from __future__ import annotations

import gc
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from mockops.gateway.encoding import CodingBroken
from mockops.gateway.link import coding, saved
from mockops.gateway.link.blobs import BlobMissing, Blobs
from mockops.gateway.link.folder import Folder, FolderTaken
from mockops.gateway.link.rows import RowInvalid, read_page, read_row
from mockops.gateway.link.saved import Saved, SavedInvalid
from mockops.publishing.model import TargetRow

ROW = TargetRow(key="k", org="acme", workspace_id="w", name="shop", environment="dev")
LARGE = b"large" * 50_000


def raw(**changed: object) -> bytes:
    return msgspec.json.encode({**msgspec.to_builtins(ROW), **changed})


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_a_snapshot_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    rows = [(read_row(raw()), None), (read_row(raw(key="j", name="bad")), read_row(raw(key="j", name="good")))]
    saved.save(tmp_path / "s", Saved(url="http://c", cursor=7, home="acme", rows=rows))
    found = saved.load(tmp_path / "s")
    assert found is not None
    assert (found.url, found.cursor, found.home, list(found.rows)) == ("http://c", 7, "acme", rows)
    assert (tmp_path / "s").stat().st_mode & 0o077 == 0, "others may not read it"
    assert saved.load(tmp_path / "none") is None


@pytest.mark.parametrize("damage", ["cut", "flip", "magic", "empty", "version"])
def test_a_damaged_or_foreign_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s"
    saved.save(path, Saved(url="u", cursor=1, home="", rows=[(read_row(raw()), None)]))
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[:-5],
            "flip": content[:-1] + bytes([content[-1] ^ 1]),
            "magic": b"something else entirely",
            "empty": b"",
            "version": saved.MAGIC[:-1] + b"\x63" + content[8:],
        }[damage]
    )
    with pytest.raises(SavedInvalid):
        saved.load(path)
    assert saved.move_aside(path).exists()
    assert not path.exists()


def test_blobs_are_mapped_verified_and_pruned(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path, max_maps=1)
    for content in (b"small", LARGE, LARGE + b"!"):
        blobs.put(digest_of(content), content)
    again = Blobs(tmp_path, max_maps=1)
    assert again.lacks([digest_of(LARGE), digest_of(b"other")]) == [digest_of(b"other")]
    first, second = again.open(digest_of(LARGE)), again.open(digest_of(LARGE + b"!"))
    assert (bytes(first), bytes(second)) == (LARGE, LARGE + b"!")
    assert again.prune({digest_of(b"small")}) == 2
    assert bytes(first) == LARGE, "what is mapped stays readable"
    assert [path.name for path in tmp_path.iterdir()] == [digest_of(b"small")]
    del first
    gc.collect()
    assert again._maps == 0


def test_a_damaged_blob_is_forgotten_so_that_it_is_fetched_anew(tmp_path: Path) -> None:
    Blobs(tmp_path).put(digest_of(LARGE), LARGE)
    (tmp_path / digest_of(LARGE)).write_bytes(LARGE[:-1] + b"?")
    blobs = Blobs(tmp_path)
    with pytest.raises(BlobMissing, match="damaged"):
        blobs.open(digest_of(LARGE))
    assert blobs.lacks([digest_of(LARGE)])
    with pytest.raises(BlobMissing, match="something else"):
        blobs.put(digest_of(b"a"), b"b")
    with pytest.raises(BlobMissing, match="no digest"):
        blobs.open("../../etc/passwd")


def test_what_the_disk_does_not_take_is_held_in_memory(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "nowhere")
    blobs.put(digest_of(b"x"), b"x")
    assert blobs.reason
    assert bytes(blobs.open(digest_of(b"x"))) == b"x"
    blobs.prune(())
    assert blobs.lacks([digest_of(b"x")])


def test_what_was_held_in_memory_goes_to_disk_when_there_is_room_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "nowhere")
    blobs.put(digest_of(b"x"), b"x")
    with pytest.raises(OSError, match="No such file"):
        blobs.write_held()
    assert not blobs.is_whole
    (tmp_path / "nowhere").mkdir()
    blobs.write_held()
    assert (blobs.is_whole, blobs.reason) == (True, "")
    assert (tmp_path / "nowhere" / digest_of(b"x")).read_bytes() == b"x"
    assert not Blobs(tmp_path / "nowhere").lacks([digest_of(b"x")])


def test_a_folder_is_for_one_gateway_and_remembers_who_it_is(tmp_path: Path) -> None:
    first = Folder(tmp_path / "data")
    with pytest.raises(FolderTaken):
        Folder(tmp_path / "data")
    first.close()
    second = Folder(tmp_path / "data")
    assert second.gateway_id == first.gateway_id
    second.close()


def test_a_bad_row_harms_no_other() -> None:
    page = {"home": "acme", "cursor": 3, "changed": [{"key": 1}, msgspec.json.decode(raw(settings={"no_such": 1}))]}
    found = read_page(msgspec.json.encode(page))
    assert [row.settings for row in found.changed] == [None]
    assert len(found.unread) == 1
    with pytest.raises(RowInvalid):
        read_page(b"[1, 2]")


def test_zstd_is_bounded_and_checked() -> None:
    content = coding.compress(b"x" * 100_000)
    assert coding.decompress(content, max_bytes=100_000) == b"x" * 100_000
    for bad in (content[:-6], b"no zstd", b""):
        with pytest.raises(CodingBroken):
            coding.decompress(bad, max_bytes=1 << 20)
    with pytest.raises(CodingBroken, match="more than"):
        coding.decompress(content, max_bytes=99_999)
