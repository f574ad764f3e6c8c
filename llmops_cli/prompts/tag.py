"""A release and its tag: `NAME@vX.Y.Z`, a sentence for people, trailers for programs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from llmops_cli.errors import InputError
from llmops_cli.prompts.mark import Mark
from llmops_cli.prompts.prompt import NAME
from llmops_cli.prompts.version import Version, exact_version
from llmops_cli.vcs.tag_object import TagRef, parse_tag
from llmops_cli.vcs.trailers import read_trailers, with_trailers

DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_TAG = re.compile(r"(?P<name>[^@]+)@v(?P<version>[0-9].*)\Z")


@dataclass(frozen=True, slots=True)
class Release:
    """A released version, as its tag states it. Immutable once it exists; what is said of it later stands in marks.

    `yanked` and `deprecated` are the reasons, empty where it is not.
    """

    name: str
    version: Version
    digest: str
    commit: str
    path: str  # from the top of the repository
    level: str = ""
    eval_summary: str = ""
    previous: str = ""  # the version below it when it was made, and the id of that one's tag: `1.1.0 0f3c...`
    tag_id: str = ""
    who: str = ""
    date: str = ""  # RFC 3339; for people, never for order
    yanked: str = ""
    deprecated: str = ""
    counter: str = ""  # `#3` where GTO numbered the tag

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def tag(self) -> str:
        return tag_name(self.name, self.version) + self.counter

    def message(self) -> str:
        """The message of the tag."""
        return with_trailers(
            f"Registering artifact {self.name} version v{self.version}",
            {
                "Llmops-Digest": self.digest,
                "Llmops-Path": self.path,
                "Llmops-Level": self.level,
                "Llmops-Eval": self.eval_summary,
                "Llmops-Previous": self.previous,
            },
        )


def tag_name(name: str, version: Version) -> str:
    """`NAME@vX.Y.Z`."""
    return f"{name}@v{version}"


def read_tag_object(data: bytes) -> Release:
    """The release whose tag object has these bytes. Whether it is signed, and by whom, is not looked at.

    Raises InputError when it is no tag of a release.
    """
    try:
        tag = parse_tag(data)
    except ValueError as error:
        raise InputError(str(error)) from None
    match = _TAG.match(tag.name)
    version = exact_version(match["version"].partition("#")[0]) if match else None
    read = read_release(tag, match["name"], version) if match and version else "it is not the tag of a release"
    if isinstance(read, str):
        raise InputError(f"tag {tag.name}: {read}")
    return read


def is_inside(path: str) -> bool:
    """Whether a path from the top of the repository names a file in it: others git refuses to look up at all."""
    return path.isprintable() and not {"", ".", ".."} & set(path.split("/"))


def marked(release: Release, marks: Mapping[str, Mark]) -> Release:
    """The release with what was said of it later."""
    own, whole = marks.get(release.reference), marks.get(release.name)
    if own is not None and own.kind == "yanked":
        return replace(release, yanked=own.sentence)
    said = own or whole
    return replace(release, deprecated=said.sentence) if said else release


def read_release(tag: TagRef, name: str, version: Version) -> Release | str:
    """The release, or why the tag is not one.

    One without a word of ours is GTO's: it has no digest and no path.
    """
    if not tag.kind:
        return "it is a lightweight tag"
    if tag.kind != "commit":
        return f"it points at a {tag.kind}, not at a commit"
    if not NAME.match(name):
        return f"{name!r} is not a prompt name"
    trailers = read_trailers(f"{tag.subject}\n\n{tag.body}")
    digest = trailers.get("Llmops-Digest", "")
    path = trailers.get("Llmops-Path", "")
    ours = any(key.startswith("Llmops-") for key in trailers)
    if ours and not (DIGEST.match(digest) and path):
        return "it was not made by llmops (no Llmops-Digest and Llmops-Path)"
    if path and not is_inside(path):
        return f"its Llmops-Path {path!r} leads out of the repository"
    return Release(
        name=name,
        version=version,
        digest=digest,
        commit=tag.target,
        path=path,
        level=trailers.get("Llmops-Level", ""),
        eval_summary=trailers.get("Llmops-Eval", ""),
        previous=trailers.get("Llmops-Previous", ""),
        tag_id=tag.tag_id,
        who=tag.tagger,
        date=tag.date,
        counter="".join(tag.name.partition("#")[1:]),
    )
