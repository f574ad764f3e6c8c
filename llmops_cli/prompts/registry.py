"""The registry: what is authored, released and live, read from git in a few commands and then answered from memory.

A snapshot: after a release or a promotion open it again. Order comes from versions and ancestry, never from clocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from llmops_cli.config import Config
from llmops_cli.errors import FileError, InputError
from llmops_cli.files.shape import nearest
from llmops_cli.prompts.file import load_prompt, prompt_names, prompt_path
from llmops_cli.prompts.gto import load_gto, with_paths
from llmops_cli.prompts.gto_stages import Stages
from llmops_cli.prompts.live import BRANCHES, Environment, Live, read_environments, read_live
from llmops_cli.prompts.mark import Mark
from llmops_cli.prompts.moves import Move, log_of
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reference import Reference, check_name
from llmops_cli.prompts.served import load_served, tag_of
from llmops_cli.prompts.shelf import TagReader, sort_tags
from llmops_cli.prompts.tag import Release
from llmops_cli.prompts.version import Version, exact_version
from llmops_cli.prompts.version_range import VersionRange
from llmops_cli.vcs.commit_tree import CommitTree, Known
from llmops_cli.vcs.refs import Refs, read_refs
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tree import Tree

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a released file lies: below `prefix` (the project as it is now, empty when the file is not inside)."""

    prefix: str
    path: str
    folder: str  # of the prompts


class Registry:
    """What one project has released and serves. Without a git repository it knows the working tree alone."""

    def __init__(self, config: Config, repo: Repo | None, refs: Refs) -> None:
        self.config = config
        self.repo = repo
        self.refs = refs
        self._reader = TagReader(repo)
        self._shelves, self._odd = sort_tags(refs.tags, self._reader, self._completed)
        self._stages = Stages(refs.tags, self._reader.read, self.releases)
        self._digests: dict[str, str] = {}  # of releases that GTO made, by reference
        self._trees: dict[tuple[str, str], CommitTree] = {}
        self._known = Known()

    @property
    def folder(self) -> str:
        """The folder of the prompts, relative to the project root."""
        return self.config.settings.prompts

    @cached_property
    def work_tree(self) -> Tree:
        """The files as they stand; in a bare repository those of HEAD."""
        return self.config.files()

    def need_git(self, because: str) -> Repo:
        """The repository. Raises InputError outside of git; `because` says what it is for: `a release is a tag`."""
        if self.repo is None:
            raise InputError(f"this is not a git repository, and {because}", hint="run: git init")
        return self.repo

    def commit_tree(self, commit: str, *, label: str = "") -> CommitTree:
        """The project's files at a commit."""
        if (commit, label) not in self._trees:
            repo = self.need_git("a commit is in one")
            self._trees[commit, label] = CommitTree(
                repo, commit, prefix=self.config.prefix, label=label, known=self._known
            )
        return self._trees[commit, label]

    @property
    def warnings(self) -> list[str]:
        """A sentence for every tag that only looks like one of ours, as far as they have been read."""
        return [*self._odd, *(text for name in self._shelves for text in self.warnings_of(name))]

    def warnings_of(self, name: str) -> list[str]:
        """The warnings about the tags of one prompt."""
        self.versions(name)  # their names at least are read
        return self._shelves[name].warnings if name in self._shelves else []

    def releases(self, name: str | None = None) -> tuple[Release, ...]:
        """The releases of a prompt (or of all) in ascending order of versions."""
        if name is not None:
            return self._shelves[name].releases() if name in self._shelves else ()
        self._reader.read([tag for shelf in self._shelves.values() for tag in shelf.versions.values()])
        return tuple(release for each in sorted(self._shelves) for release in self._shelves[each].releases())

    def versions(self, name: str) -> list[Version]:
        """The versions that look released, in ascending order, from the names of the tags alone."""
        return list(self._shelves[name].versions) if name in self._shelves else []

    def tagged(self, name: str, version: Version) -> str | None:
        """The id of the tag that bears the name of this release; it is not read."""
        tag = self._shelves[name].versions.get(version) if name in self._shelves else None
        return tag.tag_id if tag else None

    def yanked(self, name: str) -> set[Version]:
        """The versions that are yanked."""
        return self._shelves[name].yanked if name in self._shelves else set()

    def latest(self, name: str, *, yanked: bool = False) -> Release | None:
        """The highest release that is no prerelease, else the highest; None when there is none.

        Yanked ones count only where their numbers are meant, which stay taken.
        """
        return self._with_digest(self._shelves[name].latest(yanked=yanked)) if name in self._shelves else None

    def release(self, name: str, version: Version | str) -> Release | None:
        """One release, None when it does not exist."""
        wanted = exact_version(version) if isinstance(version, str) else version
        return self._with_digest(self._shelves[name].release(wanted)) if wanted and name in self._shelves else None

    def mark(self, name: str, version: Version | None = None) -> Mark | None:
        """What was said of a release, or of the prompt as a whole, after it was made."""
        about = name if version is None else f"{name}@{version}"
        return self._shelves[name].marks.get(about) if name in self._shelves else None

    def read_ahead(self, versions: Mapping[str, Version | None]) -> None:
        """Read in one go, for each of these prompts, the latest release, this version, and what was said of them."""
        self._reader.read(
            [
                tag
                for name, version in versions.items()
                if name in self._shelves
                for tag in self._shelves[name].worth_reading([version] if version else [])
            ]
        )

    def _with_digest(self, release: Release | None) -> Release | None:
        """One that GTO made gets the digest of its prompt, if that can be read and states the version of the tag."""
        if release is None or release.digest:
            return release
        if release.reference not in self._digests:
            try:
                prompt = self._load(release)
                self._digests[release.reference] = prompt.digest if prompt.version == release.version else ""
            except FileError:
                self._digests[release.reference] = ""
        return replace(release, digest=self._digests[release.reference])

    def _completed(self, releases: Sequence[Release]) -> Sequence[Release]:
        """What the tags of GTO do not say of their releases, read from their commits."""
        if self.repo is None or all(release.path for release in releases):
            return releases
        return with_paths(self.repo, releases, folder=self.config.prefix + self.folder)

    def names(self) -> list[str]:
        """Every prompt that exists in the working tree, in a release, or in an environment."""
        served = {name for environment in self._live.values() for name in environment}
        return sorted({*self.authored(), *(name for name, shelf in self._shelves.items() if shelf.versions), *served})

    def authored(self) -> list[str]:
        """The prompts of the working tree."""
        return prompt_names(self.work_tree, folder=self.folder)

    @cached_property
    def _environments(self) -> dict[str, Environment]:
        if self.repo is None:
            return {name: Environment(name) for name in self.config.settings.environments}
        found = read_environments(self.repo, self.refs, list(self.config.settings.environments))
        for stage in self._stages.names:
            known = found.setdefault(stage, Environment(stage))
            if known.tip is None:
                found[stage] = replace(known, by_gto=True)
        return found

    def environments(self) -> list[Environment]:
        """The configured environments, then all others that have a branch."""
        return list(self._environments.values())

    def environment(self, name: str) -> Environment:
        """One environment. Raises InputError for a name that is neither configured nor a branch below `llmops/`."""
        if name not in self._environments:
            raise InputError(
                f"there is no environment {name!r}",
                hint=nearest(name, list(self._environments)) + "; a further one is named in llmops.yaml: environments",
            )
        return self._environments[name]

    @cached_property
    def _live(self) -> dict[str, dict[str, Live]]:
        if self.repo is None:
            return {}
        of_stages = {each.name: self._live_by_gto(each.name) for each in self.environments() if each.by_gto}
        return read_live(self.repo, self.environments()) | of_stages

    def _live_by_gto(self, stage: str) -> dict[str, Live]:
        found = {name: (release, self.blob_of(release)) for name, release in self._stages.served(stage).items()}
        return {
            name: Live(stage, name, release.version, blob, release.commit)
            for name, (release, blob) in found.items()
            if blob is not None
        }

    def log(self, environment: Environment, name: str = "") -> list[Move]:
        """The whole log of an environment, newest first; of a stage that GTO keeps, what its tags did."""
        moves = self._stages.moves(environment.name, name) if environment.by_gto else []
        return moves or log_of(self.repo, environment, name)

    def live(self, environment: str) -> dict[str, Live]:
        """What an environment serves, by prompt."""
        return self._live.get(self.environment(environment).name, {})

    def silence(self, environment: Environment, or_else: str = "nothing is live on {}") -> str:
        """What to say of an environment on which nothing is seen: this clone has never asked the remote, or_else."""
        remote = self.config.settings.remote
        if environment.tip is None and self.repo and remote in self.repo.remotes():
            fetch = f"git fetch {remote} '+refs/heads/llmops/*:refs/remotes/{remote}/llmops/*'"
            return f"nothing is known to be live on {environment.name}; to ask the remote: {fetch}"
        return or_else.format(environment.name)

    def serving(self, name: str) -> list[Live]:
        """Where a prompt is live."""
        return [served[name] for served in self._live.values() if name in served]

    def head_prompt(self, name: str) -> Prompt | None:
        """The prompt as HEAD holds it; None when it does not. Raises FileError."""
        commit = self.repo.head() if self.repo else None
        return self.prompt_at(name, commit, label="HEAD") if commit else None

    def prompt_at(self, name: str, commit: str, *, label: str) -> Prompt | None:
        """The prompt at a commit; None when it has none of that name. Raises FileError."""
        tree = self.commit_tree(commit, label=label)
        path = prompt_path(tree, name, folder=self.folder)
        return load_prompt(tree, path, folder=self.folder) if path else None

    def blob_of(self, release: Release) -> str | None:
        """The object id of a release's file; None when its commit does not hold it."""
        return self.repo.object_ids([f"{release.commit}:{release.path}"])[0] if self.repo else None

    def released_prompt(self, release: Release) -> Prompt:
        """The prompt of a release, read from its commit. Raises FileError."""
        if release.digest:
            return self._load(release)
        return load_gto(self._load_tree(release), self.place_of(release).path, release)

    def _load(self, release: Release) -> Prompt:
        place = self.place_of(release)
        return load_prompt(self._load_tree(release), place.path, folder=place.folder)

    def _load_tree(self, release: Release) -> CommitTree:
        place = self.place_of(release)
        tree = self.commit_tree(release.commit, label=release.reference)
        if place.prefix != self.config.prefix:
            tree = CommitTree(tree.repo, release.commit, label=release.reference, known=self._known)
        return tree

    def place_of(self, release: Release) -> Place:
        """Where the file of a release lies in its commit."""
        prefix = self.config.prefix if release.path.startswith(self.config.prefix) else ""
        path = release.path.removeprefix(prefix)
        return Place(prefix, path, path.rpartition(".")[0].removesuffix(release.name).rstrip("/"))

    def resolve(self, reference: Reference) -> Prompt:
        """The prompt that a person means: exact version, range, environment, then branch or commit.

        Raises InputError that lists what exists, FileError when the file found there is not a prompt.
        """
        if not reference.at:
            path = prompt_path(self.work_tree, reference.name, folder=self.folder)
            if path is None:
                hint = nearest(reference.name, self.authored())
                where = f"{self.folder}/{reference.name}.yaml"
                raise InputError(f"there is no prompt {reference.name!r} ({where} does not exist)", hint=hint)
            return load_prompt(self.work_tree, path, folder=self.folder)
        release = self._release_meant(reference)
        if release is not None:
            return self.released_prompt(release)
        if reference.at in self._environments:
            return self._served(reference)
        commit = self._commit_meant(reference.at)
        if commit is None:
            raise InputError(f"{reference}: {reference.at!r} is no version, environment, branch or commit",
                             hint=self.known(reference.name))  # fmt: skip
        prompt = self.prompt_at(reference.name, commit, label=f"{reference.at} ({commit[:7]})")
        if prompt is None:
            raise InputError(f"{reference}: there is no prompt {reference.name!r} at {reference.at} ({commit[:7]})")
        return prompt

    def must_release(self, name: str, version: str) -> Release:
        """A release by the text of its version (`3.1.0`, `v3.1.0`). Raises InputError that lists the known ones."""
        check_name(name)
        wanted = Version.parse(version.removeprefix("v"))
        release = self.release(name, wanted)
        if release is None:
            raise InputError(f"{name} {wanted} is not released", hint=self.known(name))
        return release

    def known(self, name: str) -> str:
        """What can stand behind `NAME@`, for a hint."""
        if self.repo is None:
            return "this is not a git repository, so nothing is released here"
        if not self.versions(name) and self.tags_missing():
            return "no tags fetched; run: git fetch --tags"
        versions = [
            f"{one} (yanked)" if one in self.yanked(name) else str(one) for one in reversed(self.versions(name))
        ]
        shown = ", ".join(versions[:12]) + (f" and {len(versions) - 12} more" if len(versions) > 12 else "")
        if not versions and name not in self.names():
            return nearest(name, self.names()) or "there are no prompts here"
        places = ", ".join(self._environments)
        shallow = self.repo.is_shallow() and self.repo.remotes()
        more = "; this clone is shallow and may lack releases: git fetch --tags" if shallow else ""
        return f"released: {shown or 'nothing yet'}; environments: {places}{more}"

    def tags_missing(self) -> bool:
        """Whether this is a clone in which not a single tag is known, as CI checkouts are."""
        return self.repo is not None and not self.refs.tags and bool(self.repo.remotes())

    def choose(self, name: str, text: str) -> Release:
        """The release that a version, a range or `latest` means. Raises InputError that lists the known ones."""
        check_name(name)
        return self._release_meant(Reference(name, text)) or self.must_release(name, text)

    def _release_meant(self, reference: Reference) -> Release | None:
        """The release of a version, of a range or the latest; None when the reference is none of these.

        Raises InputError. A yanked one is meant by its version alone.
        """
        name, text = reference.name, reference.at
        if exact_version(text):
            return self.must_release(name, text)
        wanted = VersionRange.parse(text)
        if text != LATEST and wanted is None:
            return None
        if wanted is None:
            found = self.latest(name)
        else:
            fitting = (self.release(name, one) for one in reversed(self.versions(name)) if one in wanted)
            found = next((release for release in fitting if release and not release.yanked), None)
        if found is None:
            which = f"is in {text}" if wanted else "can be the latest"
            raise InputError(f"no release of {name} {which}", hint=self.known(name))
        return found

    def _served(self, reference: Reference) -> Prompt:
        self.need_git("an environment is a branch")
        served = self.live(reference.at).get(reference.name)
        if served is None:
            names = sorted(self.live(reference.at))
            hint = f"live there: {', '.join(names)}" if names else self.silence(self.environment(reference.at))
            raise InputError(f"{reference.name} is not live on {reference.at}", hint=hint)
        return self.served_prompt(served, label=f"{reference.at} ({served.commit[:7]})")

    def served_prompt(self, served: Live, *, label: str) -> Prompt:
        """A prompt as an environment serves it. `label` is how messages name that. Raises FileError."""
        tree = CommitTree(self.need_git("an environment is a branch"), served.commit, label=label)
        release = self.release(served.name, served.version)
        if tree.read(tag_of(served.name)) is None and release and self.blob_of(release) == served.blob:
            return self.released_prompt(release)  # written before an environment held all that its prompts read
        return load_served(tree.read, served.name, label=label).prompt

    def _commit_meant(self, text: str) -> str | None:
        if self.repo is None:
            return None
        remote = self.config.settings.remote
        names = (f"refs/heads/{text}", f"refs/remotes/{remote}/{text}", text)
        return next((commit for name in names if (commit := self.repo.commit_of(name))), None)


def open_registry(config: Config, *, shared: str = "") -> Registry:
    """Read the registry of a project. Of the environment `shared` only what the remote has counts.

    Raises InputError when git refuses to read the repository.
    """
    repo = config.find_repo()
    if config.git_root and (repo is None or repo.root.resolve() != config.git_root):
        # without its releases every guard would find everything in order
        raise InputError(f"{config.git_root / '.git'} is not a repository that git can read", hint="run: git status")
    refs = read_refs(repo, folder=BRANCHES, remote=config.settings.remote) if repo else Refs((), {}, {})
    refs.local.pop(shared, None)
    return Registry(config, repo, refs)
