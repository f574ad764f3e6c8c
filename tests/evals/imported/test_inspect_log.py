"""Logs of inspect: real ones, and what a log may hold besides."""

import json
import shutil
import string
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_cli.errors import FileError, MeasureError
from llmops_cli.evals.imported.assembly import assemble
from llmops_cli.evals.imported.inspect_log import read_inspect_log
from llmops_cli.evals.imported.inspect_scorers import scorer_of
from llmops_cli.evals.imported.material import Material
from llmops_cli.evals.loaded import load
from llmops_cli.evals.promptfoo.importing import Folders
from llmops_cli.prompts.formats.imported import Imported, write_import
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import WorkTree

LOGS = Path(__file__).parent / "logs"


def told(imported: Imported) -> list[str]:
    return [str(note) for note in imported.notes]


def log(folder: Path, *samples: dict[str, Any], **more: Any) -> Path:
    """A log made by hand."""
    head = {"eval": {"task": "t", "model": "openai/gpt-4.1-mini"}, "status": "success"}
    path = folder / "log.json"
    path.write_text(json.dumps({**head, "samples": list(samples), **more}))
    return path


def sample(name: str = "a", text: str = "Hi", answer: str = "Hello", **more: Any) -> dict[str, Any]:
    user = {"role": "user", "content": text, "source": "input"}
    said = {"role": "assistant", "content": answer, "source": "generate"}
    output = {"model": "m", "choices": [{"message": said, "stop_reason": "stop"}], "completion": answer}
    whole = {"id": name, "epoch": 1, "input": text, "target": "Hello", "messages": [user, said], "output": output}
    return {**whole, **more}


@pytest.mark.parametrize("name", ["capitals.eval", "capitals.json"])
def test_a_log_becomes_a_prompt_a_golden_set_a_recording_and_a_suite(tmp_path: Path, name: str) -> None:
    imported = assemble(read_inspect_log(LOGS / name), Folders(tmp_path))
    write_import(imported, tmp_path)
    loaded = load(WorkTree(tmp_path), "evals/capitals.yaml", Settings(), None)
    assert loaded.prompt.messages[0].role == "system"
    assert loaded.prompt.render({})[0].content == "Answer in one sentence, for $0."
    assert dict(loaded.prompt.params) == {"max_tokens": 50, "temperature": 0}
    cases = loaded.suite.golden.by_id
    assert list(cases) == ["fr", "2", "talk"]
    assert cases["2"].expected == ["Pretoria", "Cape Town"]
    assert cases["fr"].tags == ["region:west"]
    assert [message.role for message in cases["talk"].messages] == ["user", "assistant", "tool"]
    assert loaded.recording is not None
    assert loaded.recording.repeats("capitals@0.1.0", list(cases)) == 2
    scores = [
        json.loads(line) for line in (tmp_path / "evals/recordings/capitals.scores.jsonl").read_text().splitlines()
    ]
    assert len(scores) == 18
    assert scores[2] == {"case": "fr", "epoch": 1, "scorer": "polite", "value": 0.5, "explanation": "so so"}
    assert told(imported) == [
        "left out: scorer polite: there is no check like it",
        "left out: sample fr, epoch 1: metadata.sources (no single short value, which would be a tag)",
        "differs: scores: inspect's own scores are kept beside the recording; no check reads them",
        "differs: model: mockllm/model is inspect's name of the model; LiteLLM may have another",
    ]


def test_our_checks_say_what_its_scorers_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from llmops_cli.cli.main import main

    write_import(assemble(read_inspect_log(LOGS / "capitals.eval"), Folders(tmp_path)), tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["eval", "run", "capitals", "--repeats", "2", "--json"]) in (0, 1, 3)
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    ours = {
        (result["case"], result["repeat"] + 1, name): score["passed"]
        for result in run["candidate"]["results"]
        for name, score in result["scores"].items()
    }
    scores = (tmp_path / "evals/recordings/capitals.scores.jsonl").read_text().splitlines()
    theirs = {(row["case"], row["epoch"], row["scorer"]): row["value"] == "C" for row in map(json.loads, scores)}
    assert len(ours) == 12
    assert ours == {key: value for key, value in theirs.items() if key[2] != "polite"}


def test_a_question_alone_becomes_a_variable(tmp_path: Path) -> None:
    imported = assemble(read_inspect_log(LOGS / "choose.json"), Folders(tmp_path), name="Red One")
    row = json.loads(imported.files["evals/golden/red-one.jsonl"])
    assert row["vars"]["input"].startswith("Answer the following multiple choice question.")  # stood in an attachment
    assert "messages" not in row
    assert any("scorer choice: there is no check like it" in note for note in told(imported))
    assert any("`choices`" in note for note in told(imported))


def test_a_packed_log_may_be_deflated(tmp_path: Path) -> None:
    data = json.loads((LOGS / "choose.json").read_text())
    path = tmp_path / "choose.eval"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/c_epoch_1.json", json.dumps(data.pop("samples")[0]))
        archive.writestr("header.json", json.dumps(data))
    assert [case.id for case in read_inspect_log(path).cases] == ["c"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.json", b"{}", "is no log of inspect: it has no eval.task"),
        ("x.json", b"[]", "is no log of inspect"),
        ("x.json", b"{", "not valid JSON"),
        ("x.eval", b"PK nothing", "cannot be unpacked"),
        ("none.json", None, "no such file"),
        ("none.eval", None, "cannot be read"),
    ],
)
def test_what_is_no_log_is_told(tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(FileError) as caught:
        read_inspect_log(tmp_path / name)
    assert said in caught.value.message


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.eval"
    shutil.copy(LOGS / "capitals.eval", path)
    data = bytearray(path.read_bytes())
    data[200:1200] = b"\x00" * 1000
    path.write_bytes(data)
    with pytest.raises(FileError):
        read_inspect_log(path)


def test_samples_without_an_answer_are_cases_without_a_row(tmp_path: Path) -> None:
    failed = sample("b", "Why?", error={"message": "TimeoutError()"}, output={"model": "m", "choices": []})
    imported = assemble(read_inspect_log(log(tmp_path, sample(), failed, status="error")), Folders(tmp_path))
    assert imported.cases == 2
    assert imported.files["evals/recordings/t.jsonl"].count("\n") == 1
    assert "left out: sample b, epoch 1: no answer: TimeoutError()" in told(imported)
    assert "differs: log: the run ended with 'error', so samples may be missing" in told(imported)


def test_usage_counts_what_the_provider_had_cached(tmp_path: Path) -> None:
    one = sample()
    one["output"]["usage"] = {"input_tokens": 10, "output_tokens": 3, "input_tokens_cache_read": 90}
    one["output"]["time"] = 1.5
    (row,) = read_inspect_log(log(tmp_path, one)).answers
    assert (row["usage"], row["latency_ms"]) == ({"input_tokens": 100, "output_tokens": 3}, 1500.0)


def test_an_agent_is_asked_what_it_was_asked_first(tmp_path: Path) -> None:
    one = sample()
    call = {"id": "c", "function": "look", "arguments": {"q": 1}, "type": "function"}
    asks = {"role": "assistant", "content": "", "source": "generate", "tool_calls": [call]}
    tool = {"role": "tool", "content": "x", "tool_call_id": "c", "function": "look"}
    one["messages"][1:1] = [asks, tool]
    material = read_inspect_log(log(tmp_path, one))
    assert material.cases[0].asked == ({"role": "user", "content": "Hi"},)
    assert any("the model spoke more than once" in str(note) for note in material.notes)


def test_pictures_are_kept_and_sound_is_named(tmp_path: Path) -> None:
    picture = [{"type": "text", "text": "What?"}, {"type": "image", "image": "data:image/png;base64,AA"}]
    seen = sample("p", messages=[{"role": "system", "content": "Look."}, {"role": "user", "content": picture}])
    heard = sample("s", messages=[{"role": "user", "content": [{"type": "audio", "audio": "x", "format": "mp3"}]}])
    material = read_inspect_log(log(tmp_path, seen, heard))
    (case,) = material.cases
    assert case.asked[1]["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
    ]
    assert any("a message with a part of type 'audio'" in str(note) for note in material.notes)


def test_nothing_is_dropped_in_silence(tmp_path: Path) -> None:
    odd = sample("o", choices=["x"], files={"a": "b"}, sandbox=["docker"], limit={"type": "token"})
    other = sample("o", "Something else", epoch=2)
    about = {
        "task": "t",
        "model": "openai/x",
        "model_generate_config": {"temperature": 0.5, "logprobs": True, "max_connections": 3},
        "scorers": [{"name": "model_graded_qa", "options": {}}, {"name": "exact", "options": {}}],
    }
    plan = {"steps": [{"solver": "react", "params": {}}, {"solver": "generate", "params": {"seed": 7}}]}
    material = read_inspect_log(log(tmp_path, odd, other, eval=about, plan=plan))
    assert dict(material.params) == {"temperature": 0.5, "seed": 7}
    text = "\n".join(str(note) for note in material.notes)
    for said in (
        "model: the parameter logprobs", "scorer model_graded_qa: it asks a model", "scorer exact: exact also folds",
        "the solver 'react' is not run here", "`choices`", "`files`", "`sandbox`", "was stopped by a limit (token)",
        "was asked something else than in the first epoch",
    ):  # fmt: skip
        assert said in text


def test_a_log_without_samples_leaves_nothing_to_import(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="it holds no samples"):
        assemble(read_inspect_log(log(tmp_path)), Folders(tmp_path))
    with pytest.raises(MeasureError, match="there is no case to import"):
        assemble(Material(name="x"), Folders(tmp_path))


def stripped(text: str) -> str:
    return text.strip().casefold().strip(string.whitespace + string.punctuation)


texts = st.text(st.sampled_from("aAb .,!-()x"), min_size=1, max_size=8)


@given(texts, texts, st.sampled_from(["begin", "end", "any", "exact"]))
def test_the_pattern_of_match_is_its_comparison(answer: str, target: str, location: str) -> None:
    import re

    wanted = stripped(target)
    if not wanted:
        return
    own = scorer_of("match", {"location": location}).own_check([target])
    assert own is not None
    said = stripped(answer)
    expected = {
        "begin": said.startswith(wanted), "end": said.endswith(wanted), "any": wanted in said, "exact": said == wanted,
    }  # fmt: skip
    assert bool(re.search(str(own["value"]), answer)) is expected[location]
