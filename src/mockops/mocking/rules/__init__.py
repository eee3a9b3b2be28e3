"""Pure decisions about mocked answers."""
