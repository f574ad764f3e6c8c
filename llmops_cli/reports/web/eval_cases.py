"""The cases of a run as data for the script of the page: a short line of each, and apart from it all that is known.

The lines are read at once, so that thousands of them can be filtered; the rest of a case only when it is opened.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.case_verdict import CaseVerdict, case_verdicts
from llmops_cli.evals.policy import MEASURED
from llmops_cli.evals.run import CaseRecord, Result, Run, Side
from llmops_cli.files.json_value import Json, canonical
from llmops_cli.reports.case_standing import SIGNS, CaseStanding
from llmops_cli.reports.visible import excerpt, one_line

_ASKED = 160  # characters of what was asked in the line of a case
_MOST_TAG = 200


@dataclass(frozen=True, slots=True)
class Texts:
    """How much of a text goes into a page: all of it up to `most` characters, else its beginning and its end."""

    most: int

    def cut(self, text: str) -> Json:
        """The text, or `{head, tail, cut}` with the number of characters in between that are left out."""
        if len(text) <= self.most:
            return text
        tail = self.most // 3
        head = self.most - tail
        return {"head": text[:head], "tail": text[len(text) - tail :], "cut": len(text) - self.most}


def index_of(analysis: Analysis, cases: Sequence[CaseStanding], *, name: str) -> dict[str, Json]:
    """The lines of all cases, in the order given. `name` is how links call the suite."""
    run = analysis.run
    gating = set(analysis.policy.metrics)
    checks = list(dict.fromkeys(check.name for case in cases for check in case.checks))
    checks.sort(key=lambda check: check not in gating)
    verdicts = case_verdicts(run, analysis.policy, analysis.verdict)
    counted = Counter(tag for case in cases for tag in dict.fromkeys(case.record.tags))
    tags = [tag for tag, _ in counted.most_common()]
    places = {check: place for place, check in enumerate(checks)}, {tag: place for place, tag in enumerate(tags)}
    return {
        "name": name,
        "compared": run.baseline is not None,
        "base": base_name(run),
        "repeats": run.repeats,
        "signs": list(SIGNS),
        "checks": list(checks),
        "tags": [tag if len(tag) <= _MOST_TAG else one_line(tag, _MOST_TAG) for tag in tags],
        "cases": [_line(case, *places) | _verdict(verdicts.get(case.record.id)) for case in cases],
    }


def base_name(run: Run) -> str:
    """What the earlier side of a run is called in its tables."""
    return "earlier run" if run.against and not run.baseline_commit else "base"


def details_of(run: Run, cases: Sequence[CaseStanding], texts: Texts) -> Iterator[dict[str, Json]]:
    """All that is known of every case, in the order given. Raises InputError when the log of the run cannot be read."""
    sides = [side for side in (run.baseline, run.candidate, run.anchor) if side is not None]
    grouped = [(side, side.by_case) for side in sides]
    for case in cases:
        yield {
            **_asked(case.record, texts),
            "cluster": case.record.cluster,
            "sides": [_side(run, side, results.get(case.record.id, []), texts) for side, results in grouped],
        }


def _line(case: CaseStanding, checks: Mapping[str, int], tags: Mapping[str, int]) -> dict[str, Json]:
    record = case.record
    asked = [*(_plain(value) for value in record.vars.values()), *(message.text for message in record.messages)]
    return {
        "id": record.id,
        "critical": record.critical,
        "signs": _bits(case.signs),
        "tags": [tags[tag] for tag in dict.fromkeys(record.tags)],
        "checks": [[checks[check.name], _bits(check.signs), check.said] for check in case.checks],
        "asked": excerpt(" | ".join(part[: 4 * _ASKED] for part in asked), _ASKED),
    }


def _verdict(verdict: CaseVerdict | None) -> dict[str, Json]:
    """The verdict on a case and why; nothing where it was not asked."""
    return {"verdict": [verdict.kind, verdict.reason]} if verdict else {}


def _bits(signs: frozenset[str]) -> int:
    return sum(1 << place for place, sign in enumerate(SIGNS) if sign in signs)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value)


def _asked(record: CaseRecord, texts: Texts) -> dict[str, Json]:
    """What was asked and expected: the case as a line of a golden set where it is short enough, else its cut texts."""
    golden: dict[str, Json] = {"id": record.id, "vars": record.vars}
    if record.messages:
        golden["messages"] = [message.as_json() for message in record.messages]
    if record.expected is not None:
        golden["expected"] = record.expected
    golden |= {"tags": list(record.tags)} if record.tags else {}
    golden |= {"critical": True} if record.critical else {}
    golden |= {"cluster": record.cluster} if record.cluster else {}
    asked: list[Json] = [[name, texts.cut(_plain(value))] for name, value in record.vars.items()]
    asked += [[message.role, texts.cut(message.text)] for message in record.messages]
    expected = None if record.expected is None else texts.cut(_plain(record.expected))
    if len(canonical(golden)) <= texts.most:
        return {"golden": golden, "talk": [[message.role, message.text] for message in record.messages]}
    return {"asked": asked, "expected": expected}


def _side(run: Run, side: Side, results: Sequence[Result], texts: Texts) -> dict[str, Json]:
    return {
        "role": side.role,
        "who": side.reference,
        "results": [_result(run.full(result), texts) for result in results],
    }


def _result(result: Result, texts: Texts) -> dict[str, Json]:
    """One trial; what is empty is left out."""
    scores: dict[str, Json] = {
        name: [score.status, score.value, score.passed, texts.cut(score.reason)]
        for name, score in result.scores.items()
    }
    known: dict[str, Json] = {
        "repeat": result.repeat,
        "output": None if result.output is None else texts.cut(result.output),
        "error": texts.cut(result.error) if result.error else None,
        "finish": result.finish_reason or None,
        "tools": [[str(call.get("name", "")), texts.cut(_plain(call.get("arguments")))] for call in result.tool_calls],
        "contexts": [[context.id, texts.cut(context.text)] for context in result.contexts],
        "measured": {name: result.measured(name) for name in MEASURED if result.measured(name) is not None},
        "judge_cost": result.judge_cost_usd or None,
        "by": result.answered_by or None,
        "at": result.answered_at or None,
        "origin": result.origin or None,
        "request": result.request or None,
        "scores": scores,
        "replies": {name: [texts.cut(reply) for reply in replies] for name, replies in result.judge_replies.items()},
    }
    return {key: value for key, value in known.items() if value not in (None, [], {})}
