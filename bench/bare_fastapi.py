"""The yardstick of the API's speed: FastAPI with one query and nothing else, as fast as this stack can be."""

from __future__ import annotations

import os
import sqlite3
import threading

from fastapi import FastAPI

app = FastAPI()
_local = threading.local()


def connection() -> sqlite3.Connection:
    """Return this thread's connection."""
    found: sqlite3.Connection | None = getattr(_local, "connection", None)
    if found is None:
        found = sqlite3.connect(os.environ["BARE_DATABASE"], isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
            found.execute(f"PRAGMA {pragma}")
        found.execute("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, name TEXT)")
        found.execute("INSERT OR IGNORE INTO things VALUES (1, 'one')")
        _local.connection = found
    return found


@app.get("/things/1")
def read_thing() -> dict[str, object]:
    """Return a row."""
    row = connection().execute("SELECT id, name FROM things WHERE id = 1").fetchone()
    return {"id": row[0], "name": row[1]}


@app.put("/things/1")
def write_thing(body: dict[str, str]) -> dict[str, object]:
    """Change a row."""
    on = connection()
    on.execute("BEGIN IMMEDIATE")
    on.execute("UPDATE things SET name = ? WHERE id = 1", (body["name"],))
    on.execute("COMMIT")
    return {"id": 1, "name": body["name"]}
