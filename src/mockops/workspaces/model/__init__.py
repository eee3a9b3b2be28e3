"""Nouns: who owns what, how it answers, and how it lies in files."""
