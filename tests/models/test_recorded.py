import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import FileError
from llmops_cli.models.model import Fault, Label, ModelError, Request, Response, Usage
from llmops_cli.models.recorded import RecordedModel, read_recording, recording_row
from tests.models.asking import ask

ROWS = """
{"prompt": "rag-answer@3.2.0", "case": "refund-1", "repeat": 0, "output": "Yes!", "latency_ms": 812, "usage": USAGE}
{"prompt": "rag-answer@3.2.0", "case": "refund-1", "repeat": 1, "output": "Yes."}

{"prompt": "rag-answer@3.2.0", "case": "refund-2", "output": "No.", "cost_usd": 0.0004, "finish_reason": "end_turn"}
{"prompt": "rag-answer@3.1.0", "case": "refund-1", "repeat": 1, "output": "a gap before"}
""".replace("USAGE", '{"input_tokens": 348, "output_tokens": 17}')


def labelled(prompt: str, case: str, repeat: int = 0) -> Request:
    return Request("", (), label=Label(prompt, case, repeat))


async def test_a_request_is_answered_by_its_label() -> None:
    model = RecordedModel(read_recording(ROWS, path="r.jsonl"))
    first = await model.answer(labelled("rag-answer@3.2.0", "refund-1"))
    assert first == Response("Yes!", usage=Usage(348, 17), latency_ms=812)
    assert (await model.answer(labelled("rag-answer@3.2.0", "refund-1", 1))).text == "Yes."
    assert (await model.answer(labelled("rag-answer@3.2.0", "refund-2"))).cost_usd == 0.0004


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (labelled("rag-answer@9.0.0", "refund-1"), "prompt 'rag-answer@9.0.0', case 'refund-1', repeat 0"),
        (labelled("rag-answer@3.2.0", "refund-9"), "prompt 'rag-answer@3.2.0', case 'refund-9', repeat 0"),
        (labelled("rag-answer@3.2.0", "refund-2", 1), "prompt 'rag-answer@3.2.0', case 'refund-2', repeat 1"),
    ],
)
async def test_a_missing_row_is_an_error_that_names_the_trial(request_: Request, named: str) -> None:
    with pytest.raises(ModelError) as caught:
        await RecordedModel(read_recording(ROWS, path="rec/r.jsonl")).answer(request_)
    assert caught.value.fault is Fault.NOT_RECORDED
    assert caught.value.message == f"rec/r.jsonl has no row for {named}"


async def test_a_call_without_a_trial_cannot_be_answered() -> None:
    with pytest.raises(ModelError, match="belongs to no trial"):
        await RecordedModel(read_recording(ROWS, path="r.jsonl")).answer(Request("m", ()))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"output": ""}, Fault.EMPTY),
        ({"output": "half", "finish_reason": "length"}, Fault.TRUNCATED),
        ({"output": "", "finish_reason": "content_filter"}, Fault.FILTERED),
    ],
)
async def test_a_recorded_answer_that_is_none_is_what_it_was_live(row: dict[str, str], fault: Fault) -> None:
    text = json.dumps({"prompt": "p@1.0.0", "case": "c", **row})
    with pytest.raises(ModelError) as caught:
        await RecordedModel(read_recording(text, path="r.jsonl")).answer(labelled("p@1.0.0", "c"))
    assert caught.value.fault is fault


def test_repeats_are_those_that_all_cases_have_without_a_gap() -> None:
    recording = read_recording(ROWS, path="r.jsonl")
    assert recording.repeats("rag-answer@3.2.0", ["refund-1"]) == 2
    assert recording.repeats("rag-answer@3.2.0", ["refund-1", "refund-2"]) == 1
    assert recording.repeats("rag-answer@3.2.0", ["refund-1", "refund-3"]) == 0
    assert recording.repeats("rag-answer@3.1.0", ["refund-1"]) == 0
    assert recording.repeats("rag-answer@3.2.0", []) == 0
    assert recording.prompts() == ("rag-answer@3.2.0", "rag-answer@3.1.0")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"prompt": "p@1.0.0", "case": "c"}', "r.jsonl:2: output: is missing"),
        (
            '{"prompt": "p@1.0.0", "case": "c", "ouput": "x", "output": "y"}',
            "r.jsonl:2: ouput: unknown key (did you mean 'output'?)",
        ),
        (
            '{"prompt": "p@1.0.0", "case": 7, "output": "y"}',
            'r.jsonl:2: case: must be text, not a number (quote it: case: "7")',
        ),
        ('{"prompt": "p@1.0.0", "case": "c", "output": null}', "r.jsonl:2: output: must be a valid string"),
        (
            '{"prompt": "p@1.0.0", "case": "c", "output": "y", "repeat": -1}',
            "r.jsonl:2: repeat: must be greater than or equal to 0",
        ),
        (
            '{"prompt": "p@1.0.0", "case": "c", "output": "y", "repeat": 1.0}',
            "r.jsonl:2: repeat: must be a valid integer",
        ),
        (
            '{"prompt": "p@1.0.0", "case": "c", "output": "y", "cost_usd": NaN}',
            "r.jsonl:2: not valid JSON: NaN is not a number in JSON",
        ),
        (
            '{"prompt": "p@1.0.0", "case": "c", "output": "y", "latency_ms": 1e999}',
            "r.jsonl:2: not valid JSON: 1e999 is too large a number",
        ),
        (
            '{"prompt": "p@1.0.0", "case": "c", "output": "y", "usage": {"input_tokens": -1, "output_tokens": 2}}',
            "r.jsonl:2: usage.input_tokens: must be greater than or equal to 0",
        ),
        (
            '{"prompt": "a@1.0.0", "case": "a", "output": "y"}',
            "r.jsonl:2: prompt 'a@1.0.0', case 'a', repeat 0 stands on line 1 already",
        ),
        ("[1]", "r.jsonl:2: one JSON object a line is expected"),
    ],
)
def test_a_bad_row_is_named_with_its_line(line: str, message: str) -> None:
    good = '{"prompt": "a@1.0.0", "case": "a", "output": "x"}'
    with pytest.raises(FileError) as caught:
        read_recording(f"{good}\n{line}\n", path="r.jsonl")
    assert message in str(caught.value)


def test_all_bad_rows_are_named_at_once() -> None:
    with pytest.raises(FileError) as caught:
        read_recording('{"prompt": "p"}\n{"case": "c"}\n', path="r.jsonl")
    assert {problem.line for problem in caught.value.problems} == {1, 2}


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(FileError, match=r"r.jsonl:1: output: holds half of a surrogate pair"):
        read_recording('{"prompt": "p@1.0.0", "case": "c", "output": "\\ud83d"}', path="r.jsonl")
    whole = read_recording('{"prompt": "p@1.0.0", "case": "c", "output": "\\ud83d\\ude00"}', path="r.jsonl")
    assert whole.rows[Label("p@1.0.0", "c", 0)].output == "\U0001f600"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    TEXT,
    TEXT,
    st.integers(0, 9),
    st.none() | st.builds(Usage, st.integers(0, 10**6), st.integers(0, 10**6)),
    st.none() | st.floats(0, 1e9, allow_nan=False),
)
def test_what_is_recorded_reads_back(
    output: str, case: str, repeat: int, usage: Usage | None, cost: float | None
) -> None:
    label = Label("p@1.0.0", case, repeat)
    response = Response(output, "end_turn", usage, cost, cost, "m-2026", ({"id": "1", "name": "f", "arguments": "{}"},))
    line = json.dumps(recording_row(label, response, digest="sha256:00"))
    recording = read_recording(line, path="r.jsonl")
    assert recording.find(label) == response
    assert recording.rows[label].digest == "sha256:00"


def test_what_is_not_known_is_left_out_of_a_row() -> None:
    row = recording_row(Label("p@1.0.0", "c", 0), Response("x"))
    assert row == {"prompt": "p@1.0.0", "case": "c", "repeat": 0, "output": "x", "finish_reason": "stop"}


async def test_answers_of_real_models_can_be_played(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("gsm8k")
    rows = [json.loads(line) for line in next(folder.glob("*.jsonl")).read_text(encoding="utf-8").splitlines()]
    field = next(name for name, value in rows[0].items() if isinstance(value, dict) and "solution" in value)
    lines = [
        json.dumps({"prompt": f"{field}@1.0.0", "case": f"q{n}", "output": row[field]["solution"]})
        for n, row in enumerate(rows)
    ]
    recording = read_recording("\n".join(lines), path="r.jsonl")
    assert recording.repeats(f"{field}@1.0.0", [f"q{n}" for n in range(330)]) == 1
    answer = await RecordedModel(recording).answer(labelled(f"{field}@1.0.0", "q17"))
    assert answer.text == rows[17][field]["solution"]


async def test_any_call_that_is_asked_with_a_label_can_be_kept() -> None:
    request = ask("case-7", repeat=2)
    assert request.label is not None
    recording = read_recording(json.dumps(recording_row(request.label, Response("kept"))), path="r.jsonl")
    assert (await RecordedModel(recording).answer(request)).text == "kept"
