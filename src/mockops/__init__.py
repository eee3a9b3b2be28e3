"""MockOps: run API mocks like production."""
