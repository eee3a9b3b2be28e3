"""Stubs, scenarios and personas in the database: saving, publishing, importing, reading what is live."""
