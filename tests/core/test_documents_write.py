"""YAML that is written is read as what it was, by readers of both versions of YAML."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockops.core.documents import read_document
from mockops.core.documents.write import write_yaml

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text("ab \n:#-'\"\t|>%@&*!?,[]{}=~<", max_size=12),
    st.sampled_from(
        [
            "no",
            "Yes",
            "ON",
            "y",
            "null",
            "~",
            "1:30",
            "12e3",
            "0o7",
            "0x1f",
            "1_000",
            ".inf",
            ".5",
            "2020-01-01",
            "=",
            "<<",
        ]
    ),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4), max_leaves=12
)


@settings(max_examples=300, deadline=None)
@given(VALUES.filter(lambda value: value is not None))
@example({"a": "x\ny", "b": ["x\n", "x\n\ny\n"]})
@example([[["a", ["b"]], {"c": [{}]}], []])
@example({"k" * 1_500: {"a": 1}, "": [1e20, 1e-7, -0.0, 2**70]})
@example("a\n b")
@example(" a\nb")
@example("a\n\n")
def test_what_is_written_is_read_again(value):
    text = write_yaml(value)
    again = read_document(text.encode(), "a.yaml").data
    assert again == value
    assert repr(again) == repr(value)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_readers_of_yaml_1_1_read_the_same(value):
    assert yaml.safe_load(write_yaml(value)) == value


def test_it_looks_as_people_write_it():
    value = {
        "id": "a",
        "match": "GET /pets/{petId}",
        "respond": {"status": 200, "headers": {"X-A": "1"}, "text": "one\ntwo\n", "json": [{"a": 1, "b": []}, "no"]},
    }
    assert write_yaml(value, schema="../x.json") == (
        "# yaml-language-server: $schema=../x.json\n"
        "id: a\n"
        "match: GET /pets/{petId}\n"
        "respond:\n"
        "  status: 200\n"
        "  headers:\n"
        '    X-A: "1"\n'
        "  text: |\n"
        "    one\n"
        "    two\n"
        "  json:\n"
        "    - a: 1\n"
        "      b: []\n"
        '    - "no"\n'
    )


@pytest.mark.parametrize("kind", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_depth_has_no_bound_but_the_reader_s(kind):
    value = 1
    for _ in range(90):
        value = kind(value)
    assert read_document(write_yaml(value).encode(), "a.yaml").data == value
