"""What an environment holds of a prompt: its file, the files it reads besides, and the tag that proves them.

    prompts/NAME.yaml              the file, byte for byte as released
    releases/NAME.tag              the tag object of its release: version, digest, scores, signature
    releases/NAME.files/PATH       every other file it reads; PATH as in the released commit, from its top
    frozen                         there while nothing may be promoted to the environment: the reason

Whoever has this tree needs nothing else to load the prompt, and to see that it is what was released. The name of a
prompt holds no dot, so none of these places can be another prompt's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from llmops_cli.errors import FileError, InputError, Problem
from llmops_cli.prompts.file import load_prompt
from llmops_cli.prompts.prompt import NAME, Prompt
from llmops_cli.prompts.tag import Release, read_tag_object

FOLDER = "prompts/"
RELEASES = "releases/"
FROZEN = "frozen"
Read = Callable[[str], bytes | None]  # of the files of an environment, None for what it does not hold


@dataclass(frozen=True, slots=True)
class Served:
    """A prompt as an environment serves it. `doubt`: why it is not proven to be a release; empty when it is."""

    prompt: Prompt
    release: Release | None
    doubt: str = ""


def file_of(name: str) -> str:
    """Where the file of a prompt lies in an environment."""
    return f"{FOLDER}{name}.yaml"


def tag_of(name: str) -> str:
    """Where the tag object of its release lies."""
    return f"{RELEASES}{name}.tag"


def parts_of(name: str) -> str:
    """The folder, with its slash, of the other files that it reads."""
    return f"{RELEASES}{name}.files/"


def name_at(path: str) -> str:
    """The prompt that a path of an environment belongs to; empty where it is none of the places above."""
    if path.startswith(FOLDER) and path.endswith(".yaml"):
        name = path.removeprefix(FOLDER).removesuffix(".yaml")
    elif path.startswith(RELEASES):
        name, dot, rest = path.removeprefix(RELEASES).partition(".")
        name = name if dot and (rest == "tag" or rest.startswith("files/")) else ""
    else:
        return ""
    return name if NAME.match(name) else ""


def load_served(read: Read, name: str, *, label: str = "") -> Served:
    """A prompt out of an environment. `label` is how messages name the environment.

    An environment that an older version of llmops wrote has no tag: its prompt is loaded, with a doubt.
    Raises FileError when it is not there, or is not a prompt.
    """
    tag = read(tag_of(name))
    if tag is None:
        tree = ServedFiles(read, name, file_of(name), label)
        return Served(load_prompt(tree, file_of(name), folder=FOLDER), None, "the tag of its release is not with it")
    try:
        release = read_tag_object(tag)
    except InputError as error:
        raise FileError([Problem(_at(tag_of(name), label), 0, "", error.message)]) from None
    if not release.digest:
        tree = ServedFiles(read, name, file_of(name), label)
        doubt = "the tag of its release was not made by llmops, and says no digest"
        return Served(load_prompt(tree, file_of(name), folder=FOLDER), None, doubt)
    folder = release.path.rpartition(".")[0].removesuffix(release.name).rstrip("/")
    tree = ServedFiles(read, name, release.path, label)
    if release.name != name or not folder:
        raise FileError([Problem(_at(tag_of(name), label), 0, "", f"is the tag of {release.name} ({release.path})")])
    prompt = load_prompt(tree, release.path, folder=folder)
    return Served(prompt, release, _doubt(prompt, release))


def _doubt(prompt: Prompt, release: Release) -> str:
    if prompt.version != release.version:
        return f"the file says {prompt.version}, the tag with it {release.version}"
    if prompt.digest != release.digest:
        return f"it is not what was released as {release.version} (another digest)"
    return ""


class ServedFiles:
    """The files of one prompt in an environment as a Tree, by their paths in the released commit (`path`: its own)."""

    def __init__(self, read: Read, name: str, path: str, label: str) -> None:
        self._read = read
        self._name = name
        self._path = path
        self.label = label

    def read(self, path: str) -> bytes | None:
        if path.startswith("/") or ".." in path.split("/") or "\n" in path:
            raise FileError([Problem(path, 0, "", "leads out of the project", "keep the file below the project root")])
        return self._read(file_of(self._name) if path == self._path else parts_of(self._name) + path)

    def paths(self, folder: str) -> list[str]:
        """The prompt alone: whoever reads a served prompt names its other files."""
        return [self._path] if self._path.startswith(folder.rstrip("/") + "/") else []


def _at(path: str, label: str) -> str:
    return f"{path} at {label}" if label else path
