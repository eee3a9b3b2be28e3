"""Several processes on one port: the first leads and has the admin port, the others follow it."""
