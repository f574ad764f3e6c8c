"""Messages of inspect in the form that a golden set has them."""

import json

from llmops_cli.evals.imported.material import Entry
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError

_ATTACHMENT = "attachment://"


def resolved(sample: Entry) -> Entry:
    """The sample with its attachments (long texts that stand once) put where they belong."""
    attachments = sample.get("attachments")
    known = attachments if isinstance(attachments, dict) else {}

    def filled(value: Json) -> Json:
        match value:
            case str() if value.startswith(_ATTACHMENT):
                return known.get(value.removeprefix(_ATTACHMENT), value)
            case list():
                return [filled(item) for item in value]
            case dict():
                return {key: filled(item) for key, item in value.items()}
        return value

    wanted = ("id", "epoch", "input", "choices", "target", "messages", "output", "scores", "metadata", "error", "limit",
              "files", "setup", "sandbox")  # fmt: skip
    return {key: filled(sample[key]) for key in wanted if key in sample}


def message_of(message: Entry, *, keep_empty: bool = False) -> Entry:
    """One message. What models thought before they spoke is not part of it, nor are empty texts beside tool calls.

    Raises LeftOutError for sound, video, documents, and whatever else has no counterpart.
    """
    role = message.get("role")
    if role not in ("system", "user", "assistant", "tool"):
        raise LeftOutError(f"a message of the role {role!r}")
    content = _content(message.get("content"))
    made: Entry = {"role": role}
    if content or role == "tool" or keep_empty:
        made["content"] = content
    error = message.get("error")
    if role == "tool" and isinstance(error, dict) and not content:
        made["content"] = str(error.get("message") or "")
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        made["tool_calls"] = [_call(call) for call in calls if isinstance(call, dict)]
    if role == "tool":
        made["tool_call_id"] = str(message.get("tool_call_id") or "")
    return made


def _call(call: Entry) -> Entry:
    arguments = call.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return {"id": str(call.get("id") or ""), "name": str(call.get("function") or ""), "arguments": text}


def _content(content: Json) -> Json:
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    parts: list[Json] = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict) or kind not in ("text", "image", "reasoning"):
            raise LeftOutError(f"a message with a part of type {kind!r}")
        if kind == "text":
            parts.append({"type": "text", "text": str(part.get("text") or "")})
        elif kind == "image":
            parts.append({"type": "image_url", "image_url": {"url": str(part.get("image") or "")}})
    if all(isinstance(part, dict) and part["type"] == "text" for part in parts):
        return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict))
    return parts
