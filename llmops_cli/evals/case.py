"""One case of a golden set: the variables, the conversation, what is expected, and how much it matters."""

import re
from typing import cast

from pydantic import Field, field_validator

from llmops_cli.evals.conversation import Conversation
from llmops_cli.files.json_value import Json

_ID = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?\Z")


class Case(Conversation):
    """A row of a golden set. `id` is stable over time: comparisons pair the two sides by it.

    `messages` follow the rendered messages of the prompt.
    """

    id: str = Field(description="Stable over time: comparisons pair the two sides by it.")
    vars: dict[str, Json] = Field(default_factory=dict, description="The variables of the prompt.")
    expected: Json = Field(default=None, description="What reference checks compare with, and reports show.")
    tags: list[str] = Field(default_factory=list, description="Words that name the slices it belongs to.")
    critical: bool = Field(default=False, description="When it passed before and fails now, the change is blocked.")
    cluster: str = Field(default="", description="Cases that hang together, such as those of one document.")
    checks: list[dict[str, Json]] = Field(default_factory=list, description="Checks of this case alone.")

    @field_validator("id")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not _ID.match(value):
            raise ValueError("must be 1 to 200 printable characters without space at the ends")
        return value

    @field_validator("tags")
    @classmethod
    def _named(cls, value: list[str]) -> list[str]:
        # a rule about the slice without a name would be one about all cases
        if not all(tag.strip() for tag in value):
            raise ValueError("a tag is not empty")
        return value

    def as_json(self) -> dict[str, Json]:
        """The case as data, for hashing and storing."""
        data = cast(dict[str, Json], self.model_dump(mode="json", exclude={"messages"}))
        return {**data, "messages": [message.as_json() for message in self.messages]} if self.messages else data
