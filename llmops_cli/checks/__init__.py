"""Is one output good? Deterministic checks and judges; each returns a value and stores nothing."""
