"""Where reports point to: the file of a prompt from the top of the repository, and in it the line that changed."""

from contextlib import suppress
from dataclasses import replace

from llmops_cli.config import Config
from llmops_cli.errors import FileError, LlmopsError
from llmops_cli.evals.plan import Subject
from llmops_cli.evals.preparation import Preparation
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.through import place_in_partial
from llmops_cli.vcs.commit_tree import CommitTree
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tree import Tree

_WORDS = ("template", "messages")
_QUIET = ("description", "owner", "metadata", "version")  # what no model sees, or what always changes


def with_places(prepared: Preparation, config: Config) -> Preparation:
    """The preparation whose sides know where their prompts stand.

    The candidate points at what changed since the baseline, be it in a partial; every other side at its words. What
    cannot be read again is no reason to stop: then it is line 1.
    """
    repo = config.find_repo()
    own = _text(prepared.candidate, config, repo)
    same = prepared.candidate.prompt.reference, prepared.candidate.prompt.digest
    texts = {
        # of a prompt that did not change nothing needs to be read again
        subject.role: own if (subject.prompt.reference, subject.prompt.digest) == same else _text(subject, config, repo)
        for subject in prepared.subjects
    }

    def placed(subject: Subject) -> Subject:
        if subject.role == "candidate" and prepared.baseline:
            moved = place_in_partial(prepared.baseline.prompt, subject.prompt)
            if moved is not None:
                return replace(subject, path=config.prefix + moved[0], line=moved[1])
        before = texts.get("baseline", "") if subject.role == "candidate" else ""
        line = line_to_show(texts[subject.role], before)
        return replace(subject, path=config.prefix + subject.prompt.path, line=line)

    return replace(
        prepared,
        candidate=placed(prepared.candidate),
        baseline=placed(prepared.baseline) if prepared.baseline else None,
        anchor=placed(prepared.anchor) if prepared.anchor else None,
    )


def line_to_show(text: str, before: str) -> int:
    """The line of a prompt file, from 1, that a report should point to.

    It is the first line of the template or the messages that is not as `before`; where they are the same the first one
    below another key; where nothing differs, or nothing came before, the line of the template or the messages.
    """
    mine, theirs = _blocks(text), _blocks(before)
    words = [key for key in _WORDS if key in mine]
    loud = [key for key in mine if key not in (*_WORDS, *_QUIET)]
    for key in [*words, *loud, *(key for key in _QUIET if key in mine)] if theirs else ():
        line, block = mine[key]
        _, other = theirs.get(key, (0, []))
        if block != other:
            return line + _first_difference(block, other)
    return mine[words[0]][0] if words else 1


def _blocks(text: str) -> dict[str, tuple[int, list[str]]]:
    """By key at the top of a YAML file: its line, and the lines up to the next key. Empty for what cannot be read."""
    lines = text.rstrip().split("\n")
    try:
        found = parse_yaml(text, path="").lines
    except FileError:
        return {}
    order = sorted(((str(key[0]), line) for key, line in found.items() if len(key) == 1), key=lambda item: item[1])
    ends = [*(line for _, line in order[1:]), len(lines) + 1]
    return {key: (line, lines[line - 1 : max(line, end - 1)]) for (key, line), end in zip(order, ends, strict=False)}


def _first_difference(block: list[str], other: list[str]) -> int:
    """The index of the first line that is not the same; of a block that was cut at its end, the last line."""
    same = next((i for i, pair in enumerate(zip(block, other, strict=False)) if pair[0] != pair[1]), len(other))
    return max(0, min(same, len(block) - 1)) if other else 0


def _text(subject: Subject, config: Config, repo: Repo | None) -> str:
    """The file of a side's prompt as the side has it."""
    tree: Tree = config.files()
    if subject.role != "candidate" and repo is not None:
        tree = CommitTree(repo, subject.commit, prefix=config.prefix)
    with suppress(LlmopsError):
        return (tree.read(subject.prompt.path) or b"").decode("utf-8", "replace")
    return ""
