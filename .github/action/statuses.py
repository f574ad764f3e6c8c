"""From the results of a job to outputs of its step: the worst verdict, run ids, whether just a key is missing.

Needs nothing but Python, and takes nothing for granted: where a file is missing, so is what it would say.
"""

from __future__ import annotations  # the Python of the machine may be an old one

import json
import re
import sys
from pathlib import Path
from typing import Any

ORDER = ("fail", "invalid", "inconclusive", "pass")
NO_KEY = "stopped: not authorised"


def read(path: Path) -> dict[str, Any]:
    """A JSON document, empty when it is not there."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


results = Path(sys.argv[1])
runs = read(results / "report.json").get("runs", [])
stopped = read(results / "outcome.json").get("stopped", [])
statuses = {run["verdict"]["status"] for run in runs}
only_a_key = bool(stopped) and all(one["message"].startswith(NO_KEY) for one in stopped) and "invalid" not in statuses
print("status=" + next((status for status in ORDER if status in statuses), ""))
print("run-ids=" + " ".join(run["id"] for run in runs if re.fullmatch(r"[\w.-]+", run["id"])))
print("only-a-key=" + str(only_a_key).lower())
