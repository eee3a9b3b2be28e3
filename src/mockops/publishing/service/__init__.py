"""Use cases of publishing: assemble a snapshot from files."""
