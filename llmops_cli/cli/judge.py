"""`llmops judge calibrate | label`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llmops_cli.cli import console
from llmops_cli.cli.label import label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmops_cli.checks.calibration import Calibration, Demand
    from llmops_cli.checks.labels import Labels
    from llmops_cli.cli.progress import ProgressBar
    from llmops_cli.config import Config
    from llmops_cli.evals.calibration_record import JudgeIdentity


LabelsFile = Annotated[
    Path, typer.Argument(help="What people say of outputs (JSONL), and the judge's replies if they are there.")
]
Replies = Annotated[
    Path | None, typer.Option("--replies", metavar="FILE", help="Recorded replies of the judge (JSONL).")
]
JudgeName = Annotated[
    str,
    typer.Option(
        "--judge", metavar="SUITE:CHECK", help="Which judge this is. Where no replies are recorded it is asked now."
    ),
]
Repeats = Annotated[
    int,
    typer.Option("--repeats", min=1, max=50, help="Ask the judge this often, to see whether it stays the same."),
]
Mapped = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="JUDGE=PEOPLE", help="A word of the judge, and the label it means (repeatable)."),
]
MinKappa = Annotated[
    float | None,
    typer.Option(
        "--min-kappa", min=0, max=1, help="What kappa's interval must be above (0.6, or what llmops.yaml says)."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the `judge` app."""
    app.command("calibrate", epilog="Example: llmops judge calibrate evals/labels/grounded.jsonl --html report.html")(
        calibrate
    )
    app.command("label", epilog="Example: llmops judge label latest --rater ann")(label)


def calibrate(
    labels: LabelsFile,
    replies: Replies = None,
    judge: JudgeName = "",
    run: Annotated[
        str, typer.Option("--run", metavar="RUN", help="Take the judge's replies out of this stored run.")
    ] = "",
    repeats: Repeats = 1,
    budget: Annotated[
        float | None, typer.Option("--budget", min=0, metavar="USD", help="Stop before more than this is spent.")
    ] = None,
    order: Annotated[
        str, typer.Option("--order", metavar="A,B,C", help="All labels from low to high: distances count.")
    ] = "",
    listed: Annotated[
        str, typer.Option("--labels", metavar="A,B,C", help="All labels there are, where people did not use each.")
    ] = "",
    mapping: Mapped = None,
    positive: Annotated[
        list[str] | None,
        typer.Option("--positive", metavar="LABEL", help="Tell only this label (repeatable) from all others."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="How the judge is called in the report.")] = "",
    min_kappa: MinKappa = None,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Keep it in evals/calibration/, where gates look for it.")
    ] = True,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML file, with its picture.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of the report.")] = False,
) -> int:
    """Measure a judge against people's labels (exit code 0 trusted, 1 refused, 3 too little to decide)."""
    from llmops_cli.checks.calibration import calibrate as measure
    from llmops_cli.checks.label_scale import scale_of
    from llmops_cli.config import load_config

    config = load_config()
    words = _Words(_listed(order), _listed(listed), _mapping(mapping or []))
    read, identity = _replied(config, labels, replies, judge, run, words, repeats=repeats, budget=budget)
    scale = scale_of(read, order=words.order, listed=words.listed, mapping=words.mapping, positive=positive or ())
    identity = replace(identity, name=identity.name or name or "the judge")
    found = measure(read, scale, _demand(config, min_kappa))
    _report(config, found, identity, labels, called=name or identity.name, keep=keep, html=html, as_json=as_json)
    return found.trust.exit_code


@dataclass(frozen=True, slots=True)
class _Words:
    """The labels and the judge's words for them, as the options say."""

    order: "Sequence[str]"
    listed: "Sequence[str]"
    mapping: "Mapping[str, str]"

    @property
    def all(self) -> list[str]:
        return [*self.order, *self.listed, *self.mapping]


def _replied(
    config: "Config",
    labels: Path,
    replies: Path | None,
    judge: str,
    run: str,
    words: _Words,
    *,
    repeats: int,
    budget: float | None,
) -> "tuple[Labels, JudgeIdentity]":
    """The labels with the judge's replies, recorded, out of a run, or asked for now; and which judge that is."""
    from llmops_cli.checks.labels import read_labels
    from llmops_cli.errors import InputError
    from llmops_cli.evals.calibration_record import JudgeIdentity
    from llmops_cli.evals.judged_labels import asked, find_judge, from_run, identity, judge_in, split_judge
    from llmops_cli.evals.run_store import RunStore
    from llmops_cli.evals.session import Session, SessionOptions
    from llmops_cli.files.json_value import read_text

    read = read_labels([(str(path), read_text(path)) for path in (labels, replies) if path is not None])
    if run:
        stored = RunStore(config.state_dir / "runs").load(run)
        return from_run(read, stored, judge_in(stored, judge), words.all)
    recorded = any(one.replies for one in read.outputs)
    if not judge:
        if not recorded and read.raters:
            raise InputError(
                "there are no replies of a judge",
                hint="add --replies FILE, --run RUN, or --judge SUITE:CHECK to ask it",
            )
        return read, JudgeIdentity("")
    suite, check = split_judge(judge)
    with _progress() as progress:
        options = SessionOptions(suites=(suite,), budget_usd=budget).with_progress(progress)
        with Session(config, options) as session:
            (prepared,), _ = session.prepare()  # of one suite, which is there or raises
            bound = find_judge(prepared, check)
            if recorded:
                return read, identity(prepared, bound, "recorded")
            try:
                said = asked(read, session, prepared, bound, words.all, repeats=repeats)
            finally:
                for warning in session.warnings:
                    console.warn(warning)
    return said, identity(prepared, bound, "asked")


def _report(
    config: "Config",
    found: "Calibration",
    judge: "JudgeIdentity",
    labels: Path,
    *,
    called: str,
    keep: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Print it, write the picture, and keep it where the judge is known by its digest."""
    from datetime import UTC, datetime

    from llmops_cli.checks.labels import read_labels
    from llmops_cli.evals.calibration_record import calibration_document
    from llmops_cli.evals.calibration_record import keep as keep_document
    from llmops_cli.files.json_value import read_text
    from llmops_cli.reports.calibration_text import plain_calibration

    own = read_labels([(str(labels), read_text(labels))]).digest
    document = calibration_document(
        found, judge, labels_path=_shown(labels, config.root), file_digest=own, now=datetime.now(UTC)
    )
    if as_json:
        console.out_json(document)
    else:
        console.out_text(plain_calibration(found, called))
    if html is not None:
        _write_html(html, found, called)
    if keep and judge.digest:
        console.say(f"kept in {keep_document(config.root, config.settings.evals, document)}")
        if judge.replies == "recorded":
            console.warn("the replies were recorded: that they are those of this judge is known from you alone")


def _write_html(path: Path, found: "Calibration", called: str) -> None:
    from llmops_cli.errors import InputError
    from llmops_cli.files.atomic import write_atomic
    from llmops_cli.reports.calibration_html import html_calibration

    try:
        write_atomic(path, html_calibration(found, called).encode("utf-8", "replace"))
    except OSError as error:
        raise InputError(f"the report could not be written to {path}: {error.strerror}") from None
    console.say(f"the picture is in {path}")


def _shown(path: Path, root: Path) -> str:
    """The path below the project root where it is there: a kept file must not tell how a machine is laid out."""
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else path.name


def _progress() -> "ProgressBar":
    from llmops_cli.cli.progress import ProgressBar

    return ProgressBar()


def _demand(config: "Config", min_kappa: float | None) -> "Demand":
    from llmops_cli.checks.calibration import Demand

    wanted = config.settings.calibration
    return Demand(float(wanted.min_kappa if min_kappa is None else min_kappa), float(wanted.min_coverage))


def _listed(text: str) -> list[str]:
    return [label.strip() for label in text.split(",") if label.strip()]


def _mapping(pairs: "Sequence[str]") -> dict[str, str]:
    from llmops_cli.errors import InputError

    found: dict[str, str] = {}
    for pair in pairs:
        judge, mark, person = pair.partition("=")
        if not (mark and judge.strip() and person.strip()) or judge.strip() in found:
            raise InputError(f"--map {pair!r} must be JUDGE=PEOPLE, each word of the judge once", hint="--map Tie=0")
        found[judge.strip()] = person.strip()
    return found
