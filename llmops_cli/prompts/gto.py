"""Repositories that GTO keeps: their tags are read as they are (https://mlem.ai/doc/gto).

A release of GTO's says neither its digest nor its file. The file is what `artifacts.yaml` at its commit names, else the
prompt's own place, and the digest is that of the prompt in it; both are read from the commit.
"""

from collections.abc import Sequence
from dataclasses import replace

from llmops_cli.errors import FileError
from llmops_cli.files.yaml_source import parse_yaml
from llmops_cli.prompts.tag import Release
from llmops_cli.vcs.repo import Repo

ARTIFACTS = "artifacts.yaml"


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
    return {name: path for name, path in paths.items() if isinstance(path, str) and _is_inside(path)}


def _is_inside(path: str) -> bool:
    return bool(path) and not path.startswith(("/", "-")) and ".." not in path.split("/") and path.isprintable()
