"""Writes the next migration: what is between the tables as migrated and as declared.

python scripts/make_migration.py add_teams     # the next revision
python scripts/make_migration.py --anew        # first revisions from nothing: only before the first release
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy.types import TypeDecorator

from mockops.core.clock import SystemClock
from mockops.infra.db.database import open_database
from mockops.infra.db.migrate import FOLDER, find_scripts, migrate
from mockops.wiring.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINES = 250
"""A longer change is cut into several revisions."""
TEMPLATE = '''"""{title}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
{code}
'''


def main() -> None:
    """Write the revisions."""
    name = sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__)
    versions = FOLDER / "versions"
    if name == "--anew":
        name = "initial"
        for path in versions.glob("r*.py"):
            path.unlink()
    before = find_scripts().get_current_head()
    parts = differences()
    if not parts:
        sys.exit("nothing has changed")
    written: list[Path] = []
    for index, code in enumerate(parts):
        number = f"{int(before or 0) + 1:04}"
        title = name.replace("_", " ").capitalize() + (f", part {index + 1} of {len(parts)}" if len(parts) > 1 else "")
        path = versions / (f"r{number}_{name}" + (f"_{index + 1}" if len(parts) > 1 else "") + ".py")
        down = f'"{before}"' if before else "None"
        path.write_text(TEMPLATE.format(title=title, revision=number, before=down, code=code))
        before = number
        written.append(path)
    ruff = Path(sys.executable).parent / "ruff"
    subprocess.run([ruff, "format", *written], check=True)
    for path in written:
        lines = path.read_text().splitlines()
        marked = [line + "  # noqa: E501 (a table's comment)" * (len(line) > 120) for line in lines]
        path.write_text("\n".join(marked) + "\n")
    subprocess.run([ruff, "check", "--quiet", "--fix", *written], check=True)


def differences() -> list[str]:
    """Return code, in parts of bearable length, that brings the migrated tables to what is declared."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/x.db", clock=SystemClock())
        if find_scripts().get_current_head() is not None:
            migrate(database)
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
            upgrade = produce_migrations(context, metadata).upgrade_ops
            found = list(cut(upgrade.ops if upgrade is not None else (), context))
        database.close()
    return found


def cut(operations: Any, context: MigrationContext) -> Iterator[str]:
    """Give code in parts."""
    part: list[str] = []
    lines = 0
    for each in operations:
        code = render_python_code(
            UpgradeOps([each]), render_as_batch=True, render_item=render_item, migration_context=context
        )
        kept = [line for line in code.splitlines() if line.strip() and not line.strip().startswith("#")]
        if part and lines + len(kept) > MAX_LINES:
            yield "\n".join(part)
            part, lines = [], 0
        part += kept
        lines += len(kept)
    if part:
        yield "\n".join(part)


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Write column types of ours as what they are in the database: a migration does not change when they do."""
    if kind == "type" and isinstance(item, TypeDecorator):
        inner = item.impl_instance
        return "sa.DateTime(timezone=True)" if hasattr(inner, "timezone") else f"sa.{type(inner).__name__}()"
    return False


if __name__ == "__main__":
    main()
