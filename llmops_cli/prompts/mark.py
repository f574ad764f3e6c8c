"""What is said of a release after it was made, as a tag beside its own.

`NAME@vX.Y.Z!` the version is yanked: nobody may be served it any more, for ever (GTO calls it deregistered).
`NAME@deprecated` the prompt is deprecated, as GTO writes it; `NAME@vX.Y.Z.deprecated` one version of it is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from llmops_cli.errors import InputError
from llmops_cli.prompts.version import Version
from llmops_cli.vcs.tag_object import TagRef
from llmops_cli.vcs.trailers import read_trailers, with_trailers

Kind = Literal["yanked", "deprecated"]
# GTO may number its tags; a prerelease cannot be deprecated, as 1.0.0-rc.1.deprecated is a version
_MARK = re.compile(
    r"(?P<name>[^@#]+)@(?:v(?P<yanked>[0-9][^!#]*)!|v(?P<old>[0-9]+\.[0-9]+\.[0-9]+)\.deprecated|deprecated)(?:#[0-9]+)?\Z"
)
_SIGNS = {"yanked": "!", "deprecated": ".deprecated"}


@dataclass(frozen=True, slots=True)
class Mark:
    """One such statement. `version` is None where it is about the prompt as a whole; `use` names what to take instead.

    `commit` is what the tag stands on: that of the release.
    """

    kind: Kind
    name: str
    version: Version | None
    commit: str
    reason: str
    use: str = ""
    who: str = ""
    date: str = ""  # RFC 3339; for people, never for order

    @property
    def tag(self) -> str:
        if self.version is None:
            return f"{self.name}@deprecated"
        return f"{self.name}@v{self.version}{_SIGNS[self.kind]}"

    @property
    def sentence(self) -> str:
        """Why, and what to take instead: `wrong citations; use rag-answer@3.2.0`."""
        return f"{self.reason}; use {self.use}" if self.use else self.reason

    def message(self) -> str:
        """The message of the tag; its first line is GTO's."""
        if self.version is None:
            subject = f"Deprecating artifact '{self.name}'"
        else:
            verb = "Deregistering" if self.kind == "yanked" else "Deprecating"
            subject = f"{verb} artifact {self.name} version v{self.version}"
        return with_trailers(subject, {"Llmops-Reason": self.reason, "Llmops-Use": self.use})


def is_mark(tag_name: str) -> bool:
    """Whether a tag's name is that of a mark."""
    return ("!" in tag_name or "deprecated" in tag_name) and _MARK.match(tag_name) is not None


def read_marks(tags: Iterable[TagRef]) -> tuple[dict[str, Mark], list[str]]:
    """The marks by what they are about (`NAME`, `NAME@1.0.0`), and a sentence for every tag that only looks like one.

    A yank counts before a deprecation of the same version.
    """
    found: dict[str, Mark] = {}
    warnings: list[str] = []
    for tag in tags:
        match = _MARK.match(tag.name)
        if match is None:
            continue
        read = _mark(tag, match)
        if isinstance(read, str):
            warnings.append(f"tag {tag.name} is skipped: {read}")
            continue
        about = read.name if read.version is None else f"{read.name}@{read.version}"
        if about not in found or read.kind == "yanked":
            found[about] = read
    return found, warnings


def _mark(tag: TagRef, match: re.Match[str]) -> Mark | str:
    """The mark, or why the tag is none. A lightweight one is none: GTO ignores them, and nobody signs them."""
    if not tag.kind:
        return "it is a lightweight tag"
    try:
        said = match["yanked"] or match["old"]
        version = Version.parse(said) if said else None
    except InputError as error:
        return error.message
    trailers = read_trailers(f"{tag.subject}\n\n{tag.body}")
    return Mark(
        kind="yanked" if match["yanked"] else "deprecated",
        name=match["name"],
        version=version,
        commit=tag.target,
        reason=trailers.get("Llmops-Reason", "") or tag.subject or "no reason is given",
        use=trailers.get("Llmops-Use", ""),
        who=tag.tagger,
        date=tag.date,
    )
