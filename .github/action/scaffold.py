"""Writes the workflows of `llmops init` from those of this repository; with --check only says whether they are so.

There the action of this repository is used by its commit, which nobody knows beforehand: `llmops init --action` fills
it in. What concerns this repository alone is left out.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ("eval", "comment", "release", "promote", "drift")
ACTION = "your-org/llmops"
COMMIT = "0" * 40
REMARK = "# say here which repository and commit, or: llmops init --action OWNER/llmops@COMMIT"


def target(name: str) -> Path:
    """Where the scaffold keeps the workflow; a name of its own, since `release.yml` is soon taken."""
    return ROOT / "llmops_cli/scaffold/dot-github/workflows" / f"llmops-{name}.yml"


def scaffold(name: str) -> str:
    """The workflow as `llmops init` writes it."""
    text = (ROOT / ".github/workflows" / f"{name}.yml").read_text(encoding="utf-8")
    text = re.sub(r"uses: (?:\.|\$)/(\S*).*", lambda used: _used(used[1]), text)
    return text.replace("            llmops_cli/**\n", "            # src/assistant/**\n")


def _used(path: str) -> str:
    return f"uses: {ACTION}{'/' + path if path else ''}@{COMMIT} {REMARK}"


def _up_to_date(name: str) -> bool:
    return target(name).is_file() and target(name).read_text(encoding="utf-8") == scaffold(name)


def main(arguments: list[str]) -> int:
    """0 when every file is (now) as it must be, else 1."""
    stale = [name for name in WORKFLOWS if not _up_to_date(name)]
    if arguments == ["--check"]:
        if stale:
            sys.stderr.write(f"the scaffold differs from .github/workflows: {', '.join(stale)}; run `make docs`\n")
        return 1 if stale else 0
    for name in stale:
        target(name).write_text(scaffold(name), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
