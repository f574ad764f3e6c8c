"""llmops: a git-native prompt registry and eval gate."""

__version__ = "0.1.0"
