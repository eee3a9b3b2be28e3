"""Decisions about workspaces, pure."""
