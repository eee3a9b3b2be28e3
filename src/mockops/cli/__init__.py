"""The `mockops` command; one module per noun."""
