"""May these releases become live there? Every rule is asked of every step, and each answers in a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
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
from llmops_cli.prompts.serving import changes_to_serve
from llmops_cli.prompts.signature import must_be_signed, signers_of, verdicts_of
from llmops_cli.prompts.soak import Soak, soaked_since
from llmops_cli.prompts.step import Step
from llmops_cli.prompts.wish import Wishes


@dataclass(frozen=True, slots=True)
class Moment:
    """One state of the registry at one time.

    `pushes`: only what the remote has counts as live elsewhere; `gone` are environments that it has no more.
    """

    registry: Registry
    now: datetime
    pushes: bool
    gone: Set[str] = frozenset()


class Approval:
    """Asks the rules of one environment at one moment; `tell` gets what is no rule, but worth a thought."""

    def __init__(self, moment: Moment, rules: Rules, wishes: Wishes, tell: Callable[[str], None]) -> None:
        self._registry = moment.registry
        self._rules = rules
        self._wishes = wishes
        self._moment = moment
        self._tell = tell
        self._served: dict[str, tuple[Environment, Mapping[str, Live]]] = {}

    def served(self, source: str) -> tuple[Environment, Mapping[str, Live]]:
        """Another environment as it counts, and what it serves."""
        if source not in self._served:
            found = next((one for one in self._registry.environments() if one.name == source), Environment(source))
            known = found.tracking if self._moment.pushes else found.tip
            counts = Environment(source, None if source in self._moment.gone else known)
            assert self._registry.repo is not None
            self._served[source] = counts, read_live(self._registry.repo, [counts]).get(source, {})
        return self._served[source]

    def rulings(self, steps: Sequence[Step]) -> list[Ruling]:
        """What every rule says of every step, in the order of the steps.

        However many steps there are, git is asked a few times. Raises MeasureError when it cannot be asked.
        """
        promotes, asked = self._wishes.action == "promote", self._rules.asked
        unproven = [step for step in steps if promotes or not self._was_live(step)]
        sources: dict[str, Rule] = {self._wishes.source: "--from", asked.from_: "from"}
        found = [*self._yanked(steps), *self._at_home(unproven)]
        for source, rule in sources.items():
            found += self._live_on(unproven, source, rule) if source else []
        if asked.eval:
            found += [_measured(step) for step in unproven]
        if asked.soak:
            found += self._soaked(unproven)
        found += self._signed(steps if asked.signed else self._signatures_required(unproven))
        order = [step.name for step in steps]
        return [*self._known(), *self._frozen(), *sorted(found, key=lambda ruling: order.index(ruling.prompt))]

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

    def _yanked(self, steps: Sequence[Step]) -> Iterator[Ruling]:
        for step in steps:
            try:
                if warning := check_promotable(self._registry, step.release):
                    self._tell(warning)
            except GateError as error:
                yield _ruling("yanked", step, False, error.message, error.hint)

    def _at_home(self, steps: Sequence[Step]) -> Iterator[Ruling]:
        """Of several projects in one repository, each has rules of its own, and others say nothing of its prompts.

        Where a release was made from a place that holds neither rules nor the prompt any more, its project has moved.
        """
        assert self._registry.repo is not None
        if not self._rules.commit:
            return
        folders = {step.release.path.rpartition("/")[0] + "/" for step in steps}
        own = {folder: settings_above(self._registry.repo, self._rules.commit, folder) for folder in folders}
        held = self._registry.repo.object_ids([f"{self._rules.commit}:{step.release.path}" for step in steps])
        for step, blob in zip(steps, held, strict=True):
            file = own[step.release.path.rpartition("/")[0] + "/"]
            if file != self._rules.file and (file or blob):
                folder = file.rpartition("/")[0] or "the top of the repository"
                sentence = f"its rules stand in {file or 'no file'}"
                yield _ruling("known", step, False, sentence, f"promote it in {folder}")

    def _live_on(self, steps: Sequence[Step], source: str, rule: Rule) -> Iterator[Ruling]:
        live = self.served(source)[1]
        whole = self._whole(steps, source)
        for step in steps:
            there = live.get(step.name)
            if step.name in whole:
                yield _ruling(rule, step, True, f"it is live on {source}")
                continue
            sentence = f"it is not live on {source}" + (f", which serves {there.version}" if there else "")
            if there and str(there.version) == step.version:
                sentence = f"what {source} serves under this number is not this very release"
            hint = f"run: llmops promote {step.name} {step.version} --env {source}"
            yield _ruling(rule, step, False, sentence, hint)

    def _whole(self, steps: Sequence[Step], source: str) -> set[str]:
        """The prompts whose very release the source serves, to the byte."""
        tip = self.served(source)[0].tip
        changes = changes_to_serve(self._registry, [(step.release, step.parts) for step in steps], tip=tip)
        return {step.name for step, change in zip(steps, changes, strict=True) if not change}

    def _soaked(self, steps: Sequence[Step]) -> Iterator[Ruling]:
        source, asked = self._rules.asked.from_, self._rules.asked
        repo, tip = self._registry.repo, self.served(source)[0].tip
        whole = self._whole(steps, source)
        since = soaked_since(repo, tip, now=self._moment.now) if repo and tip else {}
        for step in steps:
            if step.name not in whole or step.name not in since:
                sentence = f"it has to be live on {source} for {asked.soak}, and is not live there"
                yield _ruling("soak", step, False, sentence)
                continue
            soak = Soak(since[step.name], asked.soak_time, self._moment.now)
            words = f"it has been live on {source} for {soak.so_far} of {asked.soak}"
            yield _ruling("soak", step, soak.over, words, "" if soak.over else soak.when)

    def _signatures_required(self, steps: Sequence[Step]) -> Sequence[Step]:
        """Those whose releases `signing.required` wants signed wherever they go; all where that cannot be told."""
        if not steps:
            return ()
        try:
            needed = must_be_signed(self._registry, [step.release for step in steps], signers_of(self._registry))
        except LlmopsError:
            return steps if self._wishes.action == "promote" else ()  # of a rollback it was said already
        return [step for step in steps if step.release in needed]

    def _signed(self, steps: Sequence[Step]) -> list[Ruling]:
        """Whether it can be told or not: what is not known to be signed well is not."""
        if not steps:
            return []
        try:
            releases = [step.release for step in steps]
            verdicts = verdicts_of(self._registry, releases, signers_of(self._registry))
        except LlmopsError as error:
            return [_ruling("signed", step, False, error.message, error.hint) for step in steps]
        hint = "release it as a further version, signed by somebody who may"
        return [
            _ruling("signed", step, verdict.good, verdict.words, "" if verdict.good else hint)
            for step, verdict in zip(steps, verdicts, strict=True)
        ]

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


def _measured(step: Step) -> Ruling:
    why = not_passed(step.release.eval_summary)
    hint = "evaluate it, and release it as a further version: what a tag says never changes" if why else ""
    return _ruling("eval", step, not why, why or "every suite in its tag passed", hint)


def _ruling(rule: Rule, step: Step, met: bool, sentence: str, hint: str = "") -> Ruling:
    return Ruling(rule, step.name, step.version, met, sentence, hint)
