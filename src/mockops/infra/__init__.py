"""The outside world: the database, outgoing HTTP with its egress guard, the web framework, cache folders, the loop."""
