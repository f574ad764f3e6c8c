"""The report of runs, read without a browser: what stands in it without script, and what the script gets to read."""

import base64
import hashlib
import json
import re
from importlib.resources import files
from typing import Any

import pytest

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.evals.run import Result, ScoreRecord
from llmops_cli.reports.visible import visible
from llmops_cli.reports.web.eval_report import html_report
from tests.evals.runs import binary, run_of
from tests.reports import views
from tests.reports.hostile import LONG, WORDS, hostile
from tests.reports.web.reading import data_of, seen


def detail(page: str, case: str) -> dict[str, Any]:
    """All that a page knows of a case."""
    data = data_of(page)
    ids = [line["id"] for line in data["index-0"]["cases"]]
    found = data[f"case-0-{ids.index(case)}"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("made", [views.passed, views.failed, views.inconclusive, views.invalid, views.alone])
def test_the_verdict_stands_first_and_is_the_one_of_all_reports(made: Any) -> None:
    analysis = made()
    found = seen(html_report([analysis]))
    assert found.inside("h1")[0].startswith("s: the gate ")
    assert {"pass": "passed", "fail": "FAILED"}.get(analysis.verdict.status.value, "") in found.inside("h1")[0]
    assert found.inside("title") == [f"{analysis.verdict.status.value}: s · eval report"]


@pytest.mark.parametrize("analyses", [[], [views.passed()], [views.passed(), views.failed()]], ids=len)
def test_what_was_not_measured_stands_before_every_verdict(analyses: list[Analysis]) -> None:
    stopped = [StoppedRecord(message="the key was refused <b>", hint="set it", exit_code=3)]
    found = seen(html_report(analyses, stopped=stopped))
    assert found.inside("h1") == ["1 reason why not everything was measured"]
    assert "the key was refused <b> (set it); exit code 3" in "".join(found.inside("li"))
    assert found.inside("title")[0].startswith("not all was measured: " if analyses else "nothing was measured")
    assert sum("s: the gate " in said for said in found.inside("h2")) == len(analyses)


def test_figures_are_drawn_and_said() -> None:
    found = seen(html_report([views.failed()]))
    labels = [str(svg["aria-label"]) for svg in found.all("svg")]
    assert labels == [
        "base 95.0 % (76.4 % to 99.1 %), this change 70.0 % (48.1 % to 85.5 %), floor 50.0 %",
        "change -25.0 pp, interval [-47.7, +2.3] pp, allowed -2.0 pp",
        "6 worse, 1 better",
    ]
    texts = [text for _, text in found.texts]
    for said in ("95.0 %", "70.0 %", "-25.0 pp", "[-47.7, +2.3] pp", "6/1", "0.0352", "-30.6 pp", "fail (regression)"):
        assert said in texts


def test_what_is_no_score_has_a_scale_of_its_own() -> None:
    latency = {f"c{i}": 100.0 + i for i in range(10)}, {f"c{i}": 100.0 for i in range(10)}
    run = run_of({"right": binary(9, 10)}, {"right": binary(10, 10)}, latency_ms=latency)
    page = html_report([views.analysis_of(run, against_main=True)])
    ends = re.findall(r'<span class="ends" aria-hidden="true">(.*?)</span></span>', page)
    assert [re.sub("<[^>]+>", " ", end).split() for end in ends] == [
        ["-38.4", "pp", "0", "+38.4", "pp"], ["-7", "ms", "0", "+7", "ms"]
    ]  # fmt: skip


def test_every_case_is_there_the_worst_first() -> None:
    index = data_of(html_report([views.failed()]))["index-0"]
    assert [line["id"] for line in index["cases"]][:8] == ["c4", "c0", "c1", "c2", "c3", "c5", "c19", "c6"]
    assert len(index["cases"]) == 20
    assert index["cases"][0]["checks"] == [[0, 0b10001, "pass → fail"]]
    assert index["signs"] == ["regressed", "improved", "flaky", "unmeasured", "not passing", "new"]


def test_a_case_holds_both_answers_and_what_the_checks_said() -> None:
    case = detail(html_report([views.failed()]), "c4")
    before, after = case["sides"]
    assert (before["role"], before["results"][0]["output"]) == ("baseline", "a right answer")
    assert (after["role"], after["results"][0]["output"]) == ("candidate", "a wrong one")
    assert after["results"][0]["scores"] == {"right": ["scored", 0.0, False, "by hand"]}
    assert case["golden"] == {"id": "c4", "vars": {"question": "What is c4?"}, "critical": True}


def test_the_worst_cases_can_be_read_without_script() -> None:
    found = seen(html_report([views.failed()], worst=2))
    assert "6 cases turned worse (the first 2)" in found.inside("h3")
    assert found.inside("b") == ["c4", "c0"]
    assert found.inside("del")[0] == "right answer" and found.inside("ins")[0] == "wrong one"


def test_a_hostile_run_adds_no_element_and_loses_no_word() -> None:
    analysis = hostile(long=False)
    page = html_report([analysis], worst=100)
    page.encode()
    found = seen(page)
    assert {name for name, _ in found.elements} <= {
        "html", "head", "meta", "title", "style", "body", "a", "header", "span", "fieldset", "legend", "label", "input",
        "main", "article", "p", "h1", "h2", "h3", "ul", "li", "section", "div", "table", "thead", "tbody", "tr", "th",
        "td", "br", "svg", "line", "circle", "details", "summary", "b", "figure", "figcaption", "pre", "ins", "del",
        "code", "footer", "script", "rect",
    }  # fmt: skip
    assert found.comments == []
    assert {str(a.get("href", ""))[:1] for a in found.all("a")} == {"#"}
    assert [a for _, a in found.elements if any(name.startswith("on") or name in ("src", "style") for name in a)] == []
    for name, words in WORDS.items():
        case = f"{name} {words[:200]}".strip()
        assert detail(page, case)["sides"][1]["results"][0]["output"] == words
    shown = "\n".join(text for _, text in found.texts)
    assert visible(WORDS["end-of-data"]).strip() in shown


def test_a_long_text_is_cut_and_the_page_says_how_much() -> None:
    page = html_report([hostile()], most_text=900)
    (case,) = [block for key, block in data_of(page).items() if key.startswith("case-") and "asked" in block
               and "ab ab" in json.dumps(block["asked"])]  # fmt: skip
    output = case["sides"][1]["results"][0]["output"]
    assert (len(output["head"]), len(output["tail"]), output["cut"]) == (600, 300, LONG - 900)
    assert "golden" not in case  # half of a case is none
    assert len(page) < 600_000
    assert "Texts longer than 900 characters are cut" in " ".join(seen(page).inside("p"))


def test_a_page_that_would_be_too_large_holds_shorter_texts() -> None:
    analysis = hostile()
    pages = [html_report([analysis], most_page=most) for most in (10_000_000, 150_000)]
    assert "Texts longer than 20,000 characters are cut" in pages[0]
    assert "Texts longer than 5,000 characters are cut" in pages[1]
    assert len(pages[1]) < len(pages[0])
    assert "Texts longer than 500 characters are cut" in html_report([analysis], most_page=1)  # and that is the end


def test_half_of_a_character_pair_does_no_harm() -> None:
    run = run_of({"right": {"a\ud800": [1.0]}}, {"right": {"a\ud800": [0.0]}})
    page = html_report([views.analysis_of(run, views.GATE, against_main=True)])
    page.encode()
    assert data_of(page)["index-0"]["cases"][0]["id"] == "a\ud800"


def test_no_script_of_ours_reads_markup() -> None:
    scripts = [path for path in files("llmops_cli.reports.web").iterdir() if path.name.endswith(".js")]
    assert len(scripts) >= 5
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    assert [path.name for path in scripts if re.search(sinks, path.read_text(encoding="utf-8"))] == []


def test_several_suites_and_runs_of_one_are_told_apart() -> None:
    page = html_report([views.failed(), views.passed(), views.unchanged()])
    found = seen(page)
    assert [a["href"] for a in found.all("a")][1:4] == ["#suite-0", "#suite-1", "#suite-2"]
    assert [a["id"] for a in found.all("article")] == ["suite-0", "suite-1", "suite-2"]
    data = data_of(page)
    assert (data["index-0"]["name"], data["index-1"]["name"]) == ("s", "s (2)")
    assert "index-2" not in data  # nothing was run
    assert found.inside("title") == ["3 suites: 1 fail, 1 pass, 1 unchanged · eval report"]


def test_repeats_that_disagree_and_what_failed_and_what_is_new_have_their_signs() -> None:
    before = {"a": [1.0, 0.0], "b": [1.0, 1.0], "c": [1.0, 1.0]}
    after = {"a": [1.0, 1.0], "b": [None, 1.0], "c": [1.0, 1.0], "d": [1.0, 1.0]}
    run = run_of({"right": after}, {"right": before}, repeats=2)
    index = data_of(html_report([views.analysis_of(run, against_main=True)]))["index-0"]
    signs = {
        line["id"]: {word for place, word in enumerate(index["signs"]) if line["signs"] >> place & 1}
        for line in index["cases"]
    }
    assert signs == {"a": {"improved", "flaky"}, "b": {"unmeasured"}, "c": set(), "d": {"new"}}
    said = {line["id"]: line["checks"][0][2] for line in index["cases"]}
    assert said == {"a": "1/2 → 2/2", "b": "2/2 → 1/1", "c": "2/2 → 2/2", "d": "– → 2/2"}


def test_without_a_base_no_case_is_better_or_worse() -> None:
    index = data_of(html_report([views.alone()]))["index-0"]
    assert index["compared"] is False
    assert {line["checks"][0][2] for line in index["cases"]} == {"pass", "fail"}
    assert index["cases"][0]["signs"] == 0b10000


def prompt_of(analysis: Analysis, **sides: dict[str, object]) -> Analysis:
    """The same run with other keys on its sides."""
    run = analysis.run
    changed = {role: getattr(run, role).model_copy(update=update) for role, update in sides.items()}
    return views.analysis_of(run.model_copy(update=changed), against_main=True)


def test_the_prompts_are_compared_where_the_run_holds_them() -> None:
    from tests.prompts.making import make

    before, after = make("Say $x, please."), make("Say $x now.", version="1.1.0")
    keys = {
        "baseline": {"contract": before.contract(), "digest": before.digest},
        "candidate": {"contract": after.contract(), "digest": after.digest},
    }
    found = seen(html_report([prompt_of(views.passed(), **keys)]))
    assert "message 1, user: changed" in found.inside("figcaption")
    assert found.inside("del") == [", please"] and found.inside("ins") == [" now"]


def test_a_prompt_that_is_not_what_was_measured_is_not_shown() -> None:
    from tests.prompts.making import make

    forged = {"candidate": {"contract": make("Say $x.").contract(), "digest": "sha256:" + "0" * 64}}
    text = " ".join(seen(html_report([prompt_of(views.passed(), **forged)])).inside("p"))
    assert "The text of p@1.1.0 is not the one that its digest names, so it is not shown." in text


def test_judges_are_named_with_what_speaks_against_them() -> None:
    run = run_of({"right": binary(20, 20)}, {"right": binary(20, 20)})
    result: Result = run.candidate.results[0]
    result.judge_replies["right"] = ["<b>yes</b>"]
    result.scores["right"] = ScoreRecord(status="scored", value=1.0, passed=True, reason="it says so")
    update = {
        "judged_by": {"right": "grounded@1 by m"},
        "judges": {"right": "sha256:x"},
        "uncalibrated": {"right": "why"},
    }
    page = html_report([views.analysis_of(run.model_copy(update=update), against_main=True)])
    assert [text for text in seen(page).inside("td") if text in ("right", "grounded@1 by m", "why")] == [
        "right", "grounded@1 by m", "why"
    ]  # fmt: skip
    assert detail(page, "c0")["sides"][1]["results"][0]["replies"] == {"right": ["<b>yes</b>"]}


def test_only_counts_against_the_base_lead_to_cases() -> None:
    analysis = views.failed()
    anchor = analysis.run.baseline
    assert anchor is not None
    update = {"anchor": anchor.model_copy(update={"role": "anchor"}), "anchor_name": "release"}
    found = seen(html_report([views.analysis_of(analysis.run.model_copy(update=update), against_main=True)]))
    moved = [span for span in found.all("span") if span.get("class") == "moved"]
    assert moved == [{"class": "moved", "data-check": "right"}, {"class": "moved"}]
    assert "against the anchor release (p@1.0.0)" in found.inside("caption")


def test_the_one_script_that_may_run_is_the_one_in_the_page() -> None:
    found = seen(html_report([views.failed()]))
    scripts = zip(found.all("script"), found.inside("script"), strict=True)
    (source,) = [text for attributes, text in scripts if "type" not in attributes]
    (content,) = [str(meta["content"]) for meta in found.all("meta") if "http-equiv" in meta]
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    assert f"; script-src 'sha256-{digest}'; " in content
    assert "unsafe" not in content
