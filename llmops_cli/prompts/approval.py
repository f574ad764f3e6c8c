"""May these releases become live there? Every rule is asked of every step, and each answers in a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from llmops_cli.errors import GateError, LlmopsError
from llmops_cli.prompts.freeze import frozen_at
from llmops_cli.prompts.live import Environment, Live, read_live
from llmops_cli.prompts.measured import not_passed
from llmops_cli.prompts.moves import read_moves
from llmops_cli.prompts.promotable import check_promotable
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.rules import Rule, Rules, Ruling, settings_above
from llmops_cli.prompts.served import file_of, tag_of
from llmops_cli.prompts.serving import change_to_serve
from llmops_cli.prompts.signature import verdict_of
from llmops_cli.prompts.soak import Soak, soaked_since
from llmops_cli.prompts.step import Step
from llmops_cli.prompts.wish import Wishes


@dataclass(frozen=True, slots=True)
class Moment:
    """One state of the registry at one time. `pushes`: only what the remote has counts as live elsewhere."""

    registry: Registry
    now: datetime
    pushes: bool


class Approval:
    """Asks the rules of one environment at one moment; `tell` gets what is no rule, but worth a thought."""

    def __init__(self, moment: Moment, rules: Rules, wishes: Wishes, tell: Callable[[str], None]) -> None:
        self._registry = moment.registry
        self._rules = rules
        self._wishes = wishes
        self._pushes = moment.pushes
        self._now = moment.now
        self._tell = tell
        self._served: dict[str, tuple[Environment, Mapping[str, Live]]] = {}

    def served(self, source: str) -> tuple[Environment, Mapping[str, Live]]:
        """Another environment as it counts, and what it serves."""
        if source not in self._served:
            found = next((one for one in self._registry.environments() if one.name == source), Environment(source))
            counts = Environment(source, found.tracking if self._pushes else found.tip)
            assert self._registry.repo is not None
            self._served[source] = counts, read_live(self._registry.repo, [counts]).get(source, {})
        return self._served[source]

    def rulings(self, steps: Sequence[Step]) -> list[Ruling]:
        """What every rule says of every step that changes something. Raises MeasureError when git cannot be asked."""
        return [*self._known(), *self._frozen(), *(ruling for step in steps for ruling in self._of(step))]

    def _known(self) -> Iterator[Ruling]:
        if self._rules.unknown and self._wishes.action == "promote":
            sentence = f"the rules of {self._rules.environment} cannot be read: {self._rules.unknown}"
            hint = "mend llmops.yaml there; a rollback needs no rules" if self._rules.place else (
                "name the branch in llmops.yaml: main; or fetch it"
            )  # fmt: skip
            yield Ruling("known", "", "", False, sentence, hint)

    def _frozen(self) -> Iterator[Ruling]:
        assert self._registry.repo is not None
        name = self._rules.environment
        frozen = frozen_at(self._registry.repo, self._registry.environment(name).tip)
        if frozen is None:
            return
        if self._wishes.action == "promote":
            yield Ruling("frozen", "", "", False, f"it is {frozen.sentence}", f"run: llmops env unfreeze {name}")
        else:
            self._tell(f"{name} is {frozen.sentence}; a rollback goes on")

    def _of(self, step: Step) -> Iterator[Ruling]:
        try:
            if warning := check_promotable(self._registry, step.release):
                self._tell(warning)
        except GateError as error:
            yield _ruling("yanked", step, False, error.message, error.hint)
        if self._wishes.action == "promote" or not self._was_live(step):
            yield from self._at_home(step)
            yield from self._of_promotion(step)
        if self._rules.asked.signed:
            yield self._signed(step)

    def _at_home(self, step: Step) -> Iterator[Ruling]:
        """Of several projects in one repository, each has rules of its own, and others say nothing of its prompts."""
        commit, path = self._rules.commit, step.release.path
        assert self._registry.repo is not None
        own = settings_above(self._registry.repo, commit, path) if commit else self._rules.file
        if own != self._rules.file:
            folder = own.rpartition("/")[0] or "the top of the repository"
            yield _ruling("known", step, False, f"its rules stand in {own or 'no file'}", f"promote it in {folder}")

    def _of_promotion(self, step: Step) -> Iterator[Ruling]:
        asked = self._rules.asked
        if self._wishes.source and self._wishes.source != asked.from_:
            yield self._live_on(step, self._wishes.source, "--from")
        if asked.from_:
            yield self._live_on(step, asked.from_, "from")
        if asked.eval:
            why = not_passed(step.release.eval_summary)
            hint = "evaluate it, and release it as a further version: what a tag says never changes" if why else ""
            yield _ruling("eval", step, not why, why or "every suite in its tag passed", hint)
        if asked.soak:
            yield self._soak(step)

    def _live_on(self, step: Step, source: str, rule: Rule) -> Ruling:
        environment, live = self.served(source)
        there = live.get(step.name)
        promote = f"run: llmops promote {step.name} {step.version} --env {source}"
        if there is None:
            return _ruling(rule, step, False, f"it is not live on {source}", promote)
        if str(there.version) != step.version:
            return _ruling(rule, step, False, f"it is not live on {source}, which serves {there.version}", promote)
        if change_to_serve(self._registry, step.release, step.parts, tip=environment.tip):
            return _ruling(
                rule, step, False, f"what {source} serves under this number is not this very release", promote
            )
        return _ruling(rule, step, True, f"it is live on {source}")

    def _soak(self, step: Step) -> Ruling:
        source, asked = self._rules.asked.from_, self._rules.asked
        tip = self.served(source)[0].tip
        if tip is None or not self._live_on(step, source, "from").met:
            return _ruling(
                "soak", step, False, f"it has to be live on {source} for {asked.soak}, and is not live there"
            )
        assert self._registry.repo is not None
        since = soaked_since(self._registry.repo, tip, step.name, now=self._now)
        soak = Soak(since, asked.soak_time, self._now)
        words = f"it has been live on {source} for {soak.so_far} of {asked.soak}"
        return _ruling("soak", step, soak.over, words, "" if soak.over else soak.when)

    def _signed(self, step: Step) -> Ruling:
        """Whether it can be told or not: what is not known to be signed well is not."""
        try:
            verdict = verdict_of(self._registry, step.release)
        except LlmopsError as error:
            return _ruling("signed", step, False, error.message, error.hint)
        hint = "" if verdict.good else "release it as a further version, signed by somebody who may"
        return _ruling("signed", step, verdict.good, verdict.words, hint)

    def _was_live(self, step: Step) -> bool:
        """Whether this very release was live there before: the same file, and the same tag where there is one."""
        repo, registry = self._registry.repo, self._registry
        tip = registry.environment(self._wishes.environment).tip
        if repo is None or tip is None:
            return False
        log = read_moves(repo, self._wishes.environment, tip, name=step.name)
        commits = [move.commit for move in log if move.after == step.version]
        files = repo.object_ids([f"{commit}:{file_of(step.name)}" for commit in commits])
        tags = repo.read_blobs([f"{commit}:{tag_of(step.name)}" for commit in commits])
        released = registry.blob_of(step.release), repo.tag_object(step.release.tag_id)
        return any(file == released[0] and tag in (None, released[1]) for file, tag in zip(files, tags, strict=True))


def _ruling(rule: Rule, step: Step, met: bool, sentence: str, hint: str = "") -> Ruling:
    return Ruling(rule, step.name, step.version, met, sentence, hint)
