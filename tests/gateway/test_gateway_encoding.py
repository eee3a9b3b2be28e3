"""Content codings."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.gateway import encoding


@given(st.binary(max_size=2000))
def test_what_is_compressed_comes_back(body: bytes) -> None:
    assert gzip.decompress(encoding.compress(body)) == body
    assert encoding.decode(encoding.compress(body), "gzip", max_bytes=4000) == body
    assert encoding.decode(zlib.compress(body), "deflate", max_bytes=4000) == body


def test_the_same_body_compresses_to_the_same_bytes() -> None:
    assert encoding.compress(b"x" * 5000) == encoding.compress(b"x" * 5000)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    for bomb, coding in ((gzip.compress, "gzip"), (zlib.compress, "deflate")):
        with pytest.raises(encoding.DecodedTooLarge, match="larger than 1000 bytes") as caught:
            encoding.decode(bomb(b"\0" * 10_000_000), coding, max_bytes=1000)
        assert caught.value.code == "gateway.body_too_large"


def test_broken_and_unknown_codings_are_told_apart() -> None:
    with pytest.raises(encoding.CodingBroken) as caught:
        encoding.decode(b"no gzip", "gzip", max_bytes=1000)
    assert caught.value.code == "gateway.content_coding_broken"
    with pytest.raises(encoding.CodingBroken):
        encoding.decode(gzip.compress(b"cut short")[:-4], "gzip", max_bytes=1000)
    with pytest.raises(encoding.CodingUnsupported, match="br"):
        encoding.decode(b"x", "br", max_bytes=1000)


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q = 0.000", False),
        ("", False),
    ],
)
def test_gzip_is_sent_only_when_taken(field: str, *, wanted: bool) -> None:
    assert encoding.wants_gzip(field) is wanted
