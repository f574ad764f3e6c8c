"""Pictures from numbers."""

from llmops_cli.reports.web.svg import Mark, Scale, Whisker, balance, trend_line, whiskers
from tests.reports.web.reading import seen


def test_a_scale_leads_from_end_to_end_and_not_beyond() -> None:
    scale = Scale(0.5, 1.0, 112)
    assert (scale.at(0.5), scale.at(0.75), scale.at(1.0)) == (6, 56, 106)
    assert (scale.at(-3), scale.at(7)) == (6, 106)
    assert Scale(1, 1, 112).at(1) == 56


def test_dots_with_whiskers_and_a_floor() -> None:
    rows = [Whisker(0.5, 0.4, 0.6, "base"), Whisker(0.7, None, None, "candidate")]
    found = seen(whiskers(Scale(0, 1, 112), rows, [Mark(0.8, "floor")], "both sides").source)
    assert found.all("svg")[0]["aria-label"] == "both sides"
    assert [line["class"] for line in found.all("line")] == ["mark floor", *["whisker base"] * 3]
    assert [(dot["class"], dot["cx"]) for dot in found.all("circle")] == [("dot base", "56"), ("dot candidate", "76")]
    assert found.all("line")[1] | {"y1": "", "y2": ""} == {
        "x1": "46",
        "x2": "66",
        "y1": "",
        "y2": "",
        "class": "whisker base",
    }


def test_an_end_beyond_the_scale_has_no_stroke() -> None:
    found = seen(whiskers(Scale(0, 1), [Whisker(0.5, -1, 0.6, "base")], [], "x").source)
    assert len(found.all("line")) == 2


def test_a_trend_leaves_gaps_where_nothing_was_measured() -> None:
    found = seen(trend_line([0.1, 0.2, None, 0.4], "scores", floor=0.3).source)
    assert [line["class"] for line in found.all("line")] == ["mark floor", "trend"]
    assert [dot["class"] for dot in found.all("circle")] == ["dot trend", "dot trend", "dot trend last"]


def test_a_trend_of_nothing_and_of_one() -> None:
    assert seen(trend_line([], "none").source).all("circle") == []
    assert len(seen(trend_line([0.5], "one").source).all("circle")) == 1


def test_a_balance_is_split_as_its_counts_are() -> None:
    found = seen(balance(3, 1, "3 worse, 1 better", width=40).source)
    assert [(bar["class"], bar["x"], bar["width"]) for bar in found.all("rect")] == [
        ("bar worse", "0", "29"),
        ("bar better", "31", "9"),
    ]
    assert [bar["width"] for bar in seen(balance(0, 2, "", width=40).source).all("rect")] == ["40"]
    assert seen(balance(0, 0, "").source).all("rect") == []
