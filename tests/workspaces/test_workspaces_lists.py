"""Lists stay cheap when an organization has thousands of things: no query walks a table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from mockops.core.actor import Caller, Role
from mockops.core.ids import new_id
from mockops.workspaces.model.audit import AuditFilter
from mockops.workspaces.model.versions import EntityType
from mockops.workspaces.service import (
    audit,
    environments,
    members,
    organizations,
    roles,
    secrets,
    teams,
    tokens,
    versions,
    workspaces,
)
from mockops.workspaces.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockops.core.clock import FrozenClock
    from mockops.infra.db.database import Database
    from mockops.infra.db.transactions import ReadTx

COUNT = 2_600


@pytest.fixture
def directory(sqlite_database: Database, clock: FrozenClock) -> tuple[Database, Caller, str]:
    """Return an organization with as many workspaces as the public directory of APIs has, and the id of one."""
    stamps = {"version": 1, "created_at": clock.now(), "updated_at": clock.now()}
    with sqlite_database.write() as tx:
        for number in range(30):
            organizations.ensure_organization(tx, f"other-{number}")
        org = organizations.ensure_organization(tx, "acme")
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "org_id": org.id,
                "team_id": None,
                "name": f"api-{number:04}",
                "title": f"The API number {number}",
                "description": "x" * 200,
                "settings": {},
                "labels": {"tier": str(number % 7)},
                **stamps,
            }
            for number in range(COUNT)
        ]
        tx.insert(tables.workspaces, rows)
        tx.insert(
            tables.environments,
            [
                {"id": new_id(), "workspace_id": row["id"], "name": name, "position": at, "settings": {}, **stamps}
                for row in rows
                for at, name in enumerate(("dev", "test", "prod"))
            ],
        )
        tx.run(text("ANALYZE"))
    admin = Caller(kind="user", id="a", name="a", org_id=org.id, org="acme", role=Role.ADMIN)
    return sqlite_database, admin, rows[1300]["id"]


def test_no_list_walks_a_table(directory: tuple[Database, Caller, str]) -> None:
    database, admin, workspace_id = directory
    with database.write(admin) as tx:
        teams.create_team(tx, name="money")
        workspace = workspaces.read_workspace(tx, workspace_id)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, parameters))

    lists: list[Callable[[ReadTx], Any]] = [
        workspaces.list_workspaces,
        lambda tx: workspaces.list_workspaces(tx, cursor=workspaces.list_workspaces(tx, limit=50).next),
        lambda tx: workspaces.list_workspaces(tx, q="number 9", name="api-*", team="money", labels=[("tier", "3")]),
        lambda tx: workspaces.find_workspace(tx, admin, "api-0007"),
        lambda tx: environments.list_environments(tx, workspace_id),
        lambda tx: environments.read_environments_of(tx, [workspace_id, "x"]),
        lambda tx: versions.list_versions(tx, workspace_id),
        lambda tx: versions.list_versions(tx, workspace_id, entity_type=EntityType.SCENARIO, entity_key="x"),
        lambda tx: versions.read_pins(tx, environments.first_environment(tx, workspace_id).id),
        lambda tx: versions.read_persona_pins(tx, admin.org_id, "dev"),
        lambda tx: members.list_members(tx, q="x", role=Role.ADMIN, team="money"),
        lambda tx: members.list_memberships(tx, subject="x|y", email="a@b.c"),
        lambda tx: roles.list_roles(tx, workspace),
        lambda tx: tokens.list_tokens(tx),
        lambda tx: tokens.authenticate_token(tx, "mko_" + "x" * 40),
        lambda tx: teams.list_teams(tx, q="x"),
        lambda tx: secrets.list_secrets(tx),
        lambda tx: audit.list_audit(tx, AuditFilter()),
        lambda tx: audit.list_audit(tx, AuditFilter(workspace_id=workspace_id)),
        lambda tx: audit.list_audit(tx, AuditFilter(entity_type="team", entity_id="x")),
        lambda tx: organizations.list_organizations(tx),
    ]
    event.listen(database.engine, "before_cursor_execute", note)
    with database.read(admin) as read:
        for each in lists:
            each(read)
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(asked) >= len(lists)
    walked = []
    with database.engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).all()
            walked += [(row[3], statement) for row in plan if row[3].startswith("SCAN")]
            walked += [(row[3], statement) for row in plan if "TEMP B-TREE" in row[3] and "LIMIT" in statement]
    assert walked == []


def test_the_first_page_comes_at_once(directory: tuple[Database, Caller, str]) -> None:
    database, admin, _ = directory

    def first_page(**asked: Any) -> float:
        with database.read(admin) as read:
            started = time.perf_counter()
            assert len(workspaces.list_workspaces(read, **asked).items) == 50
            return time.perf_counter() - started

    for asked in ({}, {"q": "number"}, {"labels": [("tier", "3")]}, {"name": "api-2*"}):
        assert min(first_page(**asked) for _ in range(5)) < 0.05
