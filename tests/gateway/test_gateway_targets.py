"""Which target a request means."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mockops.gateway.targets import TargetTable


@dataclass(frozen=True)
class Named:
    name: str
    environment: str = "dev"


AUTH, PAY, PAY_PROD = Named("auth"), Named("payments"), Named("payments", "prod")
TABLE = TargetTable([AUTH, PAY, PAY_PROD])


@pytest.mark.parametrize(
    ("path", "header", "host", "target", "rest"),
    [
        ("/users", "auth", None, AUTH, "/users"),
        ("/users", "payments@prod", "auth.localhost", PAY_PROD, "/users"),
        ("/users", None, "auth.localhost:7080", AUTH, "/users"),
        ("/users", None, "PAYMENTS--prod.localhost", PAY_PROD, "/users"),
        ("/@payments/users/1", None, "127.0.0.1:7080", PAY, "/users/1"),
        ("/@payments@prod", None, None, PAY_PROD, "/"),
        ("/@auth/", None, "payments.localhost", AUTH, "/"),
    ],
)
def test_a_request_names_its_target(path: str, header: str | None, host: str | None, target: Named, rest: str) -> None:
    found = TABLE.find(path, header=header, host=host)
    assert found is not None
    assert (found.target, found.path) == (target, rest)


@pytest.mark.parametrize(
    ("path", "header", "host"),
    [
        ("/users", None, "127.0.0.1:7080"),
        ("/users", "nobody", "auth.localhost"),
        ("/@nobody/users", None, "auth.localhost"),
        ("/users", None, "nobody.localhost"),
        ("/users", None, "[::1]:7080"),
        ("/users", None, "auth.example.com"),
    ],
)
def test_an_unknown_name_is_nobody(path: str, header: str | None, host: str | None) -> None:
    assert TABLE.find(path, header=header, host=host) is None


def test_a_single_target_needs_no_name_but_a_wrong_name_is_still_wrong() -> None:
    single = TargetTable([AUTH])
    found = single.find("/users", header=None, host="127.0.0.1")
    assert found is not None
    assert found.target is AUTH
    assert single.find("/users", header="nobody", host=None) is None
    assert single.find("/@nobody/users", header=None, host=None) is None
