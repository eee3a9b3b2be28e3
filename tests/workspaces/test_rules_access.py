"""Nobody gives more than they have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.core.actor import Caller, NotAllowed, Role
from mockops.core.errors import Denied
from mockops.workspaces.model.access import MemberInvalid, TokenInvalid, TokenTooPowerful
from mockops.workspaces.rules.access import MAX_TOKEN_LIFE, TOKEN_LIFE, check_email, check_grant, expiry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDS = st.sampled_from(["a", "b", "c"])
ROLES = st.sampled_from(Role)
REACHES = st.none() | st.frozensets(IDS, min_size=1)


def person(
    role: Role, reach: frozenset[str] | None = None, roles: dict[str, Role] | None = None, kind: str = "user"
) -> Caller:
    return Caller(
        kind=kind,  # type: ignore[arg-type]
        id="p",
        name="p",
        org_id="o",
        org="o",
        role=role,
        workspaces=reach,
        workspace_roles=roles or {},
    )


@given(ROLES, REACHES, st.dictionaries(IDS, ROLES), ROLES, REACHES)
def test_a_token_may_nowhere_do_more_than_its_maker(
    role: Role, reach: frozenset[str] | None, roles: dict[str, Role], wanted: Role, wanted_reach: frozenset[str] | None
) -> None:
    maker = person(role, reach, roles)
    try:
        check_grant(maker, wanted, wanted_reach, "api")
    except Denied:
        return
    made = person(wanted, wanted_reach, kind="token")
    for needed in Role:
        assert not made.may(needed) or maker.may(needed)
        for workspace in "abc":
            assert not made.may(needed, workspace) or maker.may(needed, workspace)


@given(ROLES)
def test_people_make_tokens_with_their_own_role(role: Role) -> None:
    check_grant(person(role), role, None, "api")


def test_programs_make_tokens_only_as_admins() -> None:
    with pytest.raises(NotAllowed):
        check_grant(person(Role.EDITOR, kind="token"), Role.VIEWER, None, "api")
    check_grant(person(Role.ADMIN, kind="token"), Role.ADMIN, None, "api")


def test_gateways_tokens_are_made_by_admins_and_only_read() -> None:
    check_grant(person(Role.ADMIN), Role.VIEWER, None, "gateway")
    with pytest.raises(NotAllowed):
        check_grant(person(Role.APPROVER), Role.VIEWER, None, "gateway")
    with pytest.raises(TokenInvalid):
        check_grant(person(Role.ADMIN), Role.EDITOR, None, "gateway")


def test_the_refusal_says_which_role_there_is() -> None:
    maker = person(Role.ADMIN, roles={"a": Role.VIEWER})
    with pytest.raises(TokenTooPowerful, match="has the role viewer there"):
        check_grant(maker, Role.EDITOR, None, "api")
    check_grant(maker, Role.EDITOR, ["b"], "api")


@given(st.integers(-1000, 1000))
def test_tokens_expire_within_a_year(days: int) -> None:
    wanted = NOW + timedelta(days=days)
    if 0 < days <= MAX_TOKEN_LIFE.days:
        assert expiry(NOW, wanted) == wanted
    else:
        with pytest.raises(TokenInvalid):
            expiry(NOW, wanted)


def test_tokens_expire_unless_it_is_said_that_they_never_shall() -> None:
    assert expiry(NOW, None) == NOW + TOKEN_LIFE
    assert expiry(NOW, None, is_endless=True) is None


@pytest.mark.parametrize("email", ["Ann@Example.COM", " a.b+c@x.y.z ", "o'neil@localhost"])
def test_email_addresses_are_kept_in_lower_case(email: str) -> None:
    assert check_email(email) == email.strip().lower()


@pytest.mark.parametrize(
    "email", ["", "a", "a@", "@b", "a b@c.d", "Ann <a@b.c>", "a@b@c", "a@b..c", "x" * 250 + "@b.c"]
)
def test_what_is_no_email_address_is_refused(email: str) -> None:
    with pytest.raises(MemberInvalid):
        check_email(email)
