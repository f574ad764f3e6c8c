"""`python -m llmops_cli` is `llmops`."""

from llmops_cli.cli.main import entry

if __name__ == "__main__":
    entry()
