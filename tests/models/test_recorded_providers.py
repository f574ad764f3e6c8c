"""Replies that real providers gave, served again over HTTP: nothing of them is lost or invented on the way."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from llmops_cli.models.model import Fault, ModelError, Response
from llmops_cli.models.via_litellm import LitellmModel
from tests.models.asking import ask
from tests.openai_server import Misbehaviour, OpenAIServer

Row = dict[str, Any]


@pytest.fixture
def replies(shared_data: Callable[[str], Path]) -> list[Row]:
    lines = (shared_data("provider_calls") / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        for choice in row["response"].get("choices", ()) if isinstance(row["response"], dict) else ():
            if choice.get("logprobs") == "<dropped>":  # by those who made the slice
                choice["logprobs"] = None
    return [row for row in rows if row["api"] == "openai.chat" or row["status"] >= 400]


@pytest.fixture
async def played(
    replies: list[Row], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[tuple[Row, Response | BaseException]]]:
    """Every recorded reply with what our model made of it; the question says which reply it wants."""

    def reply(number: int, body: Row) -> Misbehaviour:
        row = replies[int(body["messages"][0]["content"])]
        return Misbehaviour(row["status"], json.dumps(row["response"]).encode())

    with OpenAIServer(faults=reply) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        model = LitellmModel(timeout_s=20)
        asked = (model.answer(ask(str(number))) for number in range(len(replies)))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        await model.close()
        yield list(zip(replies, answers, strict=True))


def fits(row: Row, got: Response | BaseException) -> str:
    """Empty, or what is wrong."""
    if row["status"] != 200:
        return "" if isinstance(got, ModelError) else f"status {row['status']} became {got!r}"
    choice, usage = row["response"]["choices"][0], row["response"].get("usage") or {}
    text, calls = choice["message"].get("content") or "", choice["message"].get("tool_calls") or []
    if isinstance(text, list) or any("custom" in call for call in calls):  # not what OpenAI's wire format allows
        return "" if isinstance(got, ModelError) and got.fault is Fault.BAD_REPLY else f"{text} became {got!r}"
    text = text.rsplit("</think>", 1)[-1]  # litellm hands thoughts over apart from the answer
    if isinstance(got, BaseException):
        expected = choice["finish_reason"] in ("length", "content_filter") or not (str(text).strip() or calls)
        return "" if isinstance(got, ModelError) and expected else f"{choice['finish_reason']} became {got!r}"
    if got.text.strip() != text.strip():
        return f"text {text!r} became {got.text!r}"
    if [call["name"] for call in got.tool_calls] != [call["function"]["name"] for call in calls]:
        return f"tool calls {calls} became {got.tool_calls}"
    if usage and (got.usage is None or got.usage.input_tokens != usage["prompt_tokens"]):
        return f"usage {usage} became {got.usage}"
    if usage and got.usage is not None and got.usage.output_tokens != usage["completion_tokens"]:
        return f"usage {usage} became {got.usage}"
    return "" if got.model == row["response"]["model"] else f"model {row['response']['model']} became {got.model}"


async def test_replies_of_thirteen_providers_keep_text_tools_usage_and_model(
    played: list[tuple[Row, Response | BaseException]],
) -> None:
    assert len(played) > 100
    wrong = [f"{row['host']} {row['source']}: {problem}" for row, got in played if (problem := fits(row, got))]
    assert wrong == []


async def test_recorded_refusals_have_their_names(played: list[tuple[Row, Response | BaseException]]) -> None:
    faults = {
        row["response"]["error"]["code"]: got.fault
        for row, got in played
        if row["status"] >= 400 and isinstance(got, ModelError)
    }
    assert faults == {
        "invalid_value": Fault.REFUSED,
        "unsupported_value": Fault.REFUSED,
        "model_not_found": Fault.NO_SUCH_MODEL,
        400: Fault.REFUSED,  # Vertex AI: a URL that may not be fetched
    }
