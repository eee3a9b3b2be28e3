"""Rows of the publishing slice: leases of gateways, and the traffic they report."""
