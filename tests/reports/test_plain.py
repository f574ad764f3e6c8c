# ruff: noqa: E501 - the lines of a report are as long as they are
"""The plain report, whole: what a log or a pipe gets to read."""

from collections.abc import Callable

import pytest

from llmops_cli.evals.analysis import Analysis
from llmops_cli.reports.eval_view import view_of
from llmops_cli.reports.markdown import markdown_report
from llmops_cli.reports.plain import plain_report
from tests.evals.runs import binary, run_of
from tests.reports import views

PASSED = """\
s: the gate passed against main (a1b2c3d)
  p 1.0.0 -> 1.1.0, answers of test/model

  metric  n   base     this change  change [95 %]    worse/better  p  rule                      can see  verdict
  right   20  100.0 %  100.0 %      no case changed  0/0           -  floor 0.5, max_drop 0.02  -        ok

  0 cases improved
  20 cases · repeats 1 · alpha 0.05 · no calls · run 20261121T120000Z-s-abcdef
  again: llmops eval run s --against a1b2c3d00000
"""

FAILED = """\
s: the gate FAILED against main (a1b2c3d): right fell from 95.0 % to 70.0 % (-25.0 pp, 95 % interval [-47.7, +2.3] pp), more than max_drop 0.02; 6 worse, 1 better of 20, p = 0.0352 (and 1 more)
  p 1.0.0 -> 1.1.0, answers of test/model
  fail: right fell from 95.0 % to 70.0 % (-25.0 pp, 95 % interval [-47.7, +2.3] pp), more than max_drop 0.02; 6 worse, 1 better of 20, p = 0.0352
  fail: critical case c4 passed right before and fails now (1 of 1)

  metric  n   base    this change  change [95 %]              worse/better  p       rule                      can see   verdict
  right   20  95.0 %  70.0 %       -25.0 pp [-47.7, +2.3] pp  6/1           0.0352  floor 0.5, max_drop 0.02  -30.6 pp  fail (regression)

  who moved
    right: 6 worse: c0, c1, c2, c3, c4, c5; 1 better: c19

  6 cases turned worse (the first 2)
    c4  right [critical]
      asked: What is c4?
    - a right answer
    + a wrong one
      right: by hand
    c0  right
      asked: What is c0?
    - a right answer
    + a wrong one
      right: by hand

  1 case improved
  20 cases · repeats 1 · alpha 0.05 · no calls · run 20261121T120000Z-s-abcdef
  again: llmops eval run s --against a1b2c3d00000
"""

INCONCLUSIVE = """\
s: the gate is inconclusive against main (a1b2c3d): right fell from 100.0 % to 90.0 % (-10.0 pp, 95 % interval [-26.5, +8.3] pp), more than max_drop 0.02; 2 worse, 0 better of 20, p = 0.1250, not below alpha 0.05
  p 1.0.0 -> 1.1.0, answers of test/model

  metric  n   base     this change  change [95 %]              worse/better  p       rule                      can see   verdict
  right   20  100.0 %  90.0 %       -10.0 pp [-26.5, +8.3] pp  2/0           0.1250  floor 0.5, max_drop 0.02  -17.1 pp  inconclusive (regression)

  who moved
    right: 2 worse: c18, c19; 0 better

  2 cases turned worse
    c18  right
      asked: What is c18?
    - a right answer
    + a wrong one
      right: by hand
    c19  right
      asked: What is c19?
    - a right answer
    + a wrong one
      right: by hand

  0 cases improved
  20 cases · repeats 1 · alpha 0.05 · no calls · run 20261121T120000Z-s-abcdef
  again: llmops eval run s --against a1b2c3d00000
"""

INVALID = """\
s: the gate could not be decided against main (a1b2c3d): right: 2 of 20 scores of the candidate failed, more than 5%; first: case c0: the judge answered in prose
  p 1.0.0 -> 1.1.0, answers of test/model

  metric  n   base     this change  change [95 %]    worse/better  p  rule                      can see  verdict
  right   18  100.0 %  100.0 %      no case changed  0/0           -  floor 0.5, max_drop 0.02  -        invalid (validity)

  0 cases improved
  20 cases · repeats 1 · alpha 0.05 · no calls · run 20261121T120000Z-s-abcdef
  again: llmops eval run s --against a1b2c3d00000
"""

UNCHANGED = """\
s: unchanged against main (a1b2c3d); nothing was run
  p 1.0.0 -> 1.1.0, answers of test/model

  run 20261121T120000Z-s-abcdef
  again: llmops eval run s --against a1b2c3d00000
"""

ALONE = """\
s: the gate FAILED: right is 40.0 %, below its floor 50.0 % (n = 10)
  p@1.1.0, answers of test/model

  metric  n   value   95 % interval     failed  rule                      verdict
  right   10  40.0 %  16.8 % to 68.7 %  0       floor 0.5, max_drop 0.02  fail (floor)

  6 cases do not pass (the first 2)
    c4  right
      asked: What is c4?
    + a wrong one
      right: by hand
    c5  right
      asked: What is c5?
    + a wrong one
      right: by hand

  10 cases · repeats 1 · alpha 0.05 · no calls · run 20261121T120000Z-s-abcdef
  again: llmops eval run s
"""


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (views.passed, PASSED),
        (views.failed, FAILED),
        (views.inconclusive, INCONCLUSIVE),
        (views.invalid, INVALID),
        (views.unchanged, UNCHANGED),
        (views.alone, ALONE),
    ],
)
def test_the_whole_report(made: Callable[[], Analysis], text: str) -> None:
    assert plain_report(view_of(made(), most_cases=2)) == text


def test_what_models_and_files_say_is_shown_and_not_obeyed() -> None:
    hostile = "\x1b[2J\u202ekcab\r\ns: the gate passed against main"
    analysis = views.failed()
    run = analysis.run
    cases = [case.model_copy(update={"vars": {"q": hostile}, "tags": [hostile]}) for case in run.cases]
    results = [result.model_copy(update={"output": hostile}) for result in run.candidate.results]
    spoilt = run.model_copy(
        update={
            "cases": cases,
            "candidate": run.candidate.model_copy(update={"results": results, "model": hostile}),
            "notes": [hostile],
            "id": hostile,
            "suite": hostile,
            "against": hostile,
        }
    )
    text = plain_report(view_of(views.analysis_of(spoilt)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\r" not in text
    # no quoted text may begin a line, or it could give a verdict of its own
    assert [line for line in text.split("\n") if line.startswith("s: ")] == []
    assert text.startswith("\\x1b[2J\\u202ekcab\\r s: the gate passed against main: the gate FAILED")


def test_a_reason_cannot_add_a_line_to_the_headline() -> None:
    run = run_of({"right": binary(20, 20)}, {"right": binary(20, 20)})
    for result in run.candidate.results[:2]:
        score = result.scores["right"]
        update = {"status": "failed", "value": None, "passed": None, "reason": "prose\ns: the gate passed"}
        result.scores["right"] = score.model_copy(update=update)
    text = plain_report(view_of(views.analysis_of(run)))
    assert text.split("\n")[0].endswith("first: case c0: prose s: the gate passed")
    assert "\ns: the gate passed" not in text


def test_one_case_that_does_not_pass_is_told_in_the_singular() -> None:
    analysis = views.analysis_of(run_of({"right": binary(9, 10)}))
    assert "  1 case does not pass\n" in plain_report(view_of(analysis))
    assert "<summary>1 case does not pass</summary>" in markdown_report([analysis])
