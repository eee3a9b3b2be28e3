"""`python -m mockops` and the `mockops` command."""

from __future__ import annotations

from mockops.cli import main

if __name__ == "__main__":
    main()
