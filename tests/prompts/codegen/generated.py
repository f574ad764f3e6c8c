"""Generated modules as modules: what `module_text` gives, brought to life."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.codegen.module import module_text
from llmops_cli.prompts.prompt import Prompt
from tests.prompts.making import make

NAME = "generated_for_a_test"


@contextmanager
def module(*prompts: Prompt) -> Iterator[Any]:
    """The module of these prompts, imported as a file of that text would be."""
    made: Any = ModuleType(NAME)
    made.TEXT = module_text(prompts, " -o x.py")
    sys.modules[NAME] = made
    try:
        exec(compile(made.TEXT, "x.py", "exec"), made.__dict__)
        yield made
    finally:
        del sys.modules[NAME]


def answering(schema: Json) -> Prompt:
    """A prompt whose answers follow the schema."""
    return make("Hello.", output={"format": "json", "schema": schema})
