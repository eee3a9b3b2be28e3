"""One module a change; `python scripts/make_migration.py NAME` writes the next from the tables as declared."""
