"""No token, secret value or header that lets in stands in a log, an answer, the audit trail or the database."""

from __future__ import annotations

import sqlite3

from api_world import World, fresh
from catalogue import EXAMPLES

VALUE = "hunter2-Sw0rdfish-Zanzibar"
FORGED = "mko_" + "Zq9x" * 10


def test_nothing_secret_is_told(world: World) -> None:
    name, key = fresh("secret").replace("-", "_"), fresh("key")
    options = {"json": {"name": "idempotent"}, "headers": {"Idempotency-Key": key}}
    made = world.made("admin", "POST", "/tokens", **options)
    assert world.made("admin", "POST", "/tokens", **options) == made, "a repeated answer tells it once more"
    world.made("admin", "PUT", f"/secrets/{name}", json={"value": VALUE})
    world.made("admin", "PUT", f"/secrets/{name}", json={"value": VALUE + "2"})
    answers = [
        world.ask("admin", "PUT", f"/secrets/{name}", json=body).text
        for body in (
            {"value": [VALUE]},
            {"value": VALUE * 10_000},
            {"value": VALUE, "more": VALUE},
            {"valeu": VALUE},
            {"value": {"x": VALUE}},
        )
    ]
    answers.append(world.ask("viewer", "PUT", f"/secrets/{name}", json={"value": VALUE}).text)
    answers.append(world.ask("admin", "PUT", f"/secrets/{name}", content=f'{{"value": "{VALUE}'.encode()).text)
    for header in (f"Bearer {FORGED}", f"Basic {FORGED}", FORGED):
        answers.append(world.client("").get("/api/v1/me", headers={"Authorization": header}).text)
    answers.append(world.client("").get(f"/api/v1/me?token={FORGED}&access_token={FORGED}").text)
    for each, operation in world.operations.items():
        example = EXAMPLES[each]
        if operation.method != "GET" or "{" in operation.path or example.is_streaming:
            continue
        query = example.make(world.mine).query
        answers.append(world.client("admin").get(operation.path, params={**query, "limit": 500}).text)
    said = "\n".join(answers) + world.log.getvalue()
    told = [*world.tokens.values(), made["token"], VALUE, FORGED]
    assert [each for each in told if each in said] == []

    with sqlite3.connect(world.database) as database:
        dump = "\n".join(
            repr(row)
            for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for row in database.execute(f'SELECT * FROM "{table}"')
        )
    database.close()
    assert [each for each in told if each in dump] == []
    assert name in dump
