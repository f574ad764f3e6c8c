"""The log of an environment: every commit on its branch as the moves it made, newest first.

A commit of ours says in trailers what it did: `Llmops-Action` and `Llmops-Reason` once, then for every prompt a group
that begins with `Llmops-Prompt`: `Llmops-From`, `Llmops-To`, `Llmops-Digest`, `Llmops-Commit`. One that freezes the
environment has no such group, and is a move of no prompt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from llmops_cli.files.json_value import Json
from llmops_cli.prompts.live import Environment, version_in
from llmops_cli.prompts.served import FOLDER, file_of, tag_of
from llmops_cli.prompts.tag import DIGEST
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.trailers import all_trailers, with_trailers

Action = Literal["promote", "rollback", "by hand", "freeze", "unfreeze", "gto"]
_OURS: dict[str, Action] = {action: action for action in ("promote", "rollback", "freeze", "unfreeze")}
_FIELDS = ("%H", "%P", "%an", "%aI", "%B")
_LOG = "".join(f"{field}%x00" for field in _FIELDS)
_NOTHING = "0" * 40  # no commit has this id
_PROMPT = "Llmops-Prompt"


@dataclass(frozen=True, slots=True)
class Move:
    """One step in the life of an environment. `before` and `after` are versions, empty for none."""

    environment: str
    commit: str
    action: Action
    prompt: str
    before: str
    after: str
    who: str
    date: str  # RFC 3339; for people, never for order
    reason: str = ""
    digest: str = ""
    release_commit: str = ""

    def sentence(self) -> str:
        """`production: rag-answer was moved 3.2.0 -> 3.1.0 by Bob Example (reason: wrong citations)`."""
        reason = f" (reason: {self.reason})" if self.reason else ""
        if not self.prompt:
            verb = "frozen" if self.action == "freeze" else "unfrozen"
            return f"{self.environment} was {verb} by {self.who}{reason}"
        step = f"{self.before or 'nothing'} -> {self.after or 'nothing'}"
        return f"{self.environment}: {self.prompt} was moved {step} by {self.who}{reason}"

    def as_json(self) -> dict[str, Json]:
        return {
            "environment": self.environment,
            "commit": self.commit,
            "action": self.action,
            "prompt": self.prompt,
            "from": self.before,
            "to": self.after,
            "who": self.who,
            "date": self.date,
            "reason": self.reason,
            "digest": self.digest,
            "release_commit": self.release_commit,
        }


def message_of(moves: Sequence[Move]) -> str:
    """The message of the commit that makes these moves: of one action, one environment, one reason, at least one."""
    first, many = moves[0], len(moves) > 1
    verb = "promoted" if first.action == "promote" else "back"
    subject = f"{first.environment}: {len(moves)} prompts {verb}" if many else _subject(first)
    body = "\n\n" + "\n".join(_subject(move) for move in moves) if many else ""
    groups = [
        (
            (_PROMPT, move.prompt),
            ("Llmops-From", move.before),
            ("Llmops-To", move.after),
            ("Llmops-Digest", move.digest),
            ("Llmops-Commit", move.release_commit),
        )
        for move in moves
    ]
    pairs = [pair for group in groups for pair in group]
    return with_trailers(subject + body, [("Llmops-Action", first.action), *pairs, ("Llmops-Reason", first.reason)])


def message_of_freeze(environment: str, action: Literal["freeze", "unfreeze"], reason: str) -> str:
    """The message of the commit that freezes or unfreezes an environment."""
    verb = "frozen" if action == "freeze" else "unfrozen"
    return with_trailers(f"{environment}: {verb}", {"Llmops-Action": action, "Llmops-Reason": reason})


def _subject(move: Move) -> str:
    if move.action == "rollback":
        return f"{move.environment}: {move.prompt} back from {move.before} to {move.after}"
    return f"{move.environment}: {move.prompt} {move.before or '(new)'} -> {move.after}"


def read_moves(repo: Repo, environment: str, tip: str, *, name: str = "", since: str | None = None) -> list[Move]:
    """The moves of an environment, newest first: of one prompt, or of all; only those after the commit `since`.

    Commits made by hand count by what they did to the files.
    """
    commits = f"{since}..{tip}" if since else tip
    where = ["--", file_of(name), tag_of(name)] if name else []
    log = repo.ask("log", "--first-parent", "--topo-order", f"--format={_LOG}", "--end-of-options", commits, *where)
    fields = log.out.decode("utf-8", "replace").split("\0")
    moves: list[Move] = []
    parents: dict[str, str] = {}  # of commits by hand
    for start in range(0, len(fields) - len(_FIELDS), len(_FIELDS)):
        commit, parent, who, date, message = (part.strip() for part in fields[start : start + len(_FIELDS)])
        told = _told(environment, commit, who, date, all_trailers(message))
        if told:
            moves += [move for move in told if name in ("", move.prompt)]
        else:
            parents[commit] = parent.split(" ")[0]
            moves.append(Move(environment, commit, "by hand", name, "", "", who, date, message.split("\n")[0]))
    by_hand = _by_hand(repo, [move for move in moves if move.commit in parents], parents)
    return [each for move in moves for each in (by_hand[move.commit] if move.commit in parents else [move])]


def log_of(repo: Repo | None, environment: Environment, name: str = "") -> list[Move]:
    """The whole log of an environment, newest first; empty when nothing was ever promoted there."""
    return read_moves(repo, environment.name, environment.tip, name=name) if repo and environment.tip else []


def stack_of(moves: Sequence[Move]) -> list[str]:
    """The versions one can go back through, the live one last; `moves` of one prompt, newest first.

    A promotion puts its version on top. A rollback takes off everything above its target, so that the next rollback
    goes further back and not forth again; a target that was never live takes the place of the one it replaces.
    At the bottom is what the oldest move took the place of: what GTO's tags served before the branch began.
    """
    stack = [move.before for move in moves[-1:] if move.before]
    for move in reversed(moves):
        if not move.after:
            continue
        if move.action == "rollback":
            stack = stack[: stack.index(move.after)] if move.after in stack else stack[:-1]
        if not stack or stack[-1] != move.after:
            stack.append(move.after)
    return stack


def _told(environment: str, commit: str, who: str, date: str, trailers: Sequence[tuple[str, str]]) -> list[Move]:
    """The moves that a commit says it made; none when it is not one of ours."""
    said = dict(trailers)
    action = _OURS.get(said.get("Llmops-Action", ""))
    if action is None:
        return []
    reason = said.get("Llmops-Reason", "")
    if action in ("freeze", "unfreeze"):
        return [Move(environment, commit, action, "", "", "", who, date, reason)]
    groups: list[dict[str, str]] = []
    for key, value in trailers:
        if key == _PROMPT:
            groups.append({})
        if groups:
            groups[-1][key] = value
    return [
        Move(
            environment=environment,
            commit=commit,
            action=action,
            prompt=one[_PROMPT],
            before=one.get("Llmops-From", ""),
            after=one.get("Llmops-To", ""),
            who=who,
            date=date,
            reason=reason,
            digest=digest if DIGEST.match(digest := one.get("Llmops-Digest", "")) else "",
            release_commit=one.get("Llmops-Commit", ""),
        )
        for one in groups
        if one[_PROMPT]
    ]


def _by_hand(repo: Repo, moves: Sequence[Move], parents: Mapping[str, str]) -> dict[str, list[Move]]:
    """By commit, what those without our trailers did: a move for every prompt touched (for `move.prompt`, if given)."""
    touched = _touched(repo, parents) if any(not move.prompt for move in moves) else {}
    steps = [
        (move, path) for move in moves for path in ([file_of(move.prompt)] if move.prompt else touched[move.commit])
    ]
    after = repo.read_blobs([f"{move.commit}:{path}" for move, path in steps])
    before = repo.read_blobs([f"{parents[move.commit] or _NOTHING}:{path}" for move, path in steps])
    found: dict[str, list[Move]] = {move.commit: [] for move in moves}
    for (move, path), was, now in zip(steps, before, after, strict=True):
        prompt = path.removeprefix(FOLDER).removesuffix(".yaml")
        versions = str(version_in(was) or ""), str(version_in(now) or "")
        found[move.commit].append(replace(move, prompt=prompt, before=versions[0], after=versions[1]))
    return found


def _touched(repo: Repo, parents: Mapping[str, str]) -> dict[str, list[str]]:
    """The prompt files that each commit changed against its first parent, in one process."""
    lines = "".join(f"{commit} {parent}".strip() + "\n" for commit, parent in parents.items())
    said = repo.ask("diff-tree", "--stdin", "--root", "-r", "-z", "--name-only", stdin=lines.encode())
    found: dict[str, list[str]] = {commit: [] for commit in parents}
    commit = ""
    for word in said.text.split("\0"):  # an id, and the paths it touched
        if word in found:
            commit = word
        elif word.startswith(FOLDER) and word.endswith(".yaml"):
            found[commit].append(word)
    return found
