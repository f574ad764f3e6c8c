"""Runs as JUnit XML: a testsuite for every suite, a testcase for every case, and one for the gate.

There is no standard; this is what Jenkins' schema (junit-10.xsd) allows, which every reader we know of takes.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from llmops_cli.evals.analysis import Analysis
from llmops_cli.evals.case_verdict import CaseVerdict, Kind, case_verdicts
from llmops_cli.evals.metric import Metric
from llmops_cli.evals.results_folder import StoppedRecord
from llmops_cli.evals.run import CaseRecord, Result, Run
from llmops_cli.reports.eval_view import answer_of, asked_of, said_of, telling, view_of
from llmops_cli.reports.visible import visible

GATE = "llmops.gate"  # the class of the testcases that are gates, each with the name of its suite
_SHOWN = 2_000
# what XML 1.0 cannot hold, not even as a reference
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# what a case is to those who look at cases as tests; the plugin for pytest says the same
_ELEMENTS: dict[Kind, str] = {
    "fail": "failure",
    "unmeasured": "error",
    "tolerated": "skipped",
    "known": "skipped",
    "unasked": "skipped",
}
_OUTCOMES = ("failure", "error", "skipped")


def junit_report(analyses: Sequence[Analysis], stopped: Sequence[StoppedRecord] = ()) -> str:
    """All suites as one document. The gate's testcase says what the exit code says; a case alone decides nothing.

    What was not measured is a suite of errors.
    """
    root = ElementTree.Element("testsuites", {"name": "llmops"})
    root.extend(_suite(analysis) for analysis in analyses)
    if stopped:
        root.append(_not_measured(stopped))
    totals = {name: sum(int(suite.get(name, "0")) for suite in root) for name in ("tests", "failures", "errors")}
    root.attrib.update({name: str(total) for name, total in totals.items()})
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(analysis: Analysis) -> ElementTree.Element:
    run = analysis.run
    cases = [_gate(analysis), *_cases(analysis)]
    counts = {name: sum(1 for case in cases if case.find(name) is not None) for name in _OUTCOMES}
    suite = _element(
        "testsuite",
        name=run.suite,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
        timestamp=run.created_at.removesuffix("Z"),
        time=_seconds(run.candidate.results),
    )
    properties = ElementTree.SubElement(suite, "properties")
    properties.extend(_element("property", name=name, value=value) for name, value in _properties(analysis).items())
    suite.extend(cases)
    return suite


def _not_measured(stopped: Sequence[StoppedRecord]) -> ElementTree.Element:
    count = str(len(stopped))
    suite = _element("testsuite", name="not measured", tests=count, failures="0", errors=count, skipped="0")
    for number, one in enumerate(stopped, 1):
        case = _element("testcase", classname=GATE, name=f"not measured {number}", time="0")
        _tell(case, "error", one.message, "not measured", "\n".join(filter(None, (one.message, one.hint))))
        suite.append(case)
    return suite


def _properties(analysis: Analysis) -> dict[str, str]:
    run = analysis.run
    found = {
        "llmops.run": run.id,
        "llmops.verdict": "unchanged" if run.unchanged else analysis.verdict.status.value,
        "llmops.exit_code": str(analysis.exit_code),
        "llmops.candidate": run.candidate.reference,
        "llmops.digest": run.candidate.digest,
        "llmops.model": run.candidate.model,
        "llmops.baseline": run.baseline.reference if run.baseline else "",
        "llmops.baseline_commit": run.baseline_commit,
        "llmops.against": run.against,
    }
    for metric in (*analysis.metrics.values(), *analysis.slices.values()):
        found |= {f"metric.{metric.name}{key}": value for key, value in _figures(metric).items()}
    for effect in analysis.comparison.every.values() if analysis.comparison else ():
        found[f"metric.{effect.name}.change"] = _figure(effect.change)
        if effect.interval:
            found[f"metric.{effect.name}.change.low"] = _figure(effect.interval.low)
            found[f"metric.{effect.name}.change.high"] = _figure(effect.interval.high)
    return {name: value for name, value in found.items() if value}


def _figures(metric: Metric) -> dict[str, str]:
    found = {".mean": "" if metric.mean is None else _figure(metric.mean), ".n": str(metric.n)}
    if metric.interval:
        found |= {".low": _figure(metric.interval.low), ".high": _figure(metric.interval.high)}
    return found


def _figure(value: float) -> str:
    return f"{value + 0:.6g}"  # + 0 makes a zero of -0


def _gate(analysis: Analysis) -> ElementTree.Element:
    """The gate: a failure and an error as the exit code has it."""
    view = view_of(analysis, most_cases=0)
    case = _element("testcase", classname=GATE, name=analysis.run.suite, time="0")
    kind = {1: "failure", 3: "error"}.get(analysis.exit_code, "")
    text = "\n".join([view.headline, view.subject, *view.findings, *view.notes, view.footer, f"again: {view.command}"])
    _tell(case, kind, view.headline, analysis.verdict.status.value, text)
    return case


def _cases(analysis: Analysis) -> list[ElementTree.Element]:
    run = analysis.run
    before, after = run.baseline.by_case if run.baseline else {}, run.candidate.by_case
    records = {case.id: case for case in run.cases}
    found = []
    for one in case_verdicts(run, analysis.policy, analysis.verdict).values():
        case = _element("testcase", classname=run.suite, name=one.case, time=_seconds(after[one.case]))
        if one.kind in _ELEMENTS:
            text = _told(run, records[one.case], one, (before.get(one.case, []), after[one.case]))
            _tell(case, _ELEMENTS[one.kind], one.reason, one.kind, text)
        found.append(case)
    return found


def _tell(case: ElementTree.Element, kind: str, message: str, what: str, text: str) -> None:
    """Add the news to a testcase; good news are output, since only bad ones have an element of their own."""
    if not kind:
        ElementTree.SubElement(case, "system-out").text = _legal(text)
        return
    told = _element(kind, message=message) if kind == "skipped" else _element(kind, message=message, type=what)
    told.text = _legal(text)
    case.append(told)


def _told(run: Run, record: CaseRecord, one: CaseVerdict, sides: tuple[Sequence[Result], Sequence[Result]]) -> str:
    """What the checks said, what was asked, and the answers of both sides."""
    earlier, later = telling(run, sides[0]), telling(run, sides[1])
    blocks = [("", "\n".join(said_of(later, one.checks)))] if one.checks else []
    blocks += [("asked", " | ".join(asked_of(record)))]
    blocks += [("base", answer_of(earlier))] if earlier else []
    blocks += [("this change", answer_of(later))]
    return "\n\n".join(f"{name}:\n{_cut(text)}" if name else _cut(text) for name, text in blocks)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\n[{len(text) - _SHOWN:,} more characters]"


def _element(tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.Element(tag, {name: _legal(value) for name, value in attributes.items()})


def _legal(text: str) -> str:
    """Text that XML can hold: what it cannot is shown as an escape, and so is what could deceive a reader."""
    return _NOT_XML.sub(lambda match: f"\\u{ord(match.group()):04x}", visible(text.replace("\r\n", "\n")))


def _seconds(results: Sequence[Result]) -> str:
    """How long the answers took together, of those where that is known."""
    return f"{sum(result.latency_ms or 0 for result in results) / 1000:.3f}"
