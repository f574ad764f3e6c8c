"""Prompts as other tools write them: read as files of ours, and written from ours."""
