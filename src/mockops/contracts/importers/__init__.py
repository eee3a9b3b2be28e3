"""A file per contract format; each turns a parsed document into operations."""
