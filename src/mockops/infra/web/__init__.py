"""FastAPI as MockOps uses it: one hop, one transaction, problem+json, pages, ETags, idempotency keys, bulk."""
