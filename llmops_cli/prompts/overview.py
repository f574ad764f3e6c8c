"""Every prompt at a glance: its version, whether that is released, and where it is live."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from llmops_cli.errors import FileError, InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.file import load_prompt, prompt_path
from llmops_cli.prompts.promotable import said_of
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reference import check_name
from llmops_cli.prompts.registry import Registry
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.working_file import WorkingFile, as_released, read_files

State = Literal["released", "modified", "unreleased", "deleted", "broken"]


@dataclass(frozen=True, slots=True)
class Overview:
    """One prompt. `state` is of the working tree: `modified` means that its version is released with other content."""

    name: str
    version: str  # of the working tree, empty when deleted or broken
    state: State
    released: str  # the latest released version, empty for none
    live: Mapping[str, str]  # environment -> version
    problem: str = ""
    yanked: str = ""  # why the version of the working tree is
    deprecated: str = ""  # why the prompt is, or this version
    prompt: Prompt | None = field(default=None, compare=False)  # of the working tree


def overview(registry: Registry, *, texts: bool = True) -> list[Overview]:
    """All prompts by name; a file that cannot be loaded is `broken`, never an exception.

    Without `texts` a file that is the released one to the byte is not parsed, and its `prompt` is None.
    """
    files = read_files(registry)
    registry.read_ahead({name: files[name].version if name in files else None for name in registry.names()})
    unchanged = set() if texts else as_released(registry, files.values())
    rows = [_one(registry, name, files.get(name), name in unchanged) for name in registry.names()]
    # a tag that looks like a release, and is none, makes no prompt
    return [row for row in rows if row.name in files or row.released or row.live]


def state_of(registry: Registry, name: str, version: str, digest: str) -> State:
    """How a version with this digest stands to the releases."""
    release = registry.release(name, version)
    if release is None:
        return "unreleased"
    return "released" if release.digest == digest else "modified"


def live_on(registry: Registry, release: Release) -> list[str]:
    """The environments that serve a release."""
    return [live.environment for live in registry.serving(release.name) if live.version == release.version]


def _one(registry: Registry, name: str, file: WorkingFile | None, unchanged: bool) -> Overview:
    latest = registry.latest(name)
    said = registry.mark(name)
    row = Overview(
        name=name,
        version="",
        state="deleted",
        released=str(latest.version) if latest else "",
        live={served.environment: str(served.version) for served in registry.serving(name)},
        deprecated=said.sentence if said else "",
    )
    if file is None:
        return row
    release = registry.release(name, file.version) if unchanged and file.version else None
    if release is not None:
        return replace(row, version=str(release.version), state="released", yanked=release.yanked,
                       deprecated=release.deprecated)  # fmt: skip
    try:
        prompt = load_prompt(registry.work_tree, file.path or name, folder=registry.folder)
    except InputError as error:  # what is wrong with the file, or with its name
        return replace(row, state="broken", problem=file.problem or error.message)
    state = state_of(registry, name, str(prompt.version), prompt.digest)
    yanked, deprecated = said_of(registry, prompt)
    return replace(row, version=str(prompt.version), state=state, yanked=yanked, deprecated=deprecated, prompt=prompt)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One version of a prompt; the working version has no date, and a state instead."""

    version: str
    state: State
    digest: str
    level: str = ""
    date: str = ""  # RFC 3339
    who: str = ""
    eval_summary: str = ""
    live: tuple[str, ...] = ()
    yanked: str = ""  # the reasons
    deprecated: str = ""

    def as_json(self) -> dict[str, Json]:
        return {
            "version": self.version,
            "state": self.state,
            "digest": self.digest,
            "level": self.level,
            "date": self.date,
            "who": self.who,
            "eval": self.eval_summary,
            "live": list(self.live),
            "yanked": self.yanked,
            "deprecated": self.deprecated,
        }


def history(registry: Registry, name: str) -> list[LogEntry]:
    """The versions of a prompt, newest first: the working version when it is not a release, then all releases.

    A working file that cannot be loaded is `broken` and has no version. Raises InputError for an unknown name.
    """
    check_name(name)
    releases = registry.releases(name)
    path = prompt_path(registry.work_tree, name, folder=registry.folder)
    if path is None and not releases:
        raise InputError(f"there is no prompt {name!r}", hint=registry.known(name))
    entries = [
        LogEntry(
            version=str(release.version),
            state="released",
            digest=release.digest,
            level=release.level,
            date=release.date,
            who=release.who,
            eval_summary=release.eval_summary,
            live=tuple(live_on(registry, release)),
            yanked=release.yanked,
            deprecated=release.deprecated,
        )
        for release in reversed(releases)
    ]
    if path is None:
        return entries
    try:
        prompt = load_prompt(registry.work_tree, path, folder=registry.folder)
    except FileError:
        return [LogEntry("", "broken", ""), *entries]
    state = state_of(registry, name, str(prompt.version), prompt.digest)
    if state == "released":
        return entries
    return [LogEntry(str(prompt.version), state, prompt.digest), *entries]
