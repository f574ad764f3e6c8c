"""Logs of inspect: its samples become cases, what its model answered a recording, its scores a file beside that."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from llmops_cli.errors import FileError, Problem
from llmops_cli.evals.imported.assembly import fits
from llmops_cli.evals.imported.inspect_archive import read_log
from llmops_cli.evals.imported.inspect_messages import message_of, resolved
from llmops_cli.evals.imported.inspect_scorers import Scorer, scorer_of
from llmops_cli.evals.imported.material import Entry, ForeignCase, Material, asked_by
from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.formats.note import LeftOutError

_PARAMS = {
    "temperature": "temperature", "max_tokens": "max_tokens", "top_p": "top_p", "top_k": "top_k", "seed": "seed",
    "stop_seqs": "stop", "frequency_penalty": "frequency_penalty", "presence_penalty": "presence_penalty",
    "reasoning_effort": "reasoning_effort",
}  # fmt: skip
# how inspect calls models, not what it asks them
_CALLING = {
    "max_connections", "max_retries", "timeout", "attempt_timeout", "batch", "cache", "adaptive_connections",
}  # fmt: skip
_LONGEST_TAG = 60


def read_inspect_log(path: Path) -> Material:
    """The cases and answers of a log (`.json` or `.eval`). Raises FileError and InputError."""
    log = read_log(path)
    about, samples = log.get("eval"), log.get("samples")
    if not isinstance(about, dict) or "task" not in about:
        raise FileError([Problem(str(path), 1, "", "is no log of inspect: it has no eval.task")])
    material = Material(name=str(about["task"]).rpartition("/")[2], model=str(about.get("model") or ""))
    if log.get("status") != "success":
        material.differs("log", f"the run ended with {log.get('status')!r}, so samples may be missing")
    if not isinstance(samples, list) or not samples:
        material.leave_out("log", "it holds no samples (inspect keeps none with --no-log-samples)")
        samples = []
    _params(about, log.get("plan"), material)
    reader = _Samples(material, _scorers(about, material))
    for sample in _in_order(_rows(samples), about):
        reader.add(resolved(sample))
    if reader.scores:
        material.kept["scores.jsonl"] = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in reader.scores)
        material.differs("scores", "inspect's own scores are kept beside the recording; no check reads them")
    if material.model:
        material.differs("model", f"{material.model} is inspect's name of the model; LiteLLM may have another")
    return material


def _in_order(samples: list[Entry], about: Mapping[str, Json]) -> list[Entry]:
    """Epoch by epoch, in the order of the dataset; logs of both formats hold them otherwise."""
    ids = _mapping(about.get("dataset")).get("sample_ids")
    order = {str(name): number for number, name in enumerate(ids)} if isinstance(ids, list) else {}

    def place(sample: Entry) -> tuple[int, int]:
        epoch = sample.get("epoch")
        return (epoch if isinstance(epoch, int) else 1, order.get(str(sample.get("id")), len(order)))

    return sorted(samples, key=place)


def _params(about: Mapping[str, Json], plan: Json, material: Material) -> None:
    """The parameters of all calls, and the names of the solvers that shaped them."""
    steps = _rows(_mapping(plan).get("steps"))
    config = {**_mapping(about.get("model_generate_config")), **_mapping(_mapping(plan).get("config"))}
    for step in steps:
        if step.get("solver") == "generate":
            config |= {name: one for name, one in _mapping(step.get("params")).items() if name in _PARAMS}
        elif step.get("solver") not in ("system_message", "prompt_template", "user_message", "multiple_choice"):
            material.differs(
                "plan", f"the solver {step.get('solver')!r} is not run here; cases hold what it first asked"
            )
    params: Entry = {}
    for name, value in config.items():
        if value is None or name in _CALLING:
            continue
        if name in _PARAMS:
            params[_PARAMS[name]] = value
        else:
            material.leave_out("model", f"the parameter {name}")
    material.params = params
    for name in ("model_args", "model_roles", "sandbox"):
        if about.get(name):
            material.leave_out("eval", name)


def _scorers(about: Mapping[str, Json], material: Material) -> list[Scorer]:
    found: list[Scorer] = []
    scorers = about.get("scorers")
    for scorer in scorers if isinstance(scorers, list) else []:
        if not isinstance(scorer, dict):
            continue
        name, options = str(scorer.get("name")), scorer.get("options")
        try:
            made = scorer_of(name, options if isinstance(options, dict) else {})
        except LeftOutError as error:
            material.leave_out(f"scorer {name}", str(error))
            continue
        found.append(made)
        if made.check is not None:
            material.checks.append(made.check)
        if made.deviation:
            material.differs(f"scorer {name}", made.deviation)
    return found


class _Samples:
    """The samples as they are read: a case for each id, an answer for each epoch."""

    def __init__(self, material: Material, scorers: Sequence[Scorer]) -> None:
        self.material, self.scorers = material, scorers
        self.asked: dict[str, str] = {}
        self.scores: list[Entry] = []
        self.repeats: dict[str, int] = {}

    def add(self, sample: Entry) -> None:
        """One sample of one epoch."""
        name = str(sample.get("id", "")).strip() or "sample"
        epoch = sample.get("epoch")
        where = f"sample {name}, epoch {epoch if isinstance(epoch, int) else 1}"
        try:
            asked = self._asked(sample)
            self._case(name, asked, sample, where)
        except LeftOutError as error:
            self.material.leave_out(where, str(error))
            return
        self._answer(name, sample, where)

    def _asked(self, sample: Entry) -> tuple[Entry, ...]:
        """What the model was asked first: all messages before the first that it wrote itself."""
        messages = _rows(sample.get("messages"))
        first = next((i for i, one in enumerate(messages) if one.get("source") == "generate"), len(messages))
        given = messages[:first]
        if not given:
            text = sample.get("input")
            given = [{"role": "user", "content": text}] if isinstance(text, str) else _rows(text)
        return asked_by([message_of(one) for one in given])

    def _case(self, name: str, asked: tuple[Entry, ...], sample: Entry, where: str) -> None:
        text = canonical(list(asked))
        if name in self.asked:
            if self.asked[name] != text:
                self.material.differs(where, "was asked something else than in the first epoch, which the case holds")
            return
        cases = self.material.cases
        if not fits([case.asked for case in cases[:1]], asked):
            raise LeftOutError("begins with another role than the first one does, or with more than a text")
        self.asked[name] = text
        target = sample.get("target")
        expected = target[0] if isinstance(target, list) and len(target) == 1 else target
        checks = self._own_checks(target, where)
        expected = None if expected in ("", []) else expected
        cases.append(ForeignCase(name, asked, expected, self._tags(sample, where), checks))
        for key in ("choices", "files", "setup", "sandbox"):
            if sample.get(key):
                self.material.leave_out(where, f"`{key}` (what the model was told of it stands in the messages)")

    def _own_checks(self, target: Json, where: str) -> tuple[Entry, ...]:
        targets = [target] if isinstance(target, str) else target if isinstance(target, list) else []
        texts = [text for text in targets if isinstance(text, str)]
        found: list[Entry] = []
        for scorer in self.scorers:
            try:
                own = scorer.own_check(texts) if texts else None
            except LeftOutError as error:
                self.material.leave_out(where, f"scorer {scorer.name}: {error}")
                continue
            found += [own] if own else []
        return tuple(found)

    def _tags(self, sample: Entry, where: str) -> tuple[str, ...]:
        tags: list[str] = []
        metadata = sample.get("metadata")
        for key, value in metadata.items() if isinstance(metadata, dict) else ():
            text = value if isinstance(value, str) else canonical(value)
            tag = f"{key}:{text}"
            if isinstance(value, dict | list) or "\n" in tag or len(tag) > _LONGEST_TAG:
                self.material.leave_out(where, f"metadata.{key} (no single short value, which would be a tag)")
            elif value is not None:
                tags.append(tag)
        return tuple(tags)

    def _answer(self, name: str, sample: Entry, where: str) -> None:
        repeat = self.repeats.get(name, 0)
        for scorer, score in _mapping(sample.get("scores")).items():
            kept = {key: value for key, value in _mapping(score).items() if value is not None and key != "history"}
            self.scores.append({"case": name, "epoch": sample.get("epoch"), "scorer": scorer, **kept})
        output = _mapping(sample.get("output"))
        choices = _rows(output.get("choices"))
        if sample.get("error") or not choices:
            told = _mapping(sample.get("error")).get("message")
            self.material.leave_out(where, f"no answer: {str(told)[:200]}" if told else "no answer")
            return
        self.repeats[name] = repeat + 1
        if sample.get("limit"):
            self.material.differs(where, f"was stopped by a limit ({_mapping(sample['limit']).get('type')})")
        said = [one for one in _rows(sample.get("messages")) if one.get("source") == "generate"]
        if len(said) > 1:
            text = "the model spoke more than once; the recording holds its last answer, and the usage of that alone"
            self.material.differs(where, text)
        if len(choices) > 1:
            self.material.leave_out(where, f"all but the first of {len(choices)} answers")
        self.material.answers.append({"case": name, "repeat": repeat, **_row(output, choices[0])})


def _row(output: Entry, choice: Entry) -> Entry:
    """A row of a recording without prompt, case and repeat."""
    message = message_of(_mapping(choice.get("message")), keep_empty=True)
    content = message.get("content")
    row: Entry = {"output": content if isinstance(content, str) else str(output.get("completion") or "")}
    usage = _mapping(output.get("usage"))
    counts = [usage.get("input_tokens"), usage.get("output_tokens")]
    if all(isinstance(count, int) for count in counts):
        # inspect counts tokens that the provider had cached apart
        cached = [usage.get(name) for name in ("input_tokens_cache_read", "input_tokens_cache_write")]
        total = sum(count for count in (counts[0], *cached) if isinstance(count, int))
        row["usage"] = {"input_tokens": total, "output_tokens": counts[1]}
    seconds = output.get("time")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        row["latency_ms"] = round(1000 * seconds, 3)
    if isinstance(output.get("model"), str) and output["model"]:
        row["model"] = output["model"]
    if isinstance(choice.get("stop_reason"), str):
        row["finish_reason"] = choice["stop_reason"]
    if message.get("tool_calls"):
        row["tool_calls"] = message["tool_calls"]
    return row


def _rows(value: Json) -> list[Entry]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _mapping(value: Json) -> Entry:
    return value if isinstance(value, dict) else {}
