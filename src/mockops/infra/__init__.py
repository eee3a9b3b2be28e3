"""The outside world: outgoing HTTP with its egress guard, cache folders, the event loop."""
