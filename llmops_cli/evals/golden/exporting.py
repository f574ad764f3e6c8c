"""Golden sets for other programs: normalised JSONL, CSV, and the JSONL of OpenAI's evals."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmops_cli.errors import InputError
from llmops_cli.evals.case import Case
from llmops_cli.evals.dataset import OWN_COLUMNS, GoldenSet, load_golden_set
from llmops_cli.evals.golden.adding import csv_line, short
from llmops_cli.evals.golden.choice import golden_path, suite_shape
from llmops_cli.evals.loaded import find_prompt
from llmops_cli.files.json_value import Json, canonical
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import Tree

FORMATS = ("jsonl", "csv", "openai-evals")


@dataclass(frozen=True, slots=True)
class Exported:
    """The text of the file, and a sentence for everything that it does not hold."""

    text: str
    deviations: tuple[str, ...] = ()


def exported(
    tree: Tree, settings: Settings, target_format: str, suites: Sequence[str], files: Sequence[str]
) -> Exported:
    """One golden set in one of `FORMATS`: that of the suite, else the file.

    Raises InputError for what the format cannot hold, and where it needs the prompt of a suite and there is none.
    """
    path = golden_path(tree, suites[0]) if suites else files[0]
    golden = load_golden_set(tree, path)
    if target_format == "jsonl":
        return export_jsonl(golden)
    if target_format == "csv":
        return export_csv(golden)
    if not suites:
        raise InputError(f"no suite uses {path}, so there are no messages", hint="name a suite")
    return export_openai_evals(golden, find_prompt(tree, suite_shape(tree, suites[0]).prompt, folder=settings.prompts))


def export_jsonl(golden: GoldenSet) -> Exported:
    """One case a line, keys in one order, nothing that says nothing. Reads back with the same digest."""
    return Exported("".join(_line(short(case)) for case in golden.cases))


def export_csv(golden: GoldenSet) -> Exported:
    """A column for each variable. Raises InputError for what CSV cannot hold: conversations, own checks, gaps."""
    names = list(dict.fromkeys(name for case in golden.cases for name in case.vars))
    _refuse(golden.cases, lambda case: bool(case.messages), "are conversations")
    _refuse(golden.cases, lambda case: bool(case.checks), "have checks of their own")
    _refuse(golden.cases, lambda case: set(case.vars) != set(names), "lack a variable that others have")
    _refuse(golden.cases, lambda case: any(set(tag) & set(" ,\t\n") for tag in case.tags), "have tags with spaces")
    if taken := [name for name in names if name in OWN_COLUMNS]:
        raise InputError(f"the variable {taken[0]!r} has the name of a column of ours")
    typed = sum(1 for case in golden.cases if any(not isinstance(value, str) for value in case.vars.values()))
    data = sum(1 for case in golden.cases if case.expected is not None and not isinstance(case.expected, str))
    deviations = [f"cases with variables that are not text, which in CSV all are: {typed}"] if typed else []
    deviations += [f"cases that expect data, which in CSV is text: {data}"] if data else []
    empty = sum(1 for case in golden.cases if case.expected == "")
    deviations += [f"cases that expect an empty text, which in CSV is nothing: {empty}"] if empty else []
    lines = [csv_line(["id", *names, "expected", "tags", "critical", "cluster"])]
    for case in golden.cases:
        expected = "" if case.expected is None else _text(case.expected)
        flag = "true" if case.critical else ""
        cells = [_text(case.vars[name]) for name in names]
        row = csv_line([case.id, *cells, expected, " ".join(case.tags), flag, case.cluster])
        lines.append(row)
    return Exported("\n".join(lines) + "\n", tuple(deviations))


def export_openai_evals(golden: GoldenSet, prompt: Prompt) -> Exported:
    """Rows `{"input": messages, "ideal": text or texts}` with the rendered messages of the prompt.

    Raises InputError when the variables of a case do not fit the prompt.
    """
    lines: list[str] = []
    for case in golden.cases:
        rendered = [message.as_json() for message in prompt.render(case.vars)]
        row: dict[str, Json] = {"id": case.id, "input": [*rendered, *(m.as_request() for m in case.messages)]}
        if case.expected is not None:
            row["ideal"] = case.expected if _is_text(case.expected) else canonical(case.expected)
        lines.append(_line(row))
    told = [case for case in golden.cases if case.expected is not None]
    lost = {
        "have no `expected`, and rows without `ideal`": len(golden.cases) - len(told),
        "expect data, of which `ideal` is the JSON": sum(1 for case in told if not _is_text(case.expected)),
        "have tags": sum(1 for case in golden.cases if case.tags),
        "have a critical flag": sum(1 for case in golden.cases if case.critical),
        "have a cluster": sum(1 for case in golden.cases if case.cluster),
        "have checks of their own": sum(1 for case in golden.cases if case.checks),
    }
    deviations = [f"cases that {what}: {count}" for what, count in lost.items() if count]
    if prompt.tools:
        deviations.append("the prompt has tools, which these rows do not hold")
    return Exported("".join(lines), tuple(deviations))


def _is_text(expected: Json) -> bool:
    """Whether it is a text or a list of them, which is what `ideal` can be."""
    return isinstance(expected, str) or (
        isinstance(expected, list) and bool(expected) and all(isinstance(item, str) for item in expected)
    )


def _refuse(cases: Sequence[Case], unfit: Callable[[Case], bool], what: str) -> None:
    found = [case.id for case in cases if unfit(case)]
    if found:
        raise InputError(
            f"CSV cannot hold {len(found)} cases that {what}: {', '.join(found[:3])}{' ...' if found[3:] else ''}",
            hint="use jsonl",
        )


def _text(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value)


def _line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"
