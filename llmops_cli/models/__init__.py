"""How we speak to an LLM: one protocol, providers behind a front desk, wrappers that make a Model from a Model."""
