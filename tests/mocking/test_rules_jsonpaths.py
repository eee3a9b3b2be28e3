"""JSONPath: plain paths without the library give what the library gives; what is no path is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_rfc9535 import find_one
from msgspec import UNSET

from mockops.mocking.model import StubInvalid
from mockops.mocking.rules.jsonpaths import compile_json_path

PETS: Any = {"pets": [{"name": "Rex", "age": 3}, {"name": "Bo", "age": None}], "odd key": {"a.b": 1}, "0": "zero"}

values = st.recursive(
    st.none() | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3),
    max_leaves=8,
)
steps = st.sampled_from([".a", ".b", "['a']", '["0"]', "[0]", "[1]"])


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", PETS),
        ("$.pets[0].name", "Rex"),
        ("$.pets[1].age", None),
        ("$['odd key'][\"a.b\"]", 1),
        ("$['0']", "zero"),
        ("$.pets[9]", UNSET),
        ("$.pets.name", UNSET),
        ("$.pets[0].name.first", UNSET),
        ("$.pets[-1].name", "Bo"),
        ("$..age", 3),
        ("$.pets[?@.age == 3].name", "Rex"),
        ("$.pets[?match(@.name, 'B.')].name", "Bo"),
        ("$.pets[?search(@.name, 'e')].name", "Rex"),
        ("$.pets[?match(@.name, '(')].name", UNSET),
        ("$.pets[?match(@.age, '3')].name", UNSET),
    ],
)
def test_a_path_gives_the_first_value_it_selects(path: str, found: Any) -> None:
    assert compile_json_path(path)(PETS) == found


@given(values, st.lists(steps, max_size=4))
def test_plain_paths_give_what_the_library_gives(value: Any, parts: list[str]) -> None:
    path = "$" + "".join(parts)
    node = find_one(path, value)
    assert compile_json_path(path)(value) == (UNSET if node is None else node.value)


@pytest.mark.parametrize("path", ["pets", "$.", "$[?", "$.pets[?(@.a ~ 1)]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(StubInvalid, match="RFC 9535"):
        compile_json_path(path)
