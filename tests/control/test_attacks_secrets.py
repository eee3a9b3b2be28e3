"""Secrets stay out of what is shown when something goes wrong."""

from __future__ import annotations

import traceback

import pytest

from mockops.core.clock import SystemClock
from mockops.infra.db.database import DatabaseUrlInvalid, open_database


@pytest.mark.parametrize(
    "url",
    [
        "postgresql//ada:hush@db/mockops",
        "host=db user=ada:hu@sh/hush@",
        "postgresql:/ /ada:x://hush@db",
        "mysql://ada:hush@db/mockops",
    ],
)
def test_the_password_of_a_database_is_not_told(url: str) -> None:
    with pytest.raises(DatabaseUrlInvalid) as refused:
        open_database(url, clock=SystemClock())
    assert "hush" not in str(refused.value)
    told = "".join(traceback.format_exception(refused.value, limit=0))
    assert "hush" not in told
