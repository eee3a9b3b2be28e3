"""What differs is named as deep as both sides go alike, and nothing else is."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from mockops.core.documents.document import tokens_of
from mockops.workspaces.rules.differences import differences

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.floats(0, 1) | st.sampled_from(["", "a", "~/"]),
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "/", "~"]), below, max_size=3)
    ),
    max_leaves=10,
)


def _patched(before, changes):
    """Make the changes: first what is replaced or added, in order, then what is removed, backwards."""
    root = {"": copy.deepcopy(before)}
    for change in [each for each in changes if each.after is not UNSET]:
        home, last = _home(root, change.pointer)
        if isinstance(home, list) and int(last) <= len(home) and change.before is UNSET:
            home.insert(int(last), change.after)
        elif isinstance(home, list):
            home[int(last)] = change.after
        else:
            home[last] = change.after
    for change in reversed([each for each in changes if each.after is UNSET]):
        home, last = _home(root, change.pointer)
        del home[int(last) if isinstance(home, list) else last]
    return root[""]


def _home(root, pointer):
    *above, last = ["", *tokens_of(pointer)]
    home = root
    for token in above:
        home = home[int(token) if isinstance(home, list) else token]
    return home, last


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_the_differences_are_what_makes_one_of_the_other(before, after):
    changes = list(differences(before, after))
    assert repr(_sorted(_patched(before, changes))) == repr(_sorted(after))
    assert bool(changes) == (repr(_sorted(before)) != repr(_sorted(after)))


def _sorted(value):
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_what_was_inserted_is_the_only_difference():
    [change] = differences({"rules": [1, 2]}, {"rules": [0, 1, 2]})
    assert (change.pointer, change.before, change.after) == ("/rules/0", UNSET, 0)


def test_true_is_not_one_and_one_is_not_one_point_nought():
    assert len(list(differences([True, 1], [1, 1.0]))) == 2
