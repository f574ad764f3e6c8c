"""What an application gets: one version of a prompt, ready to render, which says where it comes from."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from llmops_cli.errors import InputError

if TYPE_CHECKING:
    from llmops_cli.prompts.prompt import Prompt
    from llmops_cli.runtime.application import Application

Source = Literal["live", "stale", "disk", "bundled"]


@dataclass(frozen=True, slots=True)
class ServedPrompt:
    """A version of a prompt, and how sure it is that the environment serves it right now.

    source       live: the remote said so at the last poll; stale: from memory, and the remote does not confirm it;
                 disk: kept by an earlier process; bundled: from the snapshot that the application carries
    age_s        seconds since it was last known to be what the environment serves
    why          what keeps it from being live, a sentence; empty when it is
    commit       of the environment's branch, in which it was found
    """

    name: str
    version: str
    digest: str
    environment: str
    source: Source
    age_s: float
    why: str
    commit: str
    _prompt: "Prompt" = field(repr=False, compare=False)
    _application: "Application" = field(repr=False, compare=False)

    @property
    def reference(self) -> str:
        """`NAME@VERSION`."""
        return f"{self.name}@{self.version}"

    def render(self, /, **variables: Any) -> list[dict[str, str]]:
        """The messages, as chat models take them: `[{"role": "system", "content": "..."}, ...]`.

        Raises InputError that names every variable that is missing, unknown or does not fit.
        """
        try:
            messages = self._prompt.render(variables)
        except InputError:
            self._application.fails(variables)
            raise
        self._application.renders(variables)
        return [{"role": message.role, "content": message.content} for message in messages]

    @property
    def variables(self) -> list[str]:
        """The names of all variables, optional ones too."""
        return list(self._prompt.variables)

    @property
    def model(self) -> str:
        """The name of the model as LiteLLM spells it; may be empty."""
        return self._prompt.model

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the call, such as `temperature`; yours to change."""
        return copy.deepcopy(dict(self._prompt.params))

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools that the model is offered, as JSON; yours to change."""
        return [copy.deepcopy(dict(tool)) for tool in self._prompt.tools]

    @property
    def output(self) -> Mapping[str, Any]:
        """What the prompt promises to answer: `{"format": "text" | "json", "schema": a JSON schema or None}`."""
        schema = self._prompt.output.schema
        return {"format": self._prompt.output.format, "schema": copy.deepcopy(dict(schema)) if schema else None}
