"""Bundles: safe names, one digest, bytes that come back, and collecting them from folders."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mockops.contracts.model import Bundle, BundleInvalid, ContractInvalid
from mockops.contracts.rules.bundles import MAX_BYTES, bundle_digest, check_bundle, digest_of, make_bundle, pack, unpack
from mockops.contracts.service.bundled import bundle_from_path

if TYPE_CHECKING:
    from pathlib import Path

segments = st.from_regex(r"[a-z0-9_ .-]{1,8}", fullmatch=True).filter(lambda each: each not in (".", ".."))
files = st.dictionaries(segments.map(lambda each: f"d/{each}"), st.binary(max_size=50), min_size=1, max_size=5)


@given(files)
def test_a_bundle_comes_back_as_it_was_packed(contents: dict[str, bytes]) -> None:
    bundle = make_bundle(min(contents), contents)
    assert unpack(pack(bundle)) == bundle
    turned = Bundle(root=bundle.root, files=dict(reversed(contents.items())))
    assert (pack(turned), digest_of(turned)) == (pack(bundle), digest_of(bundle))


@given(files, st.binary(max_size=50))
def test_the_digest_tells_roots_names_and_contents_apart(contents: dict[str, bytes], other: bytes) -> None:
    contents = {**contents, "e": b"x"}
    seen = digest_of(Bundle(root="e", files=contents))
    assert seen == bundle_digest("e", {name: sha256(content).hexdigest() for name, content in contents.items()})
    assert seen != digest_of(Bundle(root=min(contents), files=contents))
    assert seen != digest_of(Bundle(root="e", files={**contents, "f": other}))
    assert (seen == digest_of(Bundle(root="e", files={**contents, "e": other}))) is (other == b"x")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("/etc/passwd", "absolute"),
        ("C:/x.yaml", "absolute"),
        ("c:x.yaml", "absolute"),
        ("a\\b.yaml", "backslash"),
        ("../x.yaml", r"\.\."),
        ("a/../../x.yaml", r"\.\."),
        ("a/./x.yaml", "normalised"),
        ("a//x.yaml", "normalised"),
        ("a/", "normalised"),
        ("http://x/y.yaml", "normalised"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("\ud800", "surrogate"),
        ("x" * 256, "longer"),
        ("x/" * 520 + "x", "longer"),
    ],
)
def test_names_that_are_not_safe_are_refused(name: str, why: str) -> None:
    with pytest.raises(BundleInvalid, match=why) as caught:
        make_bundle("openapi.yaml", {"openapi.yaml": b"", name: b""})
    assert len(caught.value.diagnostics) == 1


def test_every_violation_is_named() -> None:
    with pytest.raises(BundleInvalid) as caught:
        check_bundle("gone.yaml", {"../a": 1, "b": MAX_BYTES, "b/c": 1})
    assert [each.source for each in caught.value.diagnostics] == ["gone.yaml", "gone.yaml", "../a", "b/c"]
    assert "and 3 more" in str(caught.value)


def test_too_many_files_are_refused() -> None:
    with pytest.raises(BundleInvalid, match=r"1,001 files; 1,000 are allowed"):
        check_bundle("0", {str(number): 0 for number in range(1001)})


@pytest.mark.parametrize("cut", [0, 5, 12, -1])
def test_damaged_bytes_are_refused(cut: int) -> None:
    packed = pack(make_bundle("a", {"a": b"content", "b": b"more"}))
    with pytest.raises(BundleInvalid, match=r"damaged|no packed bundle"):
        unpack(packed[:cut])


@pytest.mark.parametrize(
    "head",
    [
        {"root": "a", "files": [["a", 1], ["a", 1]]},
        {"root": "a", "files": [["a", 3], ["b", -1]]},
        {"root": "a", "files": [["a", 1]]},
        {"root": "../a", "files": [["../a", 2]]},
        {"root": "a"},
    ],
)
def test_a_forged_head_is_refused(head: object) -> None:
    text = json.dumps(head).encode()
    frame = len(text).to_bytes(8, "big") + text + b"xy"
    with pytest.raises(BundleInvalid):
        unpack(b"MOBUNDLE\x01" + zstandard.ZstdCompressor().compress(frame))


def test_a_packed_bomb_is_not_unpacked() -> None:
    bomb = b"MOBUNDLE\x01" + zstandard.ZstdCompressor().compress(bytes(MAX_BYTES + (16 << 20)))
    assert len(bomb) < 20_000
    with pytest.raises(BundleInvalid, match="holds more than"):
        unpack(bomb)


def test_a_document_is_collected_with_all_it_refers_to(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n"
        "          description: ok\n          content: {application/json: {schema: {$ref: schemas/a.yaml}}}\n"
    )
    (tmp_path / "schemas/a.yaml").write_text("type: object\nproperties: {b: {$ref: './b%20c.json#/x'}}\n")
    (tmp_path / "schemas/b c.json").write_text('{"x": {"type": "string"}}')
    (tmp_path / "other.yaml").write_text("not referred to")
    bundle = bundle_from_path(tmp_path / "schemas" / ".." / "openapi.yaml")
    assert bundle.root == "openapi.yaml"
    assert sorted(bundle.files) == ["openapi.yaml", "schemas/a.yaml", "schemas/b c.json"]
    assert bundle.files["schemas/b c.json"] == b'{"x": {"type": "string"}}'


def test_files_above_the_document_are_collected_only_when_allowed(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api/openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a: {$ref: ../shared.yaml}\n"
    )
    (tmp_path / "shared.yaml").write_text("get: {responses: {'200': {description: ok}}}\n")
    assert [*bundle_from_path(tmp_path / "api/openapi.yaml").files] == ["openapi.yaml"]
    bundle = bundle_from_path(tmp_path / "api/openapi.yaml", allow_outside=True)
    assert bundle.root == "api/openapi.yaml"
    assert sorted(bundle.files) == ["api/openapi.yaml", "shared.yaml"]


def test_a_document_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match="there is no file"):
        bundle_from_path(tmp_path / "gone.yaml")
