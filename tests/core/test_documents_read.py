"""Documents: what people save, and what attackers send, is read or refused with a place."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockops.core.diagnostics import pointer
from mockops.core.documents import Document, DocumentInvalid, read_document

_SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)
_OBJECTS = st.dictionaries(st.text(min_size=1, max_size=6), _VALUES, min_size=1, max_size=5)


def read(text: str, source: str = "api.yaml") -> Document:
    return read_document(text.encode(), source)


def refused(raw: bytes, source: str = "api.yaml") -> tuple[str, int | None, int | None]:
    with pytest.raises(DocumentInvalid) as caught:
        read_document(raw, source)
    (found,) = caught.value.diagnostics
    assert found.source == source
    return found.message, found.line, found.column


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


@settings(max_examples=60, deadline=None)
@given(_OBJECTS)
def test_every_value_of_a_json_text_is_found_where_it_stands(value: dict[str, object]) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    document = read(text, "api.json")
    assert document.data == value
    lines = text.split("\n")
    for path in places(value)[1:]:
        place = document.locate(pointer(*path))
        assert place is not None
        rest = lines[place[0] - 1][place[1] - 1 :]
        key = path[-1]
        if isinstance(key, str):
            assert rest.startswith(json.dumps(key, ensure_ascii=False))


@settings(max_examples=60, deadline=None)
@given(_OBJECTS)
def test_json_is_the_same_document_when_read_as_yaml(value: dict[str, object]) -> None:
    # YAML 1.2 is a superset of JSON; escapes keep control characters out of the text
    assert read("# yaml\n" + json.dumps(value)).data == value


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_yaml_values_are_found_whatever_the_line_ends(end: str) -> None:
    document = read(end.join(["a:", "  b/c:", "  - 1", "  - d~: 2", "200: {x: [y]}", ""]))
    assert document.data == {"a": {"b/c": [1, {"d~": 2}]}, "200": {"x": ["y"]}}
    assert document.locate("/a/b~1c/1/d~0") == (4, 5)
    assert document.locate("/200/x/0") == (5, 11)
    assert document.locate("/a/nope") is None
    assert document.locate("") == (1, 1)


def test_locating_in_a_large_json_text_is_quick() -> None:
    text = json.dumps({"paths": {f"/{number}": {"get": {"x": "y" * 400}} for number in range(30_000)}})
    document = read(text, "big.json")
    assert len(text) > 12_000_000
    started = time.perf_counter()
    assert document.locate("/paths/~129999/get/x") is not None
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: no\nb: on\nc: 2020-01-01\nd: 012\ne: 0x1F", {"a": "no", "b": "on", "c": "2020-01-01", "d": 12, "e": 31}),
        ("a: 123456789012345678901234", {"a": 123456789012345678901234}),
        ("1.10: a\n012: b\n200: c\ntrue: d", {"1.10": "a", "012": "b", "200": "c", "true": "d"}),
        ("a: &x {k: 1}\nb: *x\nc: {<<: *x, k: 2, l: 3}", {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 2, "l": 3}}),
        ("a:\tb", {"a": "b"}),
        ("a: |\n  - *bold*\n  R&D\n", {"a": "- *bold*\nR&D\n"}),
        ("\ufeffa: 1", {"a": 1}),
        ("{a: 1,}", {"a": 1}),
    ],
)
def test_yaml_means_what_version_1_2_says(text: str, expected: object) -> None:
    assert read(text).data == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_other_encodings_are_recognised(encoding: str) -> None:
    assert read_document("title: Überblick".encode(encoding), "a.yaml").data == {"title": "Überblick"}


@pytest.mark.parametrize(
    ("raw", "source", "words", "line", "column"),
    [
        (b'{"a": 1,\r\n "b" 2}', "a.json", "expecting ':'", 2, 6),
        (b"a: b\n c: d", "a.yaml", "mapping values", 2, 3),
        (b"a: 1\n---\nb: 2", "a.yaml", "several YAML documents", 2, 1),
        (b"", "a.yaml", "empty", 1, 1),
        (b"# only this", "a.yaml", "empty", 1, 1),
        (b"a: 1\nb: \xff", "a.yaml", "byte 8 is not valid UTF-8", 2, 4),
        (b"a: \x01", "a.yaml", "control character U+0001", 1, 4),
        (b"a: *nope", "a.yaml", "undefined alias", 1, 4),
        (b"? [a]\n: b", "a.yaml", "a key is a list", 1, 3),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    raw: bytes, source: str, words: str, line: int, column: int
) -> None:
    message, *place = refused(raw, source)
    assert words in message
    assert place == [line, column]


def test_a_document_beyond_the_limit_is_refused() -> None:
    with pytest.raises(DocumentInvalid, match="at most 10 are read"):
        read_document(b'{"a": "0123456789"}', "a.json", max_bytes=10)


@pytest.mark.parametrize("text", ['{"a": NaN, "b": -Infinity, "c": 1e400}', "a: .nan\nb: -.inf\nc: 1e400"])
def test_what_json_cannot_say_is_null_and_reported(text: str) -> None:
    document = read(text)
    assert document.data == {"a": None, "b": None, "c": None}
    assert [found.pointer for found in document.warnings] == ["/a", "/b", "/c"]


@pytest.mark.parametrize(
    ("text", "source", "where"),
    [
        ('{"a": 1,\n"b": {"c": 1, "c": 2}}', "a.json", ("/b/c", 2, 15)),
        ("a: 1\nb: 2\n'a': 3", "a.yaml", ("/a", 3, 1)),
        ("x:\n- a: 1\n  b: 2\n  a: 3\n- a: 4\n", "a.yaml", ("/x/0/a", 4, 3)),
        ("a: {b: 1, c: {d: 1, d: 2}}", "a.yaml", ("/a/c/d", 1, 21)),
        ("a:\n  text: |\n    k: 1\n    k: 2\n  text: x", "a.yaml", ("/a/text", 5, 3)),
    ],
)
def test_duplicate_keys_are_reported(text: str, source: str, where: tuple[str, int, int]) -> None:
    (found,) = read(text, source).warnings
    assert (found.pointer, found.line, found.column) == where
    assert found.code == "document.duplicate_key"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), min_size=1, max_size=8))
def test_no_duplicate_escapes_the_cheap_scan(pairs: list[tuple[str, str]]) -> None:
    block = "".join(
        f"{outer}{index // 2}:\n  {inner}: 1\n  q: |\n    {inner}: 2\n  {other}: 3\n"
        for index, ((outer, inner), (_, other)) in enumerate(zip(pairs, pairs[::-1], strict=True))
    )
    has_duplicates = any(inner == other for (_, inner), (_, other) in zip(pairs, pairs[::-1], strict=True))
    names = [f"{outer}{index // 2}" for index, (outer, _) in enumerate(pairs)]
    assert bool(read(block).warnings) == (has_duplicates or len(set(names)) < len(names))


def test_an_alias_bomb_is_refused_quickly() -> None:
    levels = [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    started = time.perf_counter()
    message, line, _ = refused("\n".join(["a: &a [x, x]", *levels]).encode())
    assert "at most 2,000,000" in message
    assert line == 7
    assert time.perf_counter() - started < 2


def test_an_alias_to_what_contains_it_is_refused() -> None:
    assert refused(b"a: 1\nb: &x {c: [*x]}") == ("the anchor on this line contains an alias to itself", 2, 4)


_DEEP = {
    "json arrays": "'[' * 10000 + ']' * 10000, 'a.json'",
    "json objects": "'{\"a\":' * 10000, 'a.json'",
    "flow": "'x: ' + '[' * 10000 + ']' * 10000, 'a.yaml'",
    "dashes": "'- ' * 10000 + 'x', 'a.yaml'",
    "block": "''.join(' ' * n + 'a:\\n' for n in range(10000)), 'a.yaml'",
    "anchored": "'a: &x 1\\nb: *x\\nc: ' + '[' * 10000, 'a.yaml'",
}


@pytest.mark.parametrize("kind", _DEEP)
def test_absurd_nesting_is_refused_and_never_a_crash(kind: str) -> None:
    program = f"""
from mockops.core.documents import read_document, DocumentInvalid
text, source = {_DEEP[kind]}
try:
    read_document(text.encode(), source)
except DocumentInvalid as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nests" in done.stdout
