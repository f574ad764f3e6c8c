"""GitLab's code quality report."""

import json

from llmops_cli.reports.annotation import of_runs
from llmops_cli.reports.code_quality import code_quality
from tests.reports.hostile import hostile
from tests.reports.views import failed, passed


def test_an_objection_has_all_that_gitlab_asks_for() -> None:
    first, *rest = json.loads(code_quality(of_runs([failed()])))
    assert first["check_name"] == "llmops regression" and first["severity"] == "critical"
    assert first["location"] == {"path": "evals/s.yaml", "lines": {"begin": 1}}
    assert first["description"].startswith("fail: right fell from")
    assert [one["severity"] for one in rest] == ["critical", *["major"] * 6]


def test_fingerprints_are_unique_and_stay() -> None:
    once, again = (json.loads(code_quality(of_runs([hostile(), failed()]))) for _ in range(2))
    keys = [one["fingerprint"] for one in once]
    assert len(set(keys)) == len(keys) > 20
    assert keys == [one["fingerprint"] for one in again]


def test_nothing_to_object_to_is_an_empty_list() -> None:
    assert json.loads(code_quality(of_runs([passed()]))) == []
