"""The runner: hands events to those who react to them, and keeps the house."""
