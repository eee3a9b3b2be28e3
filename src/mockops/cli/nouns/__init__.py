"""A group of commands for every noun of the API."""
