"""Prompts for a running service: what an environment serves, now, and still when nobody answers any more."""

from llmops_cli.errors import InputError, LlmopsError, ServeError
from llmops_cli.runtime.contract import Contract
from llmops_cli.runtime.prompts import Prompts
from llmops_cli.runtime.served_prompt import ServedPrompt

__all__ = ["Contract", "InputError", "LlmopsError", "Prompts", "ServeError", "ServedPrompt"]
