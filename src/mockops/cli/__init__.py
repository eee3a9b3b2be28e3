"""The `mockops` command; one module per noun, each thin."""

from __future__ import annotations

from mockops.cli.app import main

__all__ = ["main"]
