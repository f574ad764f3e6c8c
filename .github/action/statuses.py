"""From the JSON report of a job's runs to two outputs of the step: the worst verdict, and the ids of the runs."""

import json
import re
import sys
from pathlib import Path

ORDER = ("fail", "invalid", "inconclusive", "pass")

runs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["runs"]
statuses = {run["verdict"]["status"] for run in runs}
print("status=" + next(status for status in ORDER if status in statuses))
print("run-ids=" + " ".join(run["id"] for run in runs if re.fullmatch(r"[\w.-]+", run["id"])))
