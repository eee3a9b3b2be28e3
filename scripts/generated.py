"""Write the files that are made from code; with --check, fail when one differs from what is committed."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

GENERATED = {
    "docs/reference/admin-api.md": ("mockops.gateway.admin.reference",),
    "docs/reference/cli.md": ("mockops.cli.reference",),
    "docs/reference/events.md": ("mockops.wiring.reference", "events"),
    "docs/reference/problems.md": ("mockops.wiring.reference", "problems"),
    **{
        f"docs/schemas/{name}.json": ("mockops.publishing.service.projects.schemas", name)
        for name in ("environment", "persona", "project", "scenario", "stub", "workspace")
    },
}
"""File to the module (and arguments) that prints it."""


def main() -> int:
    """Write or compare every generated file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    is_check = parser.parse_args().check
    stale = []
    for name, module in GENERATED.items():
        made = subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=True, capture_output=True).stdout
        path = ROOT / name
        if path.is_file() and path.read_bytes() == made:
            continue
        if is_check:
            stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made)
            print(f"wrote {name}")
    if stale:
        print(f"out of date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
