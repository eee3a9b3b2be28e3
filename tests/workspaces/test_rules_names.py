"""Names that can be part of host names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.core.ids import new_id
from mockops.workspaces.model.organizations import NameInvalid
from mockops.workspaces.rules.names import MAX_NAME, check_name, is_id, slug

LABEL = re.compile(r"(?!-)[a-z0-9-]{1,60}(?<!-)")


@pytest.mark.parametrize("name", ["a", "payments", "api-v2", "3scale", "x" * MAX_NAME])
def test_labels_are_names(name: str) -> None:
    assert check_name(name, what="workspace") == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Payments API", "use `payments-api`"),
        ("pay--ments", "use `pay-ments`"),
        ("-x", "use `x`"),
        ("é", "use `name`"),
        ("", "use `name`"),
        ("a.b", "use `a-b`"),
        ("x" * 61, "use `" + "x" * 60 + "`"),
        ("a\n", "use `a`"),
    ],
)
def test_what_is_no_name_is_refused_with_the_nearest_that_is(name: str, hint: str) -> None:
    with pytest.raises(NameInvalid) as refused:
        check_name(name, what="environment", where="/environments/1/name")
    (fault,) = refused.value.diagnostics
    assert fault.pointer == "/environments/1/name"
    assert fault.hint == hint
    assert "an environment" in fault.message


def test_ids_are_no_names() -> None:
    found = new_id()
    assert is_id(found)
    assert not is_id("payments")
    with pytest.raises(NameInvalid) as refused:
        check_name(found, what="team")
    check_name(refused.value.diagnostics[0].hint.split("`")[1], what="team")


@given(st.text(max_size=100))
def test_every_slug_is_a_label(text: str) -> None:
    assert LABEL.fullmatch(slug(text))


@given(st.text(alphabet="abc019-.A é\x00", max_size=70))
def test_what_is_accepted_is_a_host_names_label_without_double_hyphens(text: str) -> None:
    try:
        check_name(text, what="workspace")
    except NameInvalid:
        return
    assert LABEL.fullmatch(text)
    assert "--" not in text
