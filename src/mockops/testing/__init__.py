"""What Python test suites use: `MockServer` and the pytest plugin."""
