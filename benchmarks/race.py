"""Many clones promote at once on one bare remote, each promotion a process of its own; then the account is drawn up.

    python -m benchmarks.race [--clones 20] [--each 10] [--prompts 8] [--one-by-one]

By default all promotions of all clones run at the same time. With `--one-by-one` a clone begins its next promotion when
it has heard of the last: as many at once as there are clones. The account must come out even. The environment's log
holds what was acknowledged (exit 0 and `changed`), each once, and nothing else. Everybody else was told why (exit 3 or
4, with words). What is live is what was acknowledged last; and `verify` of a fresh clone finds nothing.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.startup_and_registry import ROOT, release_all

ENVIRONMENT = "production"
VERSIONS = 10  # of each prompt


@dataclass(frozen=True, slots=True)
class Wish:
    """One promotion; `reason` is its own, so that the log can be held against it."""

    clone: Path
    name: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish: the exit code, whether anything was changed, and what was said."""

    wish: Wish
    code: int
    changed: bool
    words: str

    @property
    def told(self) -> bool:
        """Whether somebody whose wish was not done knows so, and why."""
        return self.code in (3, 4) and any(
            len(line) > 20 for line in self.words.splitlines() if line.startswith("error: ")
        )


@dataclass(frozen=True, slots=True)
class Account:
    """The answers, the log of the remote (reason, prompt, from, to; oldest first), what is live, and what is wrong."""

    answers: Sequence[Answer]
    log: Sequence[tuple[str, str, str, str]]
    live: dict[str, str]
    seconds: float
    problems: Sequence[str]

    @property
    def acknowledged(self) -> list[str]:
        """The reasons of what was done, as those who wished it were told."""
        return [answer.wish.reason for answer in self.answers if answer.code == 0 and answer.changed]


def race(folder: Path, *, clones: int, each: int, prompts: int, one_by_one: bool = False) -> Account:
    """Build the remote and its clones in an empty folder, let them promote, and draw up the account."""
    places = _clones(folder, clones, prompts)
    wishes = [
        Wish(place, f"prompt-{(number * 7 + turn) % prompts:02}", f"1.{(number + turn * 3) % VERSIONS}.0",
             f"wish {turn} of {place.name}")
        for turn in range(each)
        for number, place in enumerate(places)
    ]  # fmt: skip
    start = time.perf_counter()
    if one_by_one:
        queues = [[wish for wish in wishes if wish.clone == place] for place in places]
    else:
        queues = [[wish] for wish in wishes]
    with ThreadPoolExecutor(len(queues)) as pool:
        answers = [answer for of_one in pool.map(_promote_all, queues) for answer in of_one]
    seconds = time.perf_counter() - start
    return _account(folder, answers, seconds)


def _clones(folder: Path, count: int, prompts: int) -> list[Path]:
    """A remote with released prompts, one of them live, and clones of it."""
    release_all(folder / "first", VERSIONS * prompts, prompts)
    _git(folder, "clone", "-q", "--bare", "first", "remote.git")
    places = [folder / f"clone-{number:02}" for number in range(count)]
    for place in places:
        _git(folder, "clone", "-q", "remote.git", place.name)
        _git(place, "config", "user.name", place.name)
        _git(place, "config", "user.email", f"{place.name}@example.org")
    first = _promote(Wish(places[0], "prompt-00", "1.0.0", "the first one"))
    assert first.code == 0, first.words
    return places


def _promote_all(wishes: Iterable[Wish]) -> list[Answer]:
    return [_promote(wish) for wish in wishes]


def _promote(wish: Wish) -> Answer:
    words = ["promote", wish.name, wish.version, "--env", ENVIRONMENT, "--reason", wish.reason, "--json"]
    done = _llmops(wish.clone, words)
    document = json.loads(done.stdout) if done.stdout else {}
    return Answer(wish, done.returncode, document.get("changed") is True, done.stderr)


def _account(folder: Path, answers: Sequence[Answer], seconds: float) -> Account:
    _git(folder, "clone", "-q", "remote.git", "judge")
    moves = json.loads(_llmops(folder / "judge", ["env", "log", ENVIRONMENT, "--json"]).stdout)["moves"]
    log = [(move["reason"], move["prompt"], move["from"], move["to"]) for move in reversed(moves)]
    environments = json.loads(_llmops(folder / "judge", ["env", "list", "--json"]).stdout)["environments"]
    live = next(one["live"] for one in environments if one["name"] == ENVIRONMENT)
    verified = _llmops(folder / "judge", ["verify"])
    problems = [*uneven(answers, log, live)]
    if verified.returncode:
        problems.append(f"verify: {verified.stdout}{verified.stderr}")
    return Account(answers, log, live, seconds, problems)


def uneven(answers: Sequence[Answer], log: Sequence[tuple[str, str, str, str]], live: dict[str, str]) -> Iterable[str]:
    """What does not come out even."""
    wishes = {answer.wish.reason: answer.wish for answer in answers}
    done = {answer.wish.reason for answer in answers if answer.code == 0 and answer.changed}
    logged = collections.Counter(reason for reason, *_ in log[1:])
    yield from (f"acknowledged, and not in the log: {reason}" for reason in sorted(done - logged.keys()))
    yield from (f"in the log, and not acknowledged: {reason}" for reason in sorted(logged.keys() - done))
    yield from (f"in the log {count} times: {reason}" for reason, count in logged.items() if count > 1)
    for answer in answers:
        if answer.code and not answer.told:
            yield f"{answer.wish.reason}: exit {answer.code}, and only these words: {answer.words!r}"
    now: dict[str, str] = {}
    for reason, name, before, after in log:
        wish = wishes.get(reason)
        if before != now.get(name, "") or (wish and (wish.name, wish.version) != (name, after)):
            yield f"the log does not follow from what was before: {reason}, {name} {before} -> {after}"
        now[name] = after
    if now != live:
        yield f"live is {live}, and the last acknowledged were {now}"


def _llmops(folder: Path, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "llmops_cli", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def main() -> int:
    """Race and print the account; 1 when it does not come out even."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=int, default=20)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--one-by-one", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        account = race(Path(folder), **vars(options))
    codes = collections.Counter(answer.code for answer in account.answers)
    already = codes[0] - len(account.acknowledged)
    print(f"{len(account.answers)} promotions by {options.clones} clones: {account.seconds:.0f} s")
    print(f"acknowledged          {len(account.acknowledged):5}   in the log {len(account.log) - 1}")
    print(f"was so already        {already:5}")
    print(f"told, race lost (4)   {codes[4]:5}")
    print(f"told, no answer (3)   {codes[3]:5}")
    for words, count in collections.Counter(_kind(answer) for answer in account.answers if answer.code).most_common():
        print(f"  {count:4}  {words}")
    for problem in account.problems:
        print(f"WRONG: {problem}")
    print("the account comes out even" if not account.problems else f"{len(account.problems)} things are wrong")
    return 1 if account.problems else 0


def _kind(answer: Answer) -> str:
    """The sentence of the error, without what differs from wish to wish."""
    line = next((line for line in answer.words.splitlines() if line.startswith("error: ")), "nothing was said")
    return "somebody else moved the same prompt" if "was moved" in line else line.removeprefix("error: ")[:150]


if __name__ == "__main__":
    sys.exit(main())
