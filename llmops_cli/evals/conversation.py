"""The conversation a case may carry: what was said before the answer that is measured, checked as a provider would."""

import json
from collections.abc import Sequence
from typing import Literal, cast

from pydantic import Field, field_validator, model_validator

from llmops_cli.files.json_value import Json
from llmops_cli.files.shape import FileShape


class CalledTool(FileShape):
    """A call that an assistant message makes. `arguments` is JSON text, as models write it."""

    id: str = Field(min_length=1, description="Names the call, so that its result can.")
    name: str = Field(min_length=1, description="The name of the tool.")
    arguments: str = Field(default="{}", description="What it was called with: an object, or JSON text.")

    @model_validator(mode="before")
    @classmethod
    def _one_form(cls, data: object) -> object:
        """`{id, type: function, function: {name, arguments}}` is the same call; arguments may be an object as well."""
        if not isinstance(data, dict):
            return data
        call = dict(data)
        if isinstance(call.get("function"), dict) and call.pop("type", "function") == "function":
            call |= call.pop("function")
        if isinstance(call.get("arguments"), dict):
            call["arguments"] = json.dumps(call["arguments"], ensure_ascii=False)
        return call


class CaseMessage(FileShape):
    """One message of a conversation. `content` is text, or a list of parts as providers take them (images, files)."""

    role: Literal["system", "user", "assistant", "tool"] = Field(
        description="Who spoke; the last message is of a user or a tool."
    )
    content: str | list[dict[str, Json]] | None = Field(
        default=None, description="Text, or a list of parts as providers take them."
    )
    tool_calls: list[CalledTool] = Field(default_factory=list, description="The calls that an assistant makes.")
    tool_call_id: str = Field(default="", description="Of a tool: the call whose result this is.")
    name: str = Field(default="", description="Of the speaker, where the provider takes one.")

    @model_validator(mode="after")
    def _says_something(self) -> "CaseMessage":
        if self.tool_calls and self.role != "assistant":
            raise ValueError(f"a {self.role} message calls no tools")
        if bool(self.tool_call_id) != (self.role == "tool"):
            raise ValueError(
                "a tool message needs tool_call_id" if self.role == "tool" else "tool_call_id is for tool messages"
            )
        if self.role == "tool" and self.content is None:
            raise ValueError("a tool message needs content (it may be empty)")
        empty = not (self.content.strip() if isinstance(self.content, str) else self.content)
        if empty and self.role != "tool" and not self.tool_calls:
            raise ValueError(f"a {self.role} message needs content")
        return self

    @property
    def text(self) -> str:
        """What it says, for people: the text of its parts, then the tools it calls."""
        if isinstance(self.content, str):
            said = [self.content]
        else:
            said = [str(part.get("text") or f"[{part.get('type', 'part')}]") for part in self.content or []]
        return "\n".join(part for part in [*said, *(f"{c.name}({c.arguments})" for c in self.tool_calls)] if part)

    def as_json(self) -> dict[str, Json]:
        """The message as a golden set writes it, without what is not there."""
        return cast(dict[str, Json], self.model_dump(mode="json", exclude_defaults=True))

    def as_request(self) -> dict[str, Json]:
        """The message as a model is asked with it (OpenAI's form, which LiteLLM translates)."""
        message: dict[str, Json] = {"role": self.role, "content": cast(Json, self.content)}
        if self.tool_calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.tool_call_id:
            message["tool_call_id"] = self.tool_call_id
        if self.name:
            message["name"] = self.name
        return message


class Conversation(FileShape):
    """Base of what carries `messages`: they follow the rendered messages of the prompt in the request."""

    messages: list[CaseMessage] = Field(
        default_factory=list, description="What was said so far; it follows the messages of the prompt."
    )

    @field_validator("messages")
    @classmethod
    def _can_be_answered(cls, messages: list[CaseMessage]) -> list[CaseMessage]:
        if messages and messages[-1].role not in ("user", "tool"):
            raise ValueError("must end with a user or a tool message: the answer to it is what is measured")
        if wrong := _unanswered(messages):
            raise ValueError(wrong)
        return messages


def _unanswered(messages: Sequence[CaseMessage]) -> str:
    """Why providers would refuse the order of calls and their results; empty when they would not."""
    waiting: list[str] = []
    for number, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                return f"[{number}]: no call before it waits for the result of {message.tool_call_id!r}"
            waiting.remove(message.tool_call_id)
            continue
        if waiting:
            return f"[{number}]: the result of the call {waiting[0]!r} must come before it"
        waiting = [call.id for call in message.tool_calls]
        if len(set(waiting)) < len(waiting):
            return f"[{number}]: two calls have one id"
    return f"the result of the call {waiting[0]!r} is missing" if waiting else ""
