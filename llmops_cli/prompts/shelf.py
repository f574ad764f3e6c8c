"""What the tags say of one prompt, read no further than somebody asks: their names first, a message when it counts.

A registry of ten thousand releases is listed from the names alone; only the releases that are looked at are read.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from llmops_cli.errors import InputError
from llmops_cli.prompts.mark import Mark, is_mark, read_marks
from llmops_cli.prompts.prompt import NAME
from llmops_cli.prompts.tag import Release, marked, read_release
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.refs import TagName, read_tags
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tag_object import TagRef

Complete = Callable[[Sequence[Release]], Sequence[Release]]  # what a release of GTO's does not say itself


class TagReader:
    """Tag objects of a repository, each read once, as many as possible in one process."""

    def __init__(self, repo: Repo | None) -> None:
        self._repo = repo
        self._read: dict[TagName, TagRef] = {}

    def read(self, tags: Sequence[TagName]) -> list[TagRef]:
        """These tags, in their order."""
        missing = [tag for tag in dict.fromkeys(tags) if tag not in self._read]
        if missing and self._repo is not None:
            self._read.update(zip(missing, read_tags(self._repo, missing), strict=True))
        return [self._read[tag] for tag in tags]


class Shelf:
    """The releases of one prompt, and what was said of them later. `warnings`: tags that only look like one."""

    def __init__(self, name: str, reader: TagReader, complete: Complete) -> None:
        self.name = name
        self.warnings: list[str] = []
        self._reader = reader
        self._complete = complete
        self._tags: list[TagName] = []  # those of releases, and those of marks
        self._mark_tags: list[TagName] = []
        self._made: dict[Version, Release | None] = {}

    def put(self, tag: TagName) -> None:
        """Add a tag; all of them before anything is asked."""
        (self._mark_tags if is_mark(tag.name) else self._tags).append(tag)

    @cached_property
    def versions(self) -> dict[Version, TagName]:
        """The tags that look like a release, by version in ascending order."""
        found: dict[Version, TagName] = {}
        start = len(self.name) + 2  # NAME@v
        for tag in self._tags:
            text, sign, counter = tag.name[start:].partition("#")
            try:
                version = Version.parse(text)
            except InputError as error:
                self._skip(tag, error.message)
                continue
            if tag.kind != "tag":
                self._skip(tag, "it is a lightweight tag")
            elif sign and not (counter.isascii() and counter.isdigit()):
                self._skip(tag, "what follows # is no number")
            elif counter and version in found:
                self._skip(tag, f"{self.name} {version} has another tag")
            else:
                found[version] = tag
        return dict(sorted(found.items(), key=lambda item: item[0].precedence))

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """What was said later, as `read_marks` gives it."""
        found, warnings = read_marks(self._reader.read(self._mark_tags))
        self.warnings += warnings
        return found

    @cached_property
    def yanked(self) -> set[Version]:
        """The versions that are yanked."""
        return {mark.version for mark in self.marks.values() if mark.kind == "yanked" and mark.version is not None}

    def release(self, version: Version) -> Release | None:
        """One release, None when there is none of this version."""
        return next(iter(self._some([version])), None)

    def releases(self) -> tuple[Release, ...]:
        """All of them, in ascending order of versions."""
        return tuple(self._some(list(self.versions)))

    def latest(self, *, yanked: bool) -> Release | None:
        """The highest release that is no prerelease, else the highest; of those not yanked, if not `yanked`."""
        falling = [one for one in reversed(self.versions) if yanked or one not in self.yanked]
        best_first = sorted(falling, key=lambda one: bool(one.pre))
        return next((release for one in best_first if (release := self.release(one))), None)

    def worth_reading(self, versions: Iterable[Version]) -> list[TagName]:
        """The tags behind the marks, the latest release and these versions."""
        finals = [one for one in self.versions if not one.pre] or list(self.versions)
        wanted = [one for one in (*finals[-1:], *versions) if one in self.versions]
        return [*self._mark_tags, *(self.versions[one] for one in wanted)]

    def _some(self, versions: Sequence[Version]) -> list[Release]:
        missing = [one for one in versions if one not in self._made and one in self.versions]
        tags = self._reader.read([self.versions[one] for one in missing])
        read: list[Release] = []
        for version, tag in zip(missing, tags, strict=True):
            made = read_release(tag, self.name, version)
            if isinstance(made, Release) and not made.digest and self._says_digests_below(version):
                made = "it says no digest, and a version below it does: it was not made by llmops"
            if isinstance(made, Release):
                read.append(marked(made, self.marks))
            else:
                self._made[version] = None
                self.warnings.append(f"tag {tag.name} is skipped: {made}")
        self._made.update({release.version: release for release in self._complete(read)})
        return [release for one in versions if (release := self._made.get(one))]

    def _says_digests_below(self, version: Version) -> bool:
        """Whether llmops had made releases already: what GTO made comes before them, what comes after is somebody's."""
        first = self._first_digest
        return first is not None and first < version

    @cached_property
    def _first_digest(self) -> Version | None:
        """The lowest version whose tag says a digest. Reads them all; asked only where one says none."""
        tags = self._reader.read(list(self.versions.values()))
        made = (read_release(tag, self.name, one) for one, tag in zip(self.versions, tags, strict=True))
        return next((one.version for one in made if isinstance(one, Release) and one.digest), None)

    def _skip(self, tag: TagName, reason: str) -> None:
        self.warnings.append(f"tag {tag.name} is skipped: {reason}")


def sort_tags(tags: Iterable[TagName], reader: TagReader, complete: Complete) -> tuple[dict[str, Shelf], list[str]]:
    """A shelf for every prompt that has a tag, and a sentence for the tags of what cannot be a prompt."""
    shelves: dict[str, Shelf] = {}
    odd: dict[str, list[str]] = {}
    for tag in tags:
        name, at, rest = tag.name.partition("@")
        if not at or (not (rest[:1] == "v" and rest[1:2].isdigit()) and not rest.startswith("deprecated")):
            continue  # nothing of a version at all
        shelf = shelves.get(name)
        if shelf is None:
            if not NAME.match(name):
                odd.setdefault(name, []).append(tag.name)
                continue
            shelf = shelves[name] = Shelf(name, reader, complete)
        shelf.put(tag)
    return shelves, [_odd(name, names) for name, names in odd.items()]


def _odd(name: str, tags: Sequence[str]) -> str:
    more = f" and {len(tags) - 1} more are" if len(tags) > 1 else " is"
    return f"tag {tags[0]}{more} skipped: {name!r} is not a prompt name"
