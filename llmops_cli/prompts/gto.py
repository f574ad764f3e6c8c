"""Repositories that GTO keeps: their tags are read as they are (https://mlem.ai/doc/gto).

A release of GTO's says neither its digest nor its file. The file is what `artifacts.yaml` at its commit names, else the
prompt's own place, and the digest is that of the prompt in it; both are read from the commit.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from llmops_cli.errors import FileError, Problem
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.legacy import modernise
from llmops_cli.prompts.prompt import Prompt
from llmops_cli.prompts.reading import Reading
from llmops_cli.prompts.tag import Release, is_inside
from llmops_cli.vcs.repo import Repo
from llmops_cli.vcs.tree import Tree, read_text

ARTIFACTS = "artifacts.yaml"


def load_gto(tree: Tree, path: str, release: Release) -> Prompt:
    """The prompt of a release of GTO's; what its file does not say of name and version, the tag does.

    `path` as the tree reads it. Raises FileError when the file is not there, or is no prompt.
    """
    text = read_text(tree, path)
    data = parse_yaml(text, path=path).data
    if not isinstance(data, dict):
        raise FileError([Problem(f"{path} at {tree.label}", 1, "", "a prompt file is a mapping of keys to values")])
    of_tag = {"name": release.name, "version": f"'{release.version}'"}
    lines = [f"{key}: {value}\n" for key, value in of_tag.items() if key not in data]
    whole = text if not lines else text.rstrip("\n") + "\n" + "".join(lines)
    document = modernise(parse_yaml(whole, path=f"{path} at {tree.label}"))
    return Reading(document, tree, path).prompt(release.name)


def with_paths(repo: Repo, releases: Sequence[Release], *, folder: str) -> list[Release]:
    """The releases, each with the path of its file; `folder` holds the prompts, from the top of the repository."""
    foreign = [release for release in releases if not release.path]
    if not foreign:
        return list(releases)
    texts = repo.read_blobs([f"{release.commit}:{ARTIFACTS}" for release in foreign])
    known: dict[bytes, dict[str, str]] = {}
    paths: dict[Release, str] = {}
    for release, text in zip(foreign, texts, strict=True):
        if text and text not in known:
            known[text] = _paths(text)
        paths[release] = known.get(text or b"", {}).get(release.name, f"{folder}/{release.name}.yaml")
    return [replace(release, path=paths[release]) if release in paths else release for release in releases]


def _paths(text: bytes) -> dict[str, str]:
    """Name to path, as far as `artifacts.yaml` says it in words we can follow; it is no file of ours to complain of."""
    try:
        data = parse_yaml(text.decode("utf-8", "replace"), path=ARTIFACTS).data
    except FileError:
        return {}
    said = data.items() if isinstance(data, dict) else ()
    paths = {name: entry.get("path") for name, entry in said if isinstance(entry, dict)}
    plain = {name: PurePosixPath(path).as_posix() for name, path in paths.items() if isinstance(path, str)}
    return {name: path for name, path in plain.items() if is_inside(path)}
