"""Rows: all SQL of the slice, one statement a function."""
