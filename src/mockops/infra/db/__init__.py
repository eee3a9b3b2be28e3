"""The database, SQLite or PostgreSQL: true transactions, an event log written with the change, pages, migrations."""
