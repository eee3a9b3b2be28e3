"""Makes `live_server` importable: the real control process that the client's tests use, too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "client"))
