"""The data plane: HTTP wire, targets, faults, recorder."""
