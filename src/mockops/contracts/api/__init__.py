"""HTTP: the contracts of an organization, and the contract of a workspace."""
