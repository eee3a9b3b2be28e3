"""The control plane: HTTP API over every slice, auth, event streams."""
