"""Texts that match a regular expression in the dialect of ECMA-262, as JSON Schema's `pattern` uses it."""

from mockops.mocking.rules.generate.patterns.draw import draw_match
from mockops.mocking.rules.generate.patterns.parse import PatternUnreadable, parse_pattern

__all__ = ["PatternUnreadable", "draw_match", "parse_pattern"]
