"""What stored runs know about a change of text, for the commands that ask how large a step it needs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmops_cli.config import Config


def evidence_of(config: "Config") -> Callable[[str, str], str]:
    """From two digests to a sentence when a stored run saw that behaviour moved between them, else empty."""

    runs = config.state_dir / "runs"

    def moved(before: str, after: str) -> str:
        if not runs.is_dir():
            return ""  # a third of a second of imports, to learn nothing
        from llmops_cli.evals.evidence import behaviour_moved
        from llmops_cli.evals.run_store import RunStore

        return behaviour_moved(RunStore(runs), before, after)

    return moved
