"""Use cases on contracts: load, compile, cache."""
