"""Who owns what; the folder layout of workspaces kept as files."""
