"""`llmops golden lint | add | stats | export`."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.objections import FormatName, Output, Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llmops_cli.config import Config
    from llmops_cli.errors import InputError
    from llmops_cli.evals.golden.lint import Lint
    from llmops_cli.files.json_value import Json
    from llmops_cli.reports.annotation import Annotation

Sets = Annotated[
    list[str] | None,
    typer.Argument(metavar="SUITE|FILE", help="Suites by name or path, or golden sets; all suites when none is named."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Suite = Annotated[str, typer.Argument(metavar="SUITE", help="The suite whose golden set grows, by name or path.")]
CaseIds = Annotated[
    list[str] | None, typer.Argument(metavar="CASE", help="With --from-run: the cases whose answers are right.")
]
FromRun = Annotated[
    str, typer.Option("--from-run", metavar="RUN", help="Take cases and answers from a stored run, or `latest`.")
]
WhichSide = Annotated[str, typer.Option("--side", help="Whose answers of that run: candidate or baseline.")]
Source = Annotated[str, typer.Option("--from", metavar="FILE", help="Cases as JSON, one object a line; `-` is stdin.")]
CaseId = Annotated[str, typer.Option("--id", metavar="ID", help="The id of the new case.")]
Var = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="A variable; JSON when it is not a string. Repeatable."),
]
VarsFile = Annotated[Path | None, typer.Option("--vars", metavar="FILE", help="A JSON or YAML file with variables.")]
Expected = Annotated[str | None, typer.Option("--expected", metavar="TEXT", help="The expected text.")]
ExpectedJson = Annotated[
    str | None, typer.Option("--expected-json", metavar="JSON", help="What is expected, where it is no text.")
]
Tag = Annotated[list[str] | None, typer.Option("--tag", help="A tag. Repeatable.")]
Critical = Annotated[bool, typer.Option("--critical", help="The case blocks alone when it fails.")]
Cluster = Annotated[str, typer.Option("--cluster", help="What the case hangs together with.")]
Replace = Annotated[bool, typer.Option("--replace", help="A case of the same id is replaced (JSONL only).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and write nothing.")]
_MOST_OF_A_RULE = 10


def register(app: typer.Typer) -> None:
    """Add the commands to the `golden` app."""
    app.command("lint", epilog="Example: llmops golden lint rag-answer --strict")(lint)
    app.command("add", epilog="Example: llmops golden add rag-answer --id refund-9 --var question='Why?' --tag refund")(
        add
    )
    app.command("stats", epilog="Example: llmops golden stats rag-answer")(stats)
    app.command("export", epilog="Example: llmops golden export rag-answer --format csv --output cases.csv")(export)


def lint(
    sets: Sets = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings as well.")] = False,
    similar: Annotated[
        float,
        typer.Option("--similar", min=0.5, max=1, help="From which similarity on two cases are near-duplicates."),
    ] = 0.9,
    every: Annotated[
        bool, typer.Option("--all", help=f"Print every finding; else at most {_MOST_OF_A_RULE} of a kind.")
    ] = False,
    format: FormatName = "terminal",
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """Look for what makes a golden set's verdicts mean less than they seem to. Asks no model; 1 for errors."""
    from llmops_cli.config import load_config
    from llmops_cli.evals.golden.lint import lint as look

    way = Way.chosen(format, output, as_json=as_json)
    config = load_config()
    names = [_below_root(config, name) for name in sets or []]
    found = look(config.files(), config.settings, names, similar=similar)

    def annotations() -> "Sequence[Annotation]":
        from llmops_cli.reports.annotation import of_golden_lint

        return of_golden_lint(found.findings, prefix=config.prefix)

    way.deliver(
        "golden-lint",
        lines=_lines(found, every=every),
        document=lambda: found.as_json(strict=strict),
        annotations=annotations,
    )
    if way.format != "json":
        cases = sum({path: cases for _, path, cases in found.suites}.values())
        console.say(f"{_count(cases, 'case')}: {_count(found.errors, 'error')}, {_count(found.warnings, 'warning')}")
    return 1 if found.errors or (strict and found.warnings) else 0


def add(
    suite: Suite,
    cases: CaseIds = None,
    from_run: FromRun = "",
    side: WhichSide = "candidate",
    source: Source = "",
    name: CaseId = "",
    var: Var = None,
    vars_file: VarsFile = None,
    expected: Expected = None,
    expected_json: ExpectedJson = None,
    tag: Tag = None,
    critical: Critical = False,
    cluster: Cluster = "",
    replace: Replace = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Add cases to the golden set of a suite; every other byte of the file stays as it is.

    A case comes from options, from JSON (--from), or from a stored run: its answer becomes what is expected.
    """
    from llmops_cli.config import load_config
    from llmops_cli.evals.golden.adding import plan_addition, write_addition
    from llmops_cli.evals.suite import find_suite

    config = load_config()
    config.need_work_tree()
    path = find_suite(config.files(), config.settings.evals, _below_root(config, suite))
    own = _own_keys(expected, expected_json, tag or [], critical=critical, cluster=cluster)
    if name:
        own["id"] = name
    values = _values(config, path, var or [], vars_file)
    given = _given(config, cases or [], from_run, side, source)
    if given is None:
        given = [{"vars": values}]
    elif values:
        raise _input("--var and --vars are for a case that is made of options")
    if name and len(given) > 1:
        raise _input("--id names one case, and there are several")
    added = plan_addition(config.files(), config.settings, path, [{**one, **own} for one in given], replace=replace)
    for note in added.notes:
        console.warn(note)
    if not dry_run:
        write_addition(config.root, added)
    if as_json:
        console.out_json(added.as_json(written=not dry_run))
    else:
        for row in added.rows:
            word = "replaced" if row.case.id in added.replaced else "added"
            console.out(f"{added.path}:{row.line}: {'would be ' if dry_run else ''}{word}: {row.case.id}")
    return 0


def stats(sets: Sets = None, as_json: AsJson = False) -> int:
    """Count a golden set: cases, tags, critical ones, clusters, lengths, what is expected; and its digest."""
    from llmops_cli.config import load_config
    from llmops_cli.evals.dataset import load_golden_set
    from llmops_cli.evals.golden.choice import chosen, golden_path
    from llmops_cli.evals.golden.stats import golden_stats
    from llmops_cli.reports.golden_text import stats_blocks

    config = load_config()
    tree = config.files()
    suites, files = chosen(tree, config.settings, [_below_root(config, name) for name in sets or []])
    paths = dict.fromkeys([*(golden_path(tree, suite) for suite in suites), *files])
    found = [golden_stats(load_golden_set(tree, path)) for path in paths]
    if as_json:
        console.out_json({"format": "llmops.golden-stats/1", "sets": [one.as_json() for one in found]})
        return 0
    for number, one in enumerate(found):
        lines, tables = stats_blocks(one)
        for line in ([""] if number else []) + lines:
            console.out(line)
        for columns, rows in tables:
            console.out("")
            console.table(columns, rows)
    return 0


def export(
    what: Annotated[str, typer.Argument(metavar="SUITE|FILE", help="A suite by name or path, or a golden set.")],
    format: Annotated[str, typer.Option("--format", help="jsonl, csv or openai-evals.")] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write this file instead of stdout.")
    ] = None,
) -> int:
    """Print a golden set as normalised JSONL, as CSV, or in the form of OpenAI's evals.

    What the format does not hold is told on stderr.
    """
    from llmops_cli.config import load_config
    from llmops_cli.evals.golden.choice import chosen
    from llmops_cli.evals.golden.exporting import FORMATS, exported
    from llmops_cli.files.shape import nearest

    if format not in FORMATS:
        raise _input(f"there is no format {format!r}", nearest(format, FORMATS))
    config = load_config()
    tree = config.files()
    suites, files = chosen(tree, config.settings, [_below_root(config, what)])
    made = exported(tree, config.settings, format, suites[:1], files)
    for deviation in made.deviations:
        console.warn(deviation)
    if output is None:
        console.out_raw(made.text)
    else:
        _write(output, made.text)
    return 0


def _own_keys(
    expected: str | None, expected_json: str | None, tags: list[str], *, critical: bool, cluster: str
) -> "dict[str, Json]":
    """The keys of a case that options say."""
    from llmops_cli.files.json_value import parse_json

    if expected is not None and expected_json is not None:
        raise _input("--expected and --expected-json say the same", "keep one of them")
    own: dict[str, Json] = {"expected": expected} if expected is not None else {}
    if expected_json is not None:
        try:
            own["expected"] = parse_json(expected_json)
        except ValueError as error:
            raise _input(f"--expected-json is not JSON: {error}") from None
    own |= {"tags": list(tags)} if tags else {}
    own |= {"critical": True} if critical else {}
    return own | ({"cluster": cluster} if cluster else {})


def _values(config: "Config", suite: str, pairs: list[str], file: Path | None) -> "dict[str, Json]":
    from llmops_cli.evals.golden.choice import suite_shape
    from llmops_cli.evals.loaded import find_prompt
    from llmops_cli.prompts.values import parse_values, read_values

    if not pairs and file is None:
        return {}
    tree = config.files()
    prompt = find_prompt(tree, suite_shape(tree, suite).prompt, folder=config.settings.prompts)
    return {**(read_values(file) if file else {}), **parse_values(pairs, prompt.variables)}


def _given(config: "Config", names: list[str], from_run: str, side: str, source: str) -> "list[dict[str, Json]] | None":
    """The cases of a run or of a file; None when they come from options alone."""
    from llmops_cli.evals.golden.adding import cases_in, cases_of_run
    from llmops_cli.evals.run_store import RunStore
    from llmops_cli.files.json_value import decode, read_text

    if from_run and source:
        raise _input("--from-run and --from are two sources", "keep one of them")
    if side not in ("candidate", "baseline"):
        raise _input(f"there is no side {side!r}", "candidate or baseline")
    if bool(names) != bool(from_run):
        raise _input("--from-run needs the ids of cases" if from_run else "the ids of cases need --from-run RUN")
    if from_run:
        return cases_of_run(RunStore(config.state_dir / "runs").load(from_run), names, side=side)
    if not source:
        return None
    text = decode(sys.stdin.buffer.read(), path="stdin") if source == "-" else read_text(Path(source))
    return cases_in(text, path="stdin" if source == "-" else source)


def _write(path: Path, text: str) -> None:
    from llmops_cli.files.atomic import write_atomic

    try:
        write_atomic(path, text.encode())
    except OSError as error:
        raise _input(f"{path} could not be written: {error.strerror}") from None


def _input(message: str, hint: str = "") -> "InputError":
    from llmops_cli.errors import InputError

    return InputError(message, hint=hint)


def _lines(found: "Lint", *, every: bool) -> "Iterator[str]":
    shown: Counter[str] = Counter()
    for finding in found.findings:
        shown[finding.rule] += 1
        if every or shown[finding.rule] <= _MOST_OF_A_RULE:
            yield str(finding)
    for rule, count in shown.items():
        if not every and count > _MOST_OF_A_RULE:
            yield f"... and {count - _MOST_OF_A_RULE} more of {rule} (--all shows them)"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _below_root(config: "Config", name: str) -> str:
    """What a person typed: a path from where they stand becomes one from the project root, all else stays."""
    path = Path(name)
    if path.is_file() and (full := path.resolve()).is_relative_to(config.root):
        return full.relative_to(config.root).as_posix()
    return name
