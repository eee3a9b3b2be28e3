"""Versions move along the environments, one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockops.core.actor import Role
from mockops.workspaces.model.versions import EntityType, Pin, PromotionRequired, Version, VersionStatus
from mockops.workspaces.rules.pins import check_promotion, describe, name_before, needed_role

HASHES = st.sampled_from(["a" * 64, "b" * 64, "c" * 64])


def version(hash_: str, label: str = "1.0.0") -> Version:
    return Version(
        id=hash_[:8],
        org_id="o",
        workspace_id="w",
        entity_type=EntityType.SCENARIO,
        entity_key="outage",
        number=3,
        hash=hash_,
        label=label,
        status=VersionStatus.PUBLISHED,
        author="user:ann",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def pin(hash_: str) -> Pin:
    return Pin(
        environment_id="e",
        entity_type=EntityType.SCENARIO,
        entity_key="outage",
        version_id=hash_[:8],
        hash=hash_,
        label="",
        number=2,
    )


@given(HASHES, st.none() | HASHES)
def test_the_first_environment_takes_everything(hash_: str, live: str | None) -> None:
    check_promotion(version(hash_), "dev", "", pin(live) if live else None)


@given(HASHES, st.none() | HASHES)
def test_later_ones_take_exactly_what_is_live_before(hash_: str, live: str | None) -> None:
    if hash_ == live:
        check_promotion(version(hash_), "test", "dev", pin(live))
        return
    with pytest.raises(PromotionRequired) as refused:
        check_promotion(version(hash_), "test", "dev", pin(live) if live else None)
    assert hash_[:12] in str(refused.value)
    assert (live[:12] if live else "nothing of it is pinned in 'dev'") in str(refused.value)


def test_roles_and_neighbours() -> None:
    assert [needed_role(place) for place in range(3)] == [Role.EDITOR, Role.APPROVER, Role.APPROVER]
    assert [name_before(("dev", "test", "prod"), name) for name in ("dev", "test", "prod")] == ["", "dev", "test"]
    assert describe("", 4, "a" * 64) == "number 4 (aaaaaaaaaaaa)"
