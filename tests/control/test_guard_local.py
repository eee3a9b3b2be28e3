"""Without logins: only this machine, under its own names, from its own pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.control.auth.local import HostRefused, OriginRefused, is_same_origin, refuse_foreign
from mockops.control.auth.login import local_path
from mockops.control.auth.settings import AuthInvalid, AuthMode, is_loopback, read_auth


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:7070", "127.0.0.1:7070", "127.8.9.1", "[::1]:7070", "ui.localhost:1", "LOCALHOST"]
)
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert refuse_foreign({b"host": host.encode()}) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:7070", "localhost.evil.example", "192.168.1.2", "[::1", "127.0.0.1.evil"]
)
def test_other_names_are_not(host: str) -> None:
    refusal = refuse_foreign({b"host": host.encode()})
    assert isinstance(refusal, HostRefused)
    assert "--auth token" in str(refusal)


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [
        ("http://localhost:7070", True),
        ("https://localhost:7070", True),
        ("http://localhost:3000", False),
        ("http://evil.example", False),
        ("null", False),
        ("http://[", False),
    ],
)
def test_only_our_own_pages_may_ask(origin: str, is_ours: bool) -> None:
    refusal = refuse_foreign({b"host": b"localhost:7070", b"origin": origin.encode()})
    assert (refusal is None) == is_ours
    assert refusal is None or isinstance(refusal, OriginRefused)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_makes_the_guard_fail(host: str, origin: str) -> None:
    refuse_foreign({b"host": host.encode("utf-8"), b"origin": origin.encode("utf-8")})
    is_same_origin(origin, host)


@given(st.text(alphabet="/\\ab:@%.?#\n", max_size=20))
def test_a_login_never_leads_elsewhere(text: str) -> None:
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert "\n" not in path


def test_it_listens_to_others_only_with_authentication() -> None:
    with pytest.raises(AuthInvalid, match="--auth token"):
        read_auth({}, host="0.0.0.0")
    with pytest.raises(AuthInvalid, match="refusing to listen"):
        read_auth({}, host="192.168.0.7", mode="local")
    assert read_auth({}, host="0.0.0.0", mode="token").mode is AuthMode.TOKEN
    assert read_auth({}, host="::1").mode is AuthMode.LOCAL
    named = {"MOCKOPS_OIDC_ISSUER": "https://id.example", "MOCKOPS_OIDC_CLIENT_ID": "m"}
    assert read_auth(named, host="0.0.0.0").mode is AuthMode.OIDC


@pytest.mark.parametrize(
    ("environment", "options", "named"),
    [
        ({}, {"mode": "oidc"}, "MOCKOPS_OIDC_ISSUER"),
        ({"MOCKOPS_OIDC_ISSUER": "https://id.example"}, {}, "MOCKOPS_OIDC_CLIENT_ID"),
        ({"MOCKOPS_OIDC_ISSUER": "http://id.example", "MOCKOPS_OIDC_CLIENT_ID": "m"}, {}, "https"),
        (
            {"MOCKOPS_OIDC_ISSUER": "https://id.example", "MOCKOPS_OIDC_CLIENT_ID": "m"},
            {"default_role": "king"},
            "viewer, editor, approver, admin",
        ),
        ({}, {"public_url": "mocks.example.com"}, "--public-url"),
    ],
)
def test_options_that_cannot_be_meant_are_explained(
    environment: dict[str, str], options: dict[str, str], named: str
) -> None:
    with pytest.raises(AuthInvalid, match=named):
        read_auth(environment, **options)


@given(st.text(max_size=30))
def test_only_this_machine_is_loopback(name: str) -> None:
    if is_loopback(name):
        bare = name.strip("[]").rstrip(".").lower()
        assert bare == "localhost" or bare.endswith(".localhost") or bare.startswith("127.") or ":" in bare
