"""Names: of files, prompts and metrics made from labels that people wrote, and LiteLLM's names of models."""

import re
from typing import Final

from llmops_cli.evals.policy import MEASURED
from llmops_cli.prompts.formats.promptfoo import PROVIDERS

_NO_METRICS: Final = {*MEASURED, "alpha", "max_failed", "max_repeats", "on_inconclusive", "mode", "slices", "critical"}
_KINDS: Final = {"chat", "messages", "responses", "completion"}


def metric_name(text: str) -> str:
    """A name that a metric may have."""
    name = re.sub(r"[^\w.\-]+", "-", text).strip("-.")[:90] or "check"
    return f"{name}-check" if name in _NO_METRICS else name


def model_name(provider: str) -> str:
    """LiteLLM's name of a model that promptfoo names `openai:chat:gpt-4.1`; empty when there is none."""
    company, _, rest = provider.partition(":")
    kind, colon, model = rest.partition(":")
    if kind not in _KINDS or not colon:
        kind, model = "", rest
    known = PROVIDERS.get(company)
    if known is None or not model or kind == "completion" or not re.fullmatch(r"[\w.:/@\-]+", model):
        return ""
    return f"{known}/{model}"
