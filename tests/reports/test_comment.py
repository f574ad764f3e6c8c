"""The comment on a pull request as text: its headline, what goes when it is too long, what strangers can do."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from llmops_cli.errors import InputError, MeasureError
from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.results_folder import OutcomeRecord
from llmops_cli.evals.results_reading import Results
from llmops_cli.evals.run import CaseRecord
from llmops_cli.forge.event import Measured
from llmops_cli.reports.comment import LONGEST, Occasion, comment_text, is_news, refused_text
from tests.evals.runs import binary, policy, rule, run_of
from tests.reports import views
from tests.reports.github_markdown import NOTIFIES, REFERS, Seen, seen
from tests.reports.hostile import hostile
from tests.reports.results import results
from tests.reports.test_markdown_text import TEXT

RUN = "https://github.example/team/app/actions/runs/5"
OURS = Measured(5, 1, "c" * 40, RUN)
HERE = Occasion("default", OURS, repository_url="https://github.example/team/app")
FORK = Occasion("default", OURS, untrusted="mallory/app", repository_url="https://github.example/team/app")
COMMIT = "https://github.example/team/app/commit/a1b2c3d" + "0" * 33
OUTCOME = OutcomeRecord(exit_code=1, created_at="2026-11-21T12:00:00Z", llmops_version="0")
TAGS = {
    *("p", "strong", "em", "sub", "a", "ul", "li", "h3", "blockquote", "pre", "code", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


def headline(text: str) -> str:
    """The line that is true alone, as people read it."""
    (line,) = [line for line in text.split("\n")[2:5] if "**" in line]
    return " ".join([*seen(line).text.split(), *(f"[{link}]" for link in seen(line).links)])


def renamed(analysis: Analysis, suite: str) -> Analysis:
    run = analysis.run.model_copy(update={"suite": suite, "id": f"{analysis.run.id}-{suite}"})
    return Analysis(run, analysis.policy, analysis.metrics, analysis.comparison, analysis.verdict, analysis.slices)


def test_a_failure_says_metric_effect_and_base(tmp_path: Path) -> None:
    text = comment_text(results(tmp_path / "r", views.failed()), HERE)
    lines = text.split("\n")
    assert lines[:3] == ["<!-- llmops:gate:default -->", f"<!-- llmops:run 5/1 {'c' * 40} -->", "> [!CAUTION]"]
    assert headline(text).startswith("s: the gate FAILED against main (): right fell from 95.0 % to 70.0 % (-25.0 pp")
    assert headline(text).endswith(f"[{COMMIT}]")
    assert "a minor step" in text
    assert "| `right` | 20 | 95.0 % | 70.0 % | -25.0 pp" in text
    assert "<summary>6 cases turned worse (the first 5)</summary>" in text
    assert "-a right answer\n+a wrong one" in text
    assert text.index("`c4`") < text.index("`c0`")  # the critical one first
    everybody = "6 worse: `c0`, `c1`, `c2`, `c3`, `c4`, `c5`; 1 better: `c19`"
    assert f"<summary>who moved: 6 worse, 1 improved</summary>\n\n- `right`: {everybody}" in text
    assert "reproduce: `llmops eval run s --against a1b2c3d00000`" in text
    assert f"[the run]({RUN})" in text


def test_a_pass_says_the_effect_too_and_is_not_loud(tmp_path: Path) -> None:
    text = comment_text(results(tmp_path / "r", views.passed()), HERE)
    assert headline(text).startswith("s: the gate passed against main (); right 100.0 % (no case changed)")
    assert "> [!" not in text


@pytest.mark.parametrize(
    ("analysis", "alert", "words"),
    [
        (views.inconclusive(), "WARNING", "s: the gate is inconclusive against main"),
        (views.invalid(), "CAUTION", "s: the gate could not be decided against main"),
        (views.unchanged(), "", "s: unchanged against main"),
    ],
)
def test_every_verdict_has_its_alert(tmp_path: Path, analysis: Analysis, alert: str, words: str) -> None:
    text = comment_text(results(tmp_path / "r", analysis), HERE)
    assert headline(text).startswith(words)
    assert re.findall(r"^> \[!([A-Z]+)\]$", text, re.MULTILINE) == ([alert] if alert else [])


def test_of_several_suites_the_worst_is_told(tmp_path: Path) -> None:
    analyses = [
        renamed(one, name) for one, name in ((views.passed(), "a"), (views.failed(), "b"), (views.failed(), "c"))
    ]
    text = comment_text(results(tmp_path / "r", *analyses), HERE)
    assert headline(text).startswith("2 of 3 suites FAILED: b: the gate FAILED against main")
    assert re.findall(r"^### `(.*)`$", text, re.MULTILINE) == ["a", "b", "c"]
    assert seen(text).tags.count("table") == 3


def test_what_could_not_be_measured_is_in_the_headline(tmp_path: Path) -> None:
    no_key = MeasureError("there is no key for openai", hint="set OPENAI_API_KEY")
    text = comment_text(results(tmp_path / "r", stopped=(no_key,)), HERE)
    assert headline(text) == "nothing was measured: there is no key for openai"
    assert "Again: `llmops eval run --against main`" in text
    assert "> [!CAUTION]" in text and "- exit code 3: there is no key for openai (set OPENAI\\_API\\_KEY)" in text
    text = comment_text(results(tmp_path / "s", views.passed(), stopped=(InputError("broken"), no_key)), HERE)
    assert headline(text).startswith("not everything was measured: broken (and 1 more); s: the gate passed")
    assert "> [!CAUTION]" in text


def check(*findings: dict[str, object], problems: tuple[dict[str, object], ...] = ()) -> str:
    return json.dumps({"format": "llmops.check/1", "prompts": ["a"], "findings": findings, "problems": problems})


def test_what_the_check_of_versions_objects_to_is_in_the_headline(tmp_path: Path) -> None:
    finding = {"rule": "needs-bump", "prompt": "a", "path": "prompts/a.yaml", "line": 2, "message": "a: no bump",
               "hint": "run: llmops prompt bump a"}  # fmt: skip
    text = comment_text(results(tmp_path / "r", views.passed(), check=check(finding)), HERE)
    assert headline(text).startswith("the check of versions objects: a: no bump; s: the gate passed")
    assert "> [!CAUTION]" in text
    assert "- `prompts/a.yaml:2` needs-bump: a: no bump (run: llmops prompt bump a)" in text.replace("\\", "")
    fine = comment_text(results(tmp_path / "s", views.passed(), check=check()), HERE)
    assert "Versions: 1 prompt checked, nothing to object to." in fine and "> [!" not in fine
    broken = comment_text(results(tmp_path / "t", views.passed(), check=" \n"), HERE)
    assert headline(broken).startswith("the versions could not be checked; s: the gate passed")
    assert "> [!CAUTION]" in broken


def test_a_failure_of_the_gate_is_told_before_other_objections_and_leaves_them_room(tmp_path: Path) -> None:
    finding = {"rule": "needs-bump", "prompt": "a", "path": "prompts/a.yaml", "line": 2, "message": "a: no bump"}
    lengthy = MeasureError("no key " * 200)
    text = comment_text(results(tmp_path / "r", views.failed(), stopped=(lengthy,), check=check(finding)), HERE)
    said = headline(text)
    assert said.startswith("s: the gate FAILED against main")
    assert said.index("FAILED") < said.index("not everything was measured: no key")
    passed = comment_text(results(tmp_path / "s", views.passed(), stopped=(lengthy,), check=check(finding)), HERE)
    assert headline(passed).startswith("the check of versions objects: a: no bump; not everything was measured: no key")
    assert "s: the gate passed against main" in headline(passed)


def test_an_inconclusive_gate_that_fails_is_called_a_failure(tmp_path: Path) -> None:
    """on_inconclusive: fail makes the check red; the comment must not say otherwise."""
    run = run_of({"right": binary(18, 20)}, {"right": binary(20, 20)})
    strict = replace(views.GATE, on_inconclusive="fail")
    one = views.analysis_of(run, strict, against_main=True)
    text = comment_text(results(tmp_path / "r", one), HERE)
    assert headline(text).startswith("s: the gate FAILED as inconclusive against main")
    assert "> [!CAUTION]" in text
    both = comment_text(results(tmp_path / "s", renamed(one, "a"), renamed(views.invalid(), "b")), HERE)
    assert headline(both).startswith("1 of 2 suites FAILED: a: the gate FAILED as inconclusive")


def test_what_only_the_anchor_sees_is_not_said_of_the_base(tmp_path: Path) -> None:
    """Nothing changed since main; since the release ten steps before, everything has."""
    run = run_of({"right": binary(0, 20)}, {"right": binary(0, 20)})
    anchor = run_of({"right": binary(20, 20)}).candidate.model_copy(update={"role": "anchor"})
    given = policy(rule("right", tolerance=0.02))
    one = views.analysis_of(
        run.model_copy(update={"anchor": anchor, "anchor_name": "release"}), given, against_main=True
    )
    said = headline(comment_text(results(tmp_path / "r", one), HERE))
    assert said.startswith("s: the gate FAILED against main () and the anchor: against the anchor"), said
    assert "right fell from 100.0 % to 0.0 %" in said and "no case changed" not in said


def test_flaky_new_and_removed_cases_are_listed(tmp_path: Path) -> None:
    before = {"a": [1.0, 1.0, 1.0], "b": [1.0, 1.0, 1.0]}
    after = {"a": [1.0, 0.0, 1.0], "b": [1.0, 1.0, None], "n": [1.0, 1.0, 1.0]}
    run = run_of({"right": after}, {"right": before}, repeats=3, removed=["gone"])
    text = comment_text(results(tmp_path / "r", views.analysis_of(run)), HERE)
    assert (
        "<summary>1 flaky case: the repeats disagree</summary>\n\n- `a` `right`: 2 of 3 passed, 3 of 3 at the base"
        in text
    )
    assert "<summary>1 measurement failed</summary>\n\n- `b` (this change) `right`: the judge answered in prose" in text
    assert "<summary>1 new case: floors only</summary>\n\n- `n`" in text
    assert "<summary>1 case removed</summary>\n\n- `gone`" in text


def test_a_version_that_was_not_raised_is_told(tmp_path: Path) -> None:
    run = views.failed().run
    assert run.baseline is not None
    same = run.model_copy(update={"candidate": run.candidate.model_copy(update={"version": run.baseline.version})})
    text = comment_text(results(tmp_path / "r", views.analysis_of(same, against_main=True)), HERE)
    assert "changed **without another version**" in text


def test_news_is_what_changed_or_went_wrong(tmp_path: Path) -> None:
    assert not is_news(results(tmp_path / "a", views.unchanged(), check=check()))
    assert is_news(results(tmp_path / "b", views.passed()))
    assert is_news(results(tmp_path / "c", stopped=(MeasureError("x"),)))
    assert is_news(results(tmp_path / "d", views.unchanged(), check=" "))


# ---- strangers


def untouched(found: Seen, *, links: set[str]) -> None:
    """Nothing came out of the words of others."""
    assert set(found.tags) <= TAGS
    assert set(found.links) <= links
    assert found.unclosed == []
    assert not NOTIFIES.search(found.text) and not REFERS.search(found.text)
    assert found.tags.count("details") == found.tags.count("summary")


def test_a_hostile_run_is_one_comment_with_its_verdict(tmp_path: Path) -> None:
    text = comment_text(results(tmp_path / "r", hostile()), FORK, cases=30)
    found = seen(text)
    untouched(found, links={COMMIT, RUN})
    assert found.declarations == [" llmops:gate:default ", f" llmops:run 5/1 {'c' * 40} "]
    assert headline(text).startswith(
        "hostile: the gate FAILED against main (): right is 33.3 %, below its floor 90.0 % (n = 33) (and 1 more);"
        " right -60.6 pp"
    )
    assert "> Measured by an untrusted run: the code came from `mallory/app`, which could have made" in text
    assert [len(row) for row in found.rows] == [10] * len(found.rows) and len(found.rows) == 7
    assert found.tags.count("img") == 0 and len(text) < LONGEST
    assert len(re.findall(r"^<!-- llmops:gate:", text, re.MULTILINE)) == 1
    assert "left out" not in text.lower()


def test_the_fork_is_told_also_where_all_is_well(tmp_path: Path) -> None:
    text = comment_text(results(tmp_path / "r", views.passed()), FORK)
    assert text.split("\n")[2] == "> [!NOTE]"
    assert "> Measured by an untrusted run: the code came from `mallory/app`" in text


def test_results_that_cannot_be_read_are_a_comment_too() -> None:
    text = refused_text("outcome.json: </details> @team ![x](http://e.org/x.png)", FORK)
    untouched(seen(text), links={RUN})
    assert text.startswith("<!-- llmops:gate:default -->\n")
    assert headline(text).startswith(
        "Nothing can be said of this change: the results of its run could not be read: outcome.json"
    )


@settings(max_examples=40)
@given(TEXT.filter(lambda text: "\ud800" not in text))  # half a pair is refused where runs are read
def test_arbitrary_words_stay_words(text: str) -> None:
    run = views.failed().run
    scores = {
        "right": run.candidate.results[0].scores["right"],
        text[:100] or "x": run.candidate.results[0].scores["right"],
    }
    first = run.candidate.results[0].model_copy(update={"output": text, "scores": scores})
    cases = [run.cases[0].model_copy(update={"vars": {"q": text}, "tags": [text[:100]]}), *run.cases[1:]]
    sides = run.candidate.model_copy(update={"results": [first, *run.candidate.results[1:]], "prompt": text[:100]})
    update = {"candidate": sides, "cases": cases, "suite": text[:100] or "s"}
    analysis = views.analysis_of(run.model_copy(update=update), against_main=True)
    said = comment_text(Results(OUTCOME, (analysis, renamed(analysis, "again"))), HERE)
    untouched(seen(said), links={COMMIT, RUN})
    assert len({len(row) for row in seen(said).rows}) == 1


# ---- length


def long_answers(cases: int, length: int) -> Analysis:
    run = run_of({"right": binary(0, cases)}, {"right": binary(cases, cases)})
    records = [case.model_copy(update={"tags": [f"tag-{number % 7}"]}) for number, case in enumerate(run.cases)]
    run = run.model_copy(update={"cases": records})
    analysis = views.analysis_of(run, policy(rule("right", bound=0.5, tolerance=0.02)), against_main=True)
    results = [
        r.model_copy(update={"output": f"{r.case} {'word ' * length}\U0001f600"})
        for r in analysis.run.candidate.results
    ]
    side = analysis.run.candidate.model_copy(update={"results": results})
    return Analysis(
        analysis.run.model_copy(update={"candidate": side}), analysis.policy, analysis.metrics, analysis.comparison,
        analysis.verdict, analysis.slices,
    )  # fmt: skip


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("limit", [LONGEST, 20_000, 8_000, 4_000])
def test_a_long_comment_sheds_but_not_its_verdict(tmp_path: Path, limit: int) -> None:
    whole = results(tmp_path / "r", long_answers(60, 2_000))
    text = comment_text(whole, HERE, cases=60, limit=limit)
    assert units(text) <= limit
    untouched(seen(text), links={COMMIT, RUN})
    assert headline(text).startswith("s: the gate FAILED against main")
    assert "\n| `right` |" in text
    assert "Left out, for a comment takes no more: answers of cases" in text
    assert f"It stands in what [the run]({RUN}) has left." in text


def test_slices_go_before_metrics_and_metrics_before_the_headline(tmp_path: Path) -> None:
    whole = results(tmp_path / "r", long_answers(60, 10))
    seen_rows = []
    for limit in range(9_000, 900, -300):
        text = comment_text(whole, HERE, cases=0, limit=limit)
        assert units(text) <= max(limit, 1_500)
        assert headline(text).startswith("s: the gate FAILED")
        seen_rows.append(("| `right[" in text, "| `right` |" in text))
    assert seen_rows[0] == (True, True)
    assert (True, False) not in seen_rows  # never a slice without its metric
    assert (False, True) in seen_rows


def test_a_hundred_suites_are_one_comment(tmp_path: Path) -> None:
    analyses = [renamed(views.failed(), f"suite-{number}") for number in range(100)]
    text = comment_text(results(tmp_path / "r", *analyses), HERE, cases=5)
    assert units(text) <= LONGEST
    assert headline(text).startswith("100 of 100 suites FAILED: suite-0: the gate FAILED")
    assert "### `suite-0`" in text and "answers of cases" in text.split("Left out")[1]


def test_names_of_enormous_length_do_not_push_the_verdict_out(tmp_path: Path) -> None:
    run = views.failed().run
    cases = [CaseRecord(id=case.id, vars={"q": "x" * 100_000}, critical=case.critical) for case in run.cases]
    run = run.model_copy(update={"cases": cases, "suite": "s" * 500, "notes": ["n" * 1_000_000] * 50})
    text = comment_text(results(tmp_path / "r", views.analysis_of(run, against_main=True)), HERE)
    assert units(text) <= LONGEST
    assert "the gate FAILED against main" in headline(text)
