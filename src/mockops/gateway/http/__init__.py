"""HTTP/1.1 on the wire: bytes in, requests out; answers in, bytes out (RFC 9112)."""
