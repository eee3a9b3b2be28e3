"""The typed client of the HTTP API: what the command line, tests and users speak to a server with."""
