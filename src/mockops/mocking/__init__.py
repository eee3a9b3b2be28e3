"""An answer from an operation: stubs, scenarios, personas, generated data, templates, state."""
