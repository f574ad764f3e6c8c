"""Typed wrappers: Python classes through which an application can pass a prompt its own variables and nothing else."""
