"""HTTP of the publishing slice: gateways and live traffic."""
