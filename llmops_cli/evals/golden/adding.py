"""Adding cases to a golden set: every other byte of the file stays, and what would not fit is refused."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmops_cli.checks.catalogue import shape_of_check
from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.evals.case import Case
from llmops_cli.evals.dataset import OWN_COLUMNS, Row, case_of, read_rows
from llmops_cli.evals.golden.choice import suite_shape
from llmops_cli.evals.golden.duplicates import duplicate_findings
from llmops_cli.evals.loaded import find_prompt
from llmops_cli.evals.run import Run
from llmops_cli.files.atomic import write_atomic
from llmops_cli.files.json_value import Json, canonical, decode, parse_json, parse_json_lines
from llmops_cli.settings import Settings
from llmops_cli.vcs.tree import Tree, beside


@dataclass(frozen=True, slots=True)
class Added:
    """What was (or would be) written: the file, the new cases, and what to think about (near-duplicates)."""

    path: str
    rows: tuple[Row, ...]
    replaced: tuple[str, ...]
    notes: tuple[str, ...]
    text: bytes

    def as_json(self, *, written: bool) -> dict[str, Json]:
        return {
            "format": "llmops.golden-add/1",
            "written": written,
            "path": self.path,
            "cases": [{"line": row.line, **short(row.case)} for row in self.rows],
            "replaced": list(self.replaced),
            "notes": list(self.notes),
        }


def plan_addition(
    tree: Tree, settings: Settings, suite: str, given: Sequence[Mapping[str, Json]], *, replace: bool = False
) -> Added:
    """The golden set of a suite with these cases at its end; nothing is written.

    With `replace`, a case whose id is there already takes its line (JSONL only). Raises InputError and FileError when a
    case is not valid, does not fit the prompt, has an id that is taken, or asks what another one asks.
    """
    shape = suite_shape(tree, suite)
    path = beside(suite, shape.cases)
    data = tree.read(path) or b""
    before = _rows(decode(data, path=path), path)
    prompt = find_prompt(tree, shape.prompt, folder=settings.prompts)
    cases = [case_of(dict(one), path, 0) for one in given]
    if not cases:
        raise InputError("there is no case to add")
    taken = {row.case.id: row for row in before}
    for case in cases:
        if misfits := prompt.misfits(case.vars):
            hint = f"it takes: {', '.join(prompt.variables) or 'no variables'}"
            raise InputError(f"case {case.id!r} does not fit {prompt.reference}: {'; '.join(misfits)}", hint=hint)
        for check in case.checks:
            shape_of_check(check, path=f"case {case.id}")
    doubled = [case.id for case in cases if case.id in taken]
    if doubled and not replace:
        lines = ", ".join(f"{name!r} (line {taken[name].line})" for name in doubled[:5])
        raise InputError(f"{path} has a case of that id already: {lines}", hint="choose another --id, or say --replace")
    if len({case.id for case in cases}) < len(cases):
        raise InputError("two of the new cases have one id")
    text = _written(data, path, before, cases)
    after = _read_again(text, before, cases, path)
    return Added(path, _of(after, cases), tuple(doubled), _alike(after, cases, path), text)


def write_addition(root: Path, added: Added) -> None:
    """Write the file in one step. Raises InputError when that cannot be done."""
    try:
        write_atomic(root / added.path, added.text)
    except OSError as error:
        raise InputError(f"{added.path} could not be written: {error.strerror}") from None


def cases_in(text: str, *, path: str) -> list[dict[str, Json]]:
    """The cases in a text: one JSON object, a list of them, or one object a line. Raises FileError."""
    try:
        data = parse_json(text)
    except ValueError:
        return [row for _, row in parse_json_lines(text, path=path)]
    rows = data if isinstance(data, list) else [data]
    if not all(isinstance(row, dict) for row in rows):
        raise FileError([Problem(path, 1, "", "a case is a JSON object")])
    return [row for row in rows if isinstance(row, dict)]


def cases_of_run(run: Run, names: Sequence[str], *, side: str = "candidate") -> list[dict[str, Json]]:
    """Cases of a stored run, each with the answer of its first repeat as what is expected ("copy as golden").

    Raises InputError when the run has no such case or side, or no answer to it.
    """
    of = run.baseline if side == "baseline" else run.candidate
    if of is None:
        raise InputError(f"run {run.id} has no {side}")
    known = {case.id: case for case in run.cases}
    found: list[dict[str, Json]] = []
    for name in names:
        if name not in known:
            raise InputError(f"run {run.id} has no case {name!r}", hint=f"it has: {', '.join(list(known)[:8])}")
        results = of.by_case.get(name, [])
        answer = next((result.output for result in results if result.output is not None), None)
        if not answer:
            why = results[0].error if results else "it was not asked there"
            raise InputError(f"the {side} of run {run.id} has no answer to {name!r}: {why}")
        case = known[name]
        one = Case(id=name, vars=case.vars, messages=case.messages, tags=case.tags, expected=answer)
        found.append({**short(one), **({"critical": True} if case.critical else {})})
        if case.cluster:
            found[-1]["cluster"] = case.cluster
    return found


def short(case: Case) -> dict[str, Json]:
    """A case as one writes it: without the keys that say nothing."""
    data = case.as_json()
    kept = {
        key: data[key]
        for key in ("id", "vars", "messages", "expected", "tags", "critical", "cluster", "checks")
        if data.get(key)
    }
    if case.expected is not None:  # 0, false and "" are said
        kept["expected"] = data["expected"]
    return kept


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV without its end."""
    line = io.StringIO()
    # the writer quotes what could end a line only when it ends lines so itself
    ends = any("\r" in cell or "\n" in cell for cell in cells)
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL if ends else csv.QUOTE_MINIMAL).writerow(cells)
    return line.getvalue()


def _rows(text: str, path: str) -> list[Row]:
    rows, problems = read_rows(text, path)
    if problems:
        raise FileError(problems, hint="mend the golden set first: llmops golden lint")
    return rows


def _written(data: bytes, path: str, before: Sequence[Row], cases: Sequence[Case]) -> bytes:
    """The new bytes of the file."""
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    ending = path.rsplit(".", 1)[-1].lower()
    lines = data.split(b"\n")
    at = {row.case.id: row.line for row in before}
    new: list[bytes] = []
    for case in cases:
        if case.id not in at:
            new.append(_line(case, ending, data, path))
        elif ending == "jsonl":
            old = lines[at[case.id] - 1]
            mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
            lines[at[case.id] - 1] = mark + _line(case, ending, data, path) + (b"\r" if old.endswith(b"\r") else b"")
        else:
            raise InputError(f"{path}: cases can be replaced in JSONL only", hint="edit the file by hand")
    text = b"\n".join(lines)
    if text and not text.endswith(b"\n") and new:
        text += newline
    return text + b"".join(line + newline for line in new)


def _line(case: Case, ending: str, data: bytes, path: str) -> bytes:
    """One case as the format writes it; JSON is YAML as well."""
    from_json = _json_text(short(case))
    if ending == "jsonl":
        return from_json.encode()
    if ending in ("yaml", "yml"):
        return b"- " + from_json.encode()
    header = next(csv.reader(io.StringIO(decode(data, path=path).removeprefix("\ufeff"), newline="")), [])
    cells: dict[str, str] = {"id": case.id, "tags": " ".join(case.tags), "cluster": case.cluster}
    cells |= {name: value for name, value in case.vars.items() if isinstance(value, str)}
    cells |= {"critical": "true"} if case.critical else {}
    cells |= {"expected": case.expected} if isinstance(case.expected, str) else {}
    missing = [name for name, value in cells.items() if value and name not in header]
    if missing or case.messages or case.checks or any(name not in OWN_COLUMNS and name not in cells for name in header):
        what = f"columns {', '.join(missing)}" if missing else "place for all of the case"
        raise InputError(f"{path} has no {what}", hint="keep this golden set as JSONL: llmops golden export")
    return csv_line([cells.get(name, "") for name in header]).encode()


def _json_text(value: Json) -> str:
    """JSON as people write it: keys in their order, a space after commas and colons."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _read_again(text: bytes, before: Sequence[Row], cases: Sequence[Case], path: str) -> list[Row]:
    """The written text must hold exactly the cases of before and the new ones. Raises InputError when it does not."""
    wanted = {case.id: canonical(case.as_json()) for case in (*(row.case for row in before), *cases)}
    try:
        after = _rows(text.decode(), path)
    except FileError:
        after = []
    found = {row.case.id: canonical(row.case.as_json()) for row in after}
    if found != wanted or len(after) != len(before) + len(wanted) - len({row.case.id for row in before}):
        hint = "write it by hand, or keep the golden set as JSONL: llmops golden export"
        raise InputError(f"the case cannot be added to {path} as the file is laid out", hint=hint)
    return after


def _of(rows: Sequence[Row], cases: Sequence[Case]) -> tuple[Row, ...]:
    names = {case.id for case in cases}
    return tuple(row for row in rows if row.case.id in names)


def _alike(rows: Sequence[Row], cases: Sequence[Case], path: str) -> tuple[str, ...]:
    """Raises InputError when a new case asks exactly what another one asks; near-duplicates are told."""
    names = {case.id for case in cases}
    findings = [found for found in duplicate_findings(rows, path) if {found.case, found.other} & names]
    for finding in findings:
        if finding.severity == "error":
            raise InputError(finding.message, hint=finding.hint)
    return tuple(f"{finding.message}: {finding.hint}" for finding in findings)
