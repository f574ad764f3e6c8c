"""The formats that hold objections alone, whoever objects, by name."""

from collections.abc import Callable, Sequence

from llmops_cli.reports.annotation import Annotation
from llmops_cli.reports.code_quality import code_quality
from llmops_cli.reports.sarif import sarif_log
from llmops_cli.reports.workflow_commands import workflow_commands

# each from annotations, and the name of who looked, to the text
ANNOTATED: dict[str, Callable[[Sequence[Annotation], str], str]] = {
    "annotations": lambda found, _: workflow_commands(found),
    "sarif": sarif_log,
    "codequality": lambda found, _: code_quality(found),
}
