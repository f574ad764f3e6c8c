"""Small runs by hand with their verdicts, as reports see them."""

from llmops_cli.evals.analysis import Analysis, analyse, decided, evidence_of, policy_as_json
from llmops_cli.evals.policy import Policy
from llmops_cli.evals.run import Run, Side
from tests.evals.runs import binary, policy, rule, run_of

GATE = policy(rule("right", bound=0.5, tolerance=0.02))
AGAINST_MAIN = {"against": "main", "baseline_commit": "a1b2c3d" + "0" * 33}


def analysis_of(run: Run, given: Policy = GATE, *, against_main: bool = False) -> Analysis:
    """The run, decided as at the last look; every case asks something, every answer says whether it is right."""
    cases = [case.model_copy(update={"vars": {"question": f"What is {case.id}?"}}) for case in run.cases]
    update: dict[str, object] = {"policy": policy_as_json(given), "cases": cases}
    update |= {"candidate": _answered(run.candidate), "baseline": _answered(run.baseline) if run.baseline else None}
    run = run.model_copy(update=update | (AGAINST_MAIN if against_main else {}))
    return analyse(decided(run, evidence_of(run, given))[0])


def _answered(side: Side) -> Side:
    results = [
        result.model_copy(update={"output": "a right answer" if result.scores["right"].value else "a wrong one"})
        for result in side.results
    ]
    return side.model_copy(update={"results": results})


def passed() -> Analysis:
    return analysis_of(run_of({"right": binary(20, 20)}, {"right": binary(20, 20)}), against_main=True)


def failed() -> Analysis:
    """Six of twenty turned worse, one of them critical, and one better."""
    before = binary(20, 20) | {"c19": [0.0]}
    after = {f"c{i}": [0.0 if i < 6 else 1.0] for i in range(20)}
    run = run_of({"right": after}, {"right": before}, critical=["c4"])
    return analysis_of(run, against_main=True)


def inconclusive() -> Analysis:
    return analysis_of(run_of({"right": binary(18, 20)}, {"right": binary(20, 20)}), against_main=True)


def invalid() -> Analysis:
    after = binary(20, 20) | {"c0": [None], "c1": [None]}
    return analysis_of(run_of({"right": after}, {"right": binary(20, 20)}), against_main=True)


def unchanged() -> Analysis:
    run = run_of({"right": {}}, {"right": {}})
    verdict = {"status": "pass", "findings": [], "metrics": {}}
    update = {"unchanged": True, "verdict": verdict, "policy": policy_as_json(GATE), **AGAINST_MAIN}
    return analyse(run.model_copy(update=update))


def alone() -> Analysis:
    """No base, and half of the cases do not pass."""
    return analysis_of(run_of({"right": binary(4, 10)}))
