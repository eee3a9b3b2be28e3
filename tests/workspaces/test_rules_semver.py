"""Semantic versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.workspaces.model.versions import LabelInvalid
from mockops.workspaces.rules.semver import check_label, is_higher, next_patch, order_of

NUMBERS = st.integers(0, 10**17)
PARTS = st.lists(st.sampled_from(["alpha", "rc", "0", "1", "12", "x-1"]), max_size=3).map(".".join)
LABELS = (
    st.tuples(NUMBERS, NUMBERS, NUMBERS, PARTS)
    .map(lambda found: f"{found[0]}.{found[1]}.{found[2]}" + (f"-{found[3]}" if found[3] else ""))
    .filter(lambda label: len(label) <= 64)
)


def test_precedence_is_that_of_the_standard() -> None:
    """The example of section 11."""
    ordered = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0"
    labels = ordered.split()
    assert sorted(sorted(labels, key=len), key=order_of) == labels
    assert order_of("1.0.0+a") == order_of("1.0.0+b")


@pytest.mark.parametrize(
    "label", ["", "1", "1.0", "v1.0.0", "1.0.0-", "01.0.0", "1.0.0-01", "1.0.0 ", "1.0.0-é", "9" * 80]
)
def test_what_is_no_semantic_version_is_refused(label: str) -> None:
    with pytest.raises(LabelInvalid) as refused:
        check_label(label)
    assert refused.value.diagnostics[0].pointer == "/label"


@given(LABELS)
def test_the_next_is_higher(label: str) -> None:
    assert is_higher(next_patch(label), label)
    assert not is_higher(label, label)


@given(LABELS, LABELS)
def test_of_two_at_most_one_is_higher(one: str, other: str) -> None:
    assert not (is_higher(one, other) and is_higher(other, one))


@pytest.mark.parametrize(("before", "after"), [("", "1.0.0"), ("1.4.2", "1.4.3"), ("2.0.0-rc.1", "2.0.0")])
def test_the_next_by_itself(before: str, after: str) -> None:
    assert next_patch(before) == after
