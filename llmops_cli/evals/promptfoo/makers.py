"""How each type of promptfoo's `assert` becomes a check of ours."""

from collections.abc import Callable, Mapping
from typing import Final, cast

from llmops_cli.evals.promptfoo.asked import Asked, Entry, comma_separated, refused
from llmops_cli.evals.promptfoo.nunjucks import number_text
from llmops_cli.evals.promptfoo.pattern import PatternError, python_pattern
from llmops_cli.evals.promptfoo.structured import json_check, sql_check, tool_names, xml_check
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.formats.note import LeftOutError


def _contains(asked: Asked) -> Entry:
    return {"type": asked.base, "value": asked.text_or_number()}


def _many(asked: Asked) -> Entry:
    value = asked.value
    parts = comma_separated(value) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise refused(f"{asked.base} needs a list")
    if not parts or "" in parts or None in parts:
        raise LeftOutError(
            f"{asked.base}: the list is empty, or one of its texts is; that decides nothing", "empty-value"
        )
    items: list[Json] = [_js_text(item) for item in parts]
    return {"type": asked.base, "value": items}


def _js_text(item: Json) -> Json:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int | float):
        return number_text(item)
    if not isinstance(item, str):
        raise refused("an object stands in a list of texts")
    return item


def _equals(asked: Asked) -> Entry:
    value = asked.value
    if value is None:
        raise LeftOutError("equals without a value compares with nothing", "empty-value")
    if isinstance(value, dict | list):
        return {"type": "equals", "value": value}
    if isinstance(value, bool):
        return {"type": "equals", "value": "true" if value else "false"}
    return {"type": "equals", "value": value if isinstance(value, str) else number_text(value)}


def _regex(asked: Asked) -> Entry:
    try:
        return {"type": "regex", "value": python_pattern(asked.text())}
    except PatternError as error:
        message = f"the pattern {asked.value!r} is not valid in JavaScript, or has no counterpart: {error}"
        raise LeftOutError(message, "regex-invalid") from None


def _starts_with(asked: Asked) -> Entry:
    return {"type": "starts-with", "value": asked.text()}


def _levenshtein(asked: Asked) -> Entry:
    if not isinstance(asked.value, str):
        raise refused("levenshtein needs a text")
    most = 5 if asked.threshold is None else int(asked.threshold // 1)
    if not asked.value:  # the distance from the empty text is the length
        return {"type": "regex", "value": rf"(?s)\A.{{0,{most}}}\Z"}
    return {"type": "levenshtein", "value": asked.value, "max_distance": most}


def _overlap(asked: Asked) -> Entry:
    if asked.base == "rouge-n" and isinstance(asked.value, list):
        raise refused("rouge-n needs one text")
    if asked.value == "":
        raise LeftOutError(f"{asked.base}: nothing is like an empty text", "empty-value")
    standard = 0.75 if asked.base == "rouge-n" else 0.5
    value = asked.texts()
    return {
        "type": asked.base,
        "value": value if isinstance(asked.value, list) else value[0],
        "threshold": standard if asked.threshold is None else asked.threshold,
    }


def _word_count(asked: Asked) -> Entry:
    value = asked.value
    if isinstance(value, dict):
        bounds = {key: _whole(value[key]) for key in ("min", "max") if key in value}
        if not bounds or bounds.get("min", 0) > bounds.get("max", bounds.get("min", 0)):
            raise refused("word-count needs min, max or both, min not above max")
        return {"type": "word-count", **cast(Entry, bounds)}
    try:
        number = float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        number = None
    if number is None or isinstance(value, bool):
        raise refused("word-count needs a number, or min and max")
    return {"type": "word-count", "exactly": _whole(number)}


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        raise LeftOutError(f"word-count: {value!r} is no number of words", "refused-here")
    return int(value)


def _plain(asked: Asked) -> Entry:
    return {"type": asked.base}


def _finish_reason(asked: Asked) -> Entry:
    return {"type": "finish-reason", "value": asked.text()}


def _limit(key: str) -> Callable[[Asked], Entry]:
    def make(asked: Asked) -> Entry:
        if asked.threshold is None:
            raise refused(f"{asked.base} needs a threshold")
        return {"type": asked.base, key: asked.threshold}

    return make


def _rubric(asked: Asked) -> Entry:
    return {"type": "judge", "judge": "rubric@1", "rubric": asked.text()}


def _similar(asked: Asked) -> Entry:
    texts = asked.texts()
    return {
        "type": "similar",
        "value": texts if isinstance(asked.value, list) else texts[0],
        "threshold": 0.75 if asked.threshold is None else asked.threshold,
        "embedding_model": "openai/text-embedding-3-small",  # promptfoo's own default
    }


MAKERS: Final[Mapping[str, Callable[[Asked], Entry]]] = {
    "contains": _contains,
    "icontains": _contains,
    "contains-any": _many,
    "contains-all": _many,
    "icontains-any": _many,
    "icontains-all": _many,
    "equals": _equals,
    "regex": _regex,
    "starts-with": _starts_with,
    "is-json": json_check,
    "contains-json": json_check,
    "levenshtein": _levenshtein,
    "rouge-n": _overlap,
    "bleu": _overlap,
    "gleu": _overlap,
    "meteor": _overlap,
    "similar": _similar,
    "similar:cosine": _similar,
    "llm-rubric": _rubric,
    "model-graded-closedqa": _rubric,
    "is-xml": xml_check,
    "contains-xml": xml_check,
    "is-html": _plain,
    "contains-html": _plain,
    "is-sql": sql_check,
    "contains-sql": sql_check,
    "tool-call-f1": tool_names,
    "word-count": _word_count,
    "is-refusal": _plain,
    "finish-reason": _finish_reason,
    "latency": _limit("max_ms"),
    "cost": _limit("max_usd"),
}
