"""Rules for servers: releases are not moved, environments only grow. Printed for people to apply; nothing is sent.

Shapes: https://docs.github.com/en/rest/repos/rules#create-a-repository-ruleset,
https://docs.gitlab.com/api/protected_tags/ and https://docs.gitlab.com/api/protected_branches/.
"""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Literal

from llmops_cli.errors import InputError
from llmops_cli.files.json_value import Json
from llmops_cli.prompts.live import BRANCHES

Provider = Literal["github", "gitlab", "git"]
# what no shell and no pattern reads as anything but itself
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
_TAGS = ("@v*", "@deprecated*")  # releases with their yanks and deprecations, and deprecations of whole prompts
_MAINTAINER, _DEVELOPER = 40, 30


def rulesets(environments: Sequence[str]) -> list[Json]:
    """The bodies of two GitHub rulesets: for tags, and for the branches of these environments (none: of all).

    Raises InputError for an environment whose name a pattern cannot hold.
    """
    # there `*` stops at a slash, and `**/` stands for folders
    tags: list[Json] = [f"refs/tags/{folder}*{end}" for end in _TAGS for folder in ("", "**/")]
    branches: list[Json] = [f"refs/heads/{branch}" for branch in _branches(environments, ("*", "**/*"))]
    return [
        _ruleset("llmops: a release stays what it is", "tag", tags, ("update", "deletion")),
        _ruleset("llmops: the log of an environment only grows", "branch", branches, ("non_fast_forward", "deletion")),
    ]


def gitlab_calls(environments: Sequence[str]) -> list[Json]:
    """The calls to GitLab's REST API that protect the same: each `method`, `path` and `body`.

    Raises InputError for an environment whose name a pattern cannot hold.
    """
    # there `*` stands for slashes as well; protected means neither moved nor deleted by a push
    tags: list[Json] = [
        _call("protected_tags", {"name": f"*{end}", "create_access_level": _DEVELOPER}) for end in _TAGS
    ]
    return tags + [
        _call(
            "protected_branches",
            {
                "name": branch,
                "push_access_level": _MAINTAINER,
                "merge_access_level": _MAINTAINER,
                "allow_force_push": False,
            },
        )
        for branch in _branches(environments, ("*",))
    ]


def update_hook(environments: Sequence[str]) -> str:
    """The text of an `update` hook for a plain git server, in POSIX sh.

    Raises InputError for an environment whose name a pattern cannot hold.
    """
    patterns = " | ".join(f"refs/heads/{branch}" for branch in _branches(environments, ("*",)))
    return (files("llmops_cli.prompts") / "update_hook.sh").read_text(encoding="utf-8").replace("@BRANCHES@", patterns)


def _branches(environments: Sequence[str], everything: Sequence[str]) -> list[str]:
    for name in environments:
        if not _PLAIN.match(name):
            raise InputError(
                f"the environment {name!r} cannot stand in a rule", hint="without --env all environments are meant"
            )
    return [f"{BRANCHES}{name}" for name in environments or everything]


def _ruleset(name: str, target: str, include: list[Json], rules: Sequence[str]) -> dict[str, Json]:
    return {
        "name": name,
        "target": target,
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": include, "exclude": []}},
        "rules": [{"type": rule} for rule in rules],
    }


def _call(kind: str, body: dict[str, Json]) -> dict[str, Json]:
    return {"method": "POST", "path": f"projects/:id/{kind}", "body": body}
