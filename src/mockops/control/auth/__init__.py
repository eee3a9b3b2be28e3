"""Who is asking: nobody but this machine's user, the holder of a token, or a person who logged in elsewhere (OIDC)."""
