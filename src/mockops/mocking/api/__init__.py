"""HTTP: stubs, scenarios, personas, imports."""
