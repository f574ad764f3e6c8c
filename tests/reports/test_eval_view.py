"""What a report says, before anybody draws it."""

from llmops_cli.evals.analysis import compare_runs
from llmops_cli.evals.policy import Rule, Tolerance
from llmops_cli.evals.verdict import Status
from llmops_cli.reports.eval_rows import COLUMNS_ALONE, COLUMNS_COMPARED
from llmops_cli.reports.eval_view import CaseView, EvalView, MovedView, view_of
from llmops_cli.reports.markdown import markdown_report
from tests.evals.runs import binary, policy, rule, run_of
from tests.reports import views


def test_a_failed_gate_whole() -> None:
    assert view_of(views.failed(), most_cases=1) == EvalView(
        status=Status.FAIL,
        unchanged=False,
        headline=(
            "s: the gate FAILED against main (a1b2c3d): right fell from 95.0 % to 70.0 % (-25.0 pp, 95 % interval"
            " [-47.7, +2.3] pp), more than max_drop 0.02; 6 worse, 1 better of 20, p = 0.0352 (and 1 more)"
        ),
        subject="p 1.0.0 -> 1.1.0, answers of test/model",
        findings=(
            "fail: right fell from 95.0 % to 70.0 % (-25.0 pp, 95 % interval [-47.7, +2.3] pp), more than max_drop"
            " 0.02; 6 worse, 1 better of 20, p = 0.0352",
            "fail: critical case c4 passed right before and fails now (1 of 1)",
        ),
        columns=COLUMNS_COMPARED,
        rows=(
            (
                "right",
                "20",
                "95.0 %",
                "70.0 %",
                "-25.0 pp [-47.7, +2.3] pp",
                "6/1",
                "0.0352",
                "floor 0.5, max_drop 0.02",
                "-30.6 pp",
                "fail (regression)",
            ),
        ),
        regressed=(
            CaseView(
                id="c4",
                tags="critical",
                metrics="right",
                asked="What is c4?",
                before="a right answer",
                after="a wrong one",
                said=("right: by hand",),
            ),
        ),
        regressed_total=6,
        failing=(),
        failing_total=0,
        facts=("1 case improved",),
        notes=(),
        footer="20 cases · repeats 1 · alpha 0.05 · no calls · run 20261121T120000Z-s-abcdef",
        command="llmops eval run s --against a1b2c3d00000",
        moved=(MovedView("right", worse=("c0", "c1", "c2", "c3", "c4", "c5"), better=("c19",)),),
    )


def test_a_critical_case_that_turned_worse_comes_first() -> None:
    view = view_of(views.failed(), most_cases=6)
    assert [case.id for case in view.regressed] == ["c4", "c0", "c1", "c2", "c3", "c5"]


def test_an_unchanged_suite_has_no_numbers() -> None:
    view = view_of(views.unchanged())
    assert view.headline == "s: unchanged against main (a1b2c3d); nothing was run"
    assert (view.rows, view.findings, view.footer) == ((), (), "run 20261121T120000Z-s-abcdef")


def test_without_a_base_a_rule_that_compares_is_not_ok() -> None:
    run = run_of({"right": binary(10, 10), "short": binary(10, 10)})
    view = view_of(views.analysis_of(run, policy(rule("right", bound=0.5), rule("short", tolerance=0.02))))
    assert view.columns == COLUMNS_ALONE
    assert [(row[0], row[-1]) for row in view.rows] == [("right", "ok"), ("short", "not compared")]


def test_an_invalid_gate_calls_nothing_ok() -> None:
    run = run_of({"right": binary(10, 10), "short": binary(10, 10) | {"c0": [None]}})
    view = view_of(views.analysis_of(run, policy(rule("right", bound=0.5), rule("short", bound=0.5))))
    assert view.status is Status.INVALID
    assert [(row[0], row[-1]) for row in view.rows] == [("right", "-"), ("short", "invalid (validity)")]


def test_another_model_is_a_change_to_be_seen() -> None:
    run = run_of({"right": binary(10, 10)}, {"right": binary(10, 10)})
    assert run.baseline is not None
    moved = run.model_copy(update={"baseline": run.baseline.model_copy(update={"model": "test/older"})})
    assert view_of(views.analysis_of(moved)).subject == "p 1.0.0 -> 1.1.0, answers of test/older -> test/model"


def test_stored_runs_name_each_other() -> None:
    first = views.alone().run
    second = first.model_copy(update={"id": "20261122T120000Z-s-abcdef"})
    view = view_of(views.analysis_of(compare_runs(first, second)))
    assert view.headline.startswith("s: the gate FAILED against run 20261121T120000Z-s-abcdef: ")
    assert view.command == "llmops eval compare 20261121T120000Z-s-abcdef 20261122T120000Z-s-abcdef"


def test_the_name_of_a_file_cannot_leave_its_place_in_markdown() -> None:
    analysis = views.analysis_of(views.passed().run.model_copy(update={"suite": "a`<img src=x>`\n# b"}))
    last = markdown_report([analysis]).rstrip("\n").split("\n")[-1]
    assert last.endswith("reproduce: ``llmops eval run 'a`<img src=x>` # b' --against a1b2c3d00000``")


def test_slices_in_which_nothing_happened_are_left_out_and_counted() -> None:
    before, after = binary(40, 40), binary(37, 40)
    tags = {f"c{i}": ["last" if i >= 30 else "first", "odd" if i % 2 else "even"] for i in range(40)}
    run = run_of({"right": after}, {"right": before})
    run = run.model_copy(update={"cases": [c.model_copy(update={"tags": tags[c.id]}) for c in run.cases]})
    given = policy(rule("right", tolerance=0.02), Rule("right", 0.5, None, "first"))
    view = view_of(views.analysis_of(run, given, against_main=True))
    assert [row[0] for row in view.rows] == ["right", "right[first]", "right[even]", "right[odd]", "right[last]"]
    assert [moved.name for moved in view.moved] == ["right"]
    view = view_of(views.analysis_of(run, policy(rule("right", tolerance=0.02)), against_main=True))
    assert [row[0] for row in view.rows] == ["right", "right[even]", "right[odd]", "right[last]"]
    assert "1 slice without a changed case not shown" in view.facts


def test_the_footer_says_over_how_many_rules_alpha_is_shared() -> None:
    run = run_of({"right": binary(20, 20)}, {"right": binary(20, 20)})
    run = run.model_copy(
        update={"cases": [c.model_copy(update={"tags": ["even"] if i % 2 else []}) for i, c in enumerate(run.cases)]}
    )
    given = policy(rule("right", tolerance=0.02), Rule("right", None, Tolerance(0.02, relative=False), "even"))
    assert "alpha 0.05 over 2 rules (Holm)" in view_of(views.analysis_of(run, given, against_main=True)).footer
