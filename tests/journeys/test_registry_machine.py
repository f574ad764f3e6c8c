"""Anything that two people may do to a registry, in any order, against a model of dictionaries.

After every step a third clone fetches, and sees what the model says: releases, what is live, what is yanked, the logs.
`verify` finds nothing there but yanked versions that are still live. LLMOPS_TEST_MACHINE=200 plays as many stories, at
random and long; the ordinary suite plays few, always the same.
"""

import contextlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from llmops_cli.cli.main import main
from llmops_cli.config import load_config
from llmops_cli.prompts.moves import read_moves
from llmops_cli.prompts.registry import Registry, open_registry
from llmops_cli.prompts.verify.verification import verify
from llmops_cli.prompts.version import Version
from tests.conftest import GitRepo
from tests.journeys.registry_model import Content, Model, Step, Story, level_between

STORIES = int(os.environ.get("LLMOPS_TEST_MACHINE", "0"))
NAMES = ("answer", "triage/mail")
CLONES = st.sampled_from(["ann", "bob"])
PLACES = st.sampled_from(["staging", "production"])
KINDS = st.sampled_from(["", "optional", "required"])
ANY = st.integers(0, 10**6)  # chooses among what there is, modulo


class RegistryMachine(RuleBasedStateMachine):
    """Ann and Bob at work on one remote; `eve` only looks."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="llmops-machine-"))
        self.model = Model()
        self.clones: dict[str, GitRepo] = {}
        self.acted = ""

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        remote = self.folder / "remote.git"
        remote.mkdir()
        GitRepo(remote).git("init", "-q", "--bare")
        for name in ("ann", "bob", "eve"):
            (self.folder / name).mkdir()
            clone = self.clones[name] = GitRepo(self.folder / name, user=f"{name.title()} Example")
            clone.git("init", "-q")
            clone.git("remote", "add", "origin", str(remote))
            clone.git("config", "user.name", clone.user)
            if name == "ann":
                clone.commit({"llmops.yaml": "main: main\n", ".gitignore": ".llmops/\n"})
                clone.git("push", "-q", "-u", "origin", "main")
            else:
                clone.git("fetch", "-q", "origin")
                clone.git("checkout", "-q", "main")
        self.create("ann")
        for words in (False, True, True):
            self.bump_and_release("ann", 0, words)

    # what people do

    @precondition(lambda self: len(self.model.stories) < len(NAMES))
    @rule(clone=CLONES)
    def create(self, clone: str) -> None:
        name = NAMES[len(self.model.stories)]
        story = self.model.stories[name] = Story(Content())
        self.author(clone, name, story.content.text(name, story.version))

    @precondition(lambda self: self.model.stories)
    @rule(clone=CLONES, which=ANY, variable=st.sampled_from(["a", "b", "", ""]), kind=KINDS)
    def edit(self, clone: str, which: int, variable: str, kind: str) -> None:
        """Other words, or a variable that is added, removed, or newly required; the version stays."""
        name, story = self.some_story(which)
        old = story.content
        story.content = old.with_variable(variable, kind) if variable else Content(old.words + 1, old.variables)
        self.author(clone, name, story.content.text(name, story.version))

    @precondition(lambda self: self.model.released())
    @rule(clone=CLONES, which=ANY)
    def edit_back(self, clone: str, which: int) -> None:
        """The words of an older release again."""
        name, version = self.some_release(which)
        story = self.model.stories[name]
        story.content = story.released[version]
        self.author(clone, name, story.content.text(name, story.version))

    @precondition(lambda self: self.model.stories)
    @rule(clone=CLONES, which=ANY)
    def release_as_it_is(self, clone: str, which: int) -> None:
        """Whether or not somebody thought of the version."""
        name, story = self.some_story(which)
        self.pull(clone)
        self.release(clone, name, story)

    @precondition(lambda self: self.model.stories)
    @rule(clone=CLONES, which=ANY, words=st.booleans())
    def bump_and_release(self, clone: str, which: int, words: bool) -> None:
        name, story = self.some_story(which)
        if words:
            story.content = Content(story.content.words + 1, story.content.variables)
            self.author(clone, name, story.content.text(name, story.version))
        self.fetch_all(clone)
        self.llmops(clone, "prompt", "bump", name, expect=(0,))
        text = (self.clones[clone].path / f"prompts/{name}.yaml").read_text()
        bumped = text.split('"')[1]
        if bumped != story.version:
            self.author(clone, name, text)
        story.version = bumped
        highest = story.highest()
        must = highest is None or story.released[highest] != story.content
        if highest is not None and must:
            needed = level_between(story.released[highest], story.content)
            assert Version.parse(bumped).level_from(Version.parse(highest)) >= needed, (highest, bumped)
            assert story.released.get(bumped) in (None, story.content)
        self.release(clone, name, story, must=must)

    @precondition(lambda self: self.model.released())
    @rule(clone=CLONES, place=PLACES, which=ANY, in_turn=st.booleans())
    def promote(self, clone: str, place: str, which: int, in_turn: bool) -> None:
        """One version, or the last ones one after the other."""
        name, version = self.some_release(which)
        for each in list(self.model.stories[name].released)[-3:] if in_turn else [version]:
            self.move("promote", clone, place, name, each)

    @precondition(lambda self: self.model.released())
    @rule(clone=CLONES, place=PLACES, which=ANY)
    def roll_back_to(self, clone: str, place: str, which: int) -> None:
        self.move("rollback", clone, place, *self.some_release(which))

    @precondition(lambda self: self.model.live())
    @rule(clone=CLONES, which=ANY, times=st.sampled_from([2, 1, 3]))
    def roll_back(self, clone: str, which: int, times: int) -> None:
        """To what was live before; and, with the whole way in one hand, further."""
        place, name = self.model.live()[which % len(self.model.live())]
        for _ in range(times):
            self.move("rollback", clone, place, name, "")

    @precondition(lambda self: self.model.released())
    @rule(clone=CLONES, which=ANY)
    def yank(self, clone: str, which: int) -> None:
        name, version = self.some_release(which)
        done = self.llmops(clone, "prompt", "yank", name, version, "--reason", "wrong", expect=(0,))
        story = self.model.stories[name]
        assert done["already"] is (version in story.yanked)
        story.yanked.add(version)
        self.model.saw_all(clone)

    @precondition(lambda self: self.model.released())
    @rule(clone=CLONES)
    def fetch(self, clone: str) -> None:
        self.fetch_all(clone)

    # how they do it

    def fetch_all(self, clone: str) -> None:
        self.clones[clone].git("fetch", "-q", "--tags", "origin")
        self.pull(clone)
        self.model.saw_all(clone)

    def pull(self, clone: str) -> None:
        self.acted = clone
        self.clones[clone].git("pull", "-q", "--ff-only", "origin", "main")

    def author(self, clone: str, name: str, text: str) -> None:
        self.pull(clone)
        self.clones[clone].commit({f"prompts/{name}.yaml": text}, f"edit {name}")
        self.clones[clone].git("push", "-q", "origin", "main")

    def release(self, clone: str, name: str, story: Story, *, must: bool = False) -> None:
        may = True if must else story.may_release()
        done = self.llmops(clone, "prompt", "release", name, "--push", expect=(0, 1, 4))
        assert may is None or (done["code"] == 0) is may, (may, story, done)
        if done["code"] == 0:
            assert len(done["released"]) == (story.version not in story.released)
            assert story.released.setdefault(story.version, story.content) == story.content

    def some_story(self, which: int) -> tuple[str, Story]:
        return list(self.model.stories.items())[which % len(self.model.stories)]

    def some_release(self, which: int) -> tuple[str, str]:
        return self.model.released()[which % len(self.model.released())]

    def move(self, action: str, clone: str, environment: str, name: str, version: str) -> None:
        """A promotion or a rollback, and what must come of it."""
        place, yanked = self.model.places[environment], self.model.stories[name].yanked
        live, stale = place.live.get(name), place.news_of_rollback(clone, name)
        target = version or (place.version_before(name, yanked) if live else None)
        if action == "rollback" and live is None:
            code = 2
        elif not version and stale:
            code = 4
        elif target is None:
            code = 2
        else:
            code = 1 if target in yanked else 0
        words = [name, version] if version else [name]
        done = self.llmops(clone, action, *words, "--env", environment, expect=(code,))
        if code == 0 and target is not None:
            assert done["changed"] is (target != live), done
            if target != live:
                place.move(action, name, target)
        place.seen[clone] = len(place.log)

    def llmops(self, clone: str, *arguments: str, expect: tuple[int, ...]) -> dict[str, Any]:
        """The document of a command, with its exit code, which must be one of these."""
        self.acted = clone
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.clones[clone].path),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main([*arguments, "--json"])
        assert code in expect, (
            f"{clone}: {' '.join(arguments)} -> {code}, not {expect}: {err.getvalue()}{out.getvalue()}"
        )
        return {"code": code, "err": err.getvalue(), **(json.loads(out.getvalue()) if out.getvalue() else {})}

    # what must hold

    @invariant()
    def everybody_sees_what_happened(self) -> None:
        if not self.clones:
            return
        self.clones["eve"].git("fetch", "-q", "--tags", "origin")
        registry = open_registry(load_config(self.clones["eve"].path))
        self._same_releases(registry)
        self._same_environments(registry)
        expected = self.model.yanked_and_live()
        found = verify(registry)
        if not registry.releases():  # a clone that knows no tag cannot tell whether there are any
            assert [each.rule for each in found.findings] == ["missing-tag"] and found.exit_code == 3
        else:
            assert {(each.rule, each.level) for each in found.findings} <= {("yanked-live", "error")}, found.findings
            assert len(found.findings) == len(expected), (found.findings, expected)
        if self.acted:  # whoever acted knows less, but nothing wrong
            known = verify(open_registry(load_config(self.clones[self.acted].path)))
            assert {each.rule for each in known.findings if each.level == "error"} <= {"yanked-live"}, known.findings

    def _same_releases(self, registry: Registry) -> None:
        told = {name: story for name, story in self.model.stories.items() if story.released}
        assert {release.name for release in registry.releases()} == told.keys()
        for name, story in told.items():
            releases = registry.releases(name)
            assert [str(each.version) for each in releases] == sorted(story.released, key=Version.parse)
            assert {str(each.version) for each in releases if each.yanked} == story.yanked
            for each in releases:
                assert each.digest == story.released[str(each.version)].digest(name)

    def _same_environments(self, registry: Registry) -> None:
        assert registry.repo is not None
        for environment, place in self.model.places.items():
            live = {name: str(one.version) for name, one in registry.live(environment).items()}
            assert live == place.live
            tip = registry.environment(environment).tip
            moves = read_moves(registry.repo, environment, tip) if tip else []
            assert [Step(each.action, each.prompt, each.before, each.after) for each in reversed(moves)] == place.log


def test_any_order_of_steps() -> None:
    run_state_machine_as_test(
        RegistryMachine,
        settings=settings(
            max_examples=STORIES or 4,
            stateful_step_count=60 if STORIES else 25,
            derandomize=not STORIES,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # a story of 60 steps would be shrunk for an hour
            suppress_health_check=list(HealthCheck),
        ),
    )
