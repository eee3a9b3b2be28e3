"""A file per format that stubs, scenarios and personas are read from."""
