"""The snapshot handed to gateways."""
