"""One entry of the answer cache: an answer that says what it is an answer to, so that a wrong one is noticed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, ValidationError

from llmops_cli.files.json_value import Json, canonical, digest
from llmops_cli.files.shape import FileShape
from llmops_cli.models.model import Request, Response, RetrievedContext, Usage
from llmops_cli.models.secret import redact


class KeptUsage(FileShape):
    """Tokens of the call."""

    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)


class KeptContext(FileShape):
    """A document that was retrieved for the answer."""

    text: str
    id: str = ""


class CacheEntry(FileShape):
    """One value of the database: it says what it is an answer to, so that a wrong one is noticed."""

    v: Literal[1]
    key: str
    request: dict[str, Json]
    text: str
    finish_reason: str
    usage: KeptUsage | None
    cost_usd: float | None = Field(ge=0)
    latency_ms: float | None = Field(ge=0)
    model: str
    tool_calls: list[dict[str, Json]]
    contexts: list[KeptContext] = Field(default_factory=list)
    vector: list[float] = Field(default_factory=list)
    answered_at: str
    index: dict[str, str]

    def response(self) -> Response:
        """The answer as it was given, marked as cached."""
        usage = Usage(self.usage.input_tokens, self.usage.output_tokens) if self.usage else None
        return Response(
            text=self.text,
            finish_reason=self.finish_reason,
            usage=usage,
            cost_usd=self.cost_usd,
            latency_ms=self.latency_ms,
            model=self.model,
            tool_calls=tuple(self.tool_calls),
            contexts=tuple(RetrievedContext(one.text, one.id) for one in self.contexts),
            vector=tuple(self.vector),
            answered_at=self.answered_at,
            cached=True,
        )


def read_entry(data: bytes, key: str) -> CacheEntry | None:
    """The entry in stored bytes; None unless it has the shape of one and is an answer to the request with this key."""
    try:
        entry = CacheEntry.model_validate_json(data)
    except ValidationError:
        return None
    return entry if entry.key == key else None


def entry_of(request: Request, response: Response, index: Mapping[str, str]) -> bytes:
    """What is stored for an answer: canonical JSON of a CacheEntry. The messages are there as a digest only."""
    usage = response.usage
    return canonical(
        {
            "v": 1,
            "key": request.key,
            "request": {
                "model": request.model,
                "endpoint": redact(request.endpoint),  # it may hold a password, and CI keeps caches elsewhere
                "repeat": request.repeat,
                "messages": digest([dict(message) for message in request.messages]),
                "params": digest(dict(request.params)),
                "tools": digest([dict(tool) for tool in request.tools]),
                "schema": digest(dict(request.schema)) if request.schema is not None else None,
            },
            "text": response.text,
            "finish_reason": response.finish_reason,
            "usage": {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens} if usage else None,
            "cost_usd": response.cost_usd,
            "latency_ms": response.latency_ms,
            "model": response.model,
            "tool_calls": [dict(call) for call in response.tool_calls],
            "contexts": [{"id": one.id, "text": one.text} for one in response.contexts],
            "vector": list(response.vector),
            "answered_at": response.answered_at or datetime.now(UTC).isoformat(timespec="seconds"),
            "index": dict(index),
        }
    ).encode()
