"""An attack on a judge outside of any suite: bind it, ask through the project's cache, settings and budget."""

import asyncio
from collections.abc import Callable, Mapping

from llmops_cli.checks.attack import Attack, Target, attack
from llmops_cli.checks.canaries import Scenario
from llmops_cli.checks.catalogue import shape_of_check
from llmops_cli.checks.check import AskingCheck
from llmops_cli.checks.judge import JudgeShape
from llmops_cli.config import Config
from llmops_cli.errors import FileError, InputError
from llmops_cli.evals.desk import Desk, DeskOptions
from llmops_cli.evals.loaded import TreeResources
from llmops_cli.files.json_value import Json


def judge_entry(
    judge: str, scenario: Scenario, *, model: str = "", labels: str = "", embedding_model: str = ""
) -> JudgeShape:
    """The judge as a suite would write it; `labels` is `good=1,bad=0`. Raises InputError."""
    data: dict[str, Json] = {"name": "attacked", "type": "judge", "judge": judge}
    data |= {"model": model, "embedding_model": embedding_model}
    if labels:
        data["labels"] = dict(_label(part) for part in labels.split(","))
    if judge.startswith("rubric@"):
        data["rubric"] = scenario.rubric
    try:
        shape = shape_of_check(data, path="judge")
    except FileError as error:
        raise InputError("; ".join(problem.message for problem in error.problems)) from None
    assert isinstance(shape, JudgeShape)
    return shape


def attack_judge(
    config: Config,
    shape: JudgeShape,
    scenario: Scenario,
    *,
    budget_usd: float | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Attack:
    """Attack a judge of the project or one of ours. Raises InputError, MeasureError."""
    settings = config.settings
    resources = TreeResources(
        config.files(), "attack", settings.prompts, settings.judge_model, settings.embedding_model
    )
    check = shape.bind(resources)
    assert isinstance(check, AskingCheck)
    labels: Mapping[str, float] = shape.scores or {}
    name = getattr(check, "definition", "") or shape.judge
    return asyncio.run(_attack(config, Target(name, check, labels, shape.passes), scenario, budget_usd, warn))


async def _attack(
    config: Config, target: Target, scenario: Scenario, budget_usd: float | None, warn: Callable[[str], None]
) -> Attack:
    desk = Desk(config, DeskOptions(budget_usd=budget_usd))
    try:
        return await attack(target, scenario, desk.ask, concurrency=desk.concurrency)
    finally:
        await desk.close()
        await target.check.close()
        for warning in desk.warnings:
            warn(warning)
        desk.close_cache()


def _label(part: str) -> tuple[str, Json]:
    name, _, score = part.partition("=")
    try:
        return name.strip(), float(score)
    except ValueError:
        raise InputError(f"--labels: {part!r} is not LABEL=SCORE", hint="such as --labels good=1,bad=0") from None
