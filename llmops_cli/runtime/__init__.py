"""Prompts for a running service: what an environment serves, now, and still when nobody answers any more."""
