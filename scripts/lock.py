"""Pin every dependency in uv.lock: versions with hashes, for all platforms, without naming an index."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def main() -> int:
    """Resolve pyproject.toml's dependencies, extras included."""
    uv = shutil.which("uv") or str(BIN / "uv")
    command = [uv, "pip", "compile", "pyproject.toml", "--all-extras", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-annotate", "--no-emit-index-url", "--quiet", "--upgrade"]
    command += ["--custom-compile-command", "make lock", "--output-file", "uv.lock"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
