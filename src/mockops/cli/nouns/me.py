"""`mockops me`: who you are to the server."""

from __future__ import annotations

from mockops.cli.nouns.command import Work, runnable


def _me(work: Work) -> None:
    """Show who you are to the server, and what you may do.

    Example: mockops me --server https://mockops.example.com

    """
    work.show(work.api.me())


me = runnable(_me)
