"""Calling other servers from the gateway's own loop: HTTP/1.1, pooled, kept alive."""
