"""HTTP: who owns what, and how it answers."""
