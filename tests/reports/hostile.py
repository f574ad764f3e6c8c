"""A run in which everybody who can say something says the worst: models, judges, and whoever wrote the cases.

Every piece of text is harmless as it stands here. What matters is that no report lets it become anything else.
"""

import functools

from llmops_cli.evals.analysis import Analysis, analyse, decided, evidence_of, policy_as_json
from llmops_cli.evals.policy import Policy
from llmops_cli.evals.run import CaseRecord, ContextRecord, Result, Run, ScoreRecord, Side
from tests.evals.runs import policy, rule

MARKER = "<!-- llmops:gate:evals -->"  # that of our own comment

# name -> text; none of them may have an effect, be it in HTML, markdown, XML, CSV, a CI log or a terminal
WORDS: dict[str, str] = {
    "script": "<script>window.pwned = true; fetch('//evil.example/x')</script>",
    "end-of-data": '</script><script>window.pwned = true</script><!-- "}]} ',
    "img": '<img src=x onerror="window.pwned = true"><svg/onload=window.pwned=true>',
    "style": "</style></title></textarea></template><style>body{display:none}</style>",
    "link": "[click](javascript:alert(1)) <a href='javascript:window.pwned=true'>x</a> https://evil.example/?q=1",
    "beacon": "![x](https://evil.example/beacon.png) ![y][z]\n\n[z]: https://evil.example/b.png",
    "mention": "@octocat @example/everyone please look, fixes #1, closes GH-2, example/repo@0123456",
    "fence": "````\n```\n~~~~~~~~\n</details></details></summary>\n````text\n| a | b |\n|---|---|\n",
    "marker": f"{MARKER}\n{MARKER}",
    "comment": "--> <!-- -- --! > <![CDATA[ x ]]> ]]> <!ENTITY e SYSTEM 'file:///etc/passwd'> &e; &lt; &#0;",
    "ansi": "\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b]8;;https://evil.example\x07link\x1b]8;;\x07\x9b2J",
    "bidi": "\u202egnp.exe\u202c \u2066left\u2069 \u200f\u200e\u061c \ufeff",
    "controls": "nul \x00 bell \x07 backspace \b\b\b form \f vertical \v delete \x7f nel \x85",
    "separators": "line\u2028paragraph\u2029return\rreturn and feed\r\nfeed\n",
    "not-characters": "\ufffe \uffff \ufdd0 \U0001ffff and a smile \U0001f600",
    "commands": "::error file=a.md,line=1::x\n  ::set-env name=x::y\n##[error]x ##[add-mask]\n::stop-commands::z",
    "environment": "name<<EOF\nvalue\nEOF\nPATH=/evil",
    "formula": "=HYPERLINK(\"https://evil.example\";\"x\")\n+1+1\n-2\n@SUM(A1)\n\t=1\n \u00a0=1\n\uff1d1",
    "quotes": "\"a\",'b';\"\"\r\n\"c",
    "template": "${{ secrets.TOKEN }} {{7*7}} {% raw %} $(id) `id` %0A %25 \\u003c",
    "no-words": "",
}  # fmt: skip
LONG = 1_000_000
FINE = 12


@functools.cache
def long_line() -> str:
    """One line of `LONG` characters, with markup at its end."""
    tail = "<script>window.pwned = true</script>``` ]]> ::error::"
    return ("ab " * LONG)[: LONG - len(tail)] + tail


def hostile_run(*, long: bool = True) -> Run:
    """Two sides, undecided: each text of `WORDS` is an id, a variable, a tag, an answer, a reason and a reply.

    Those cases turned worse, with `long` also one whose answers are one line of `LONG` characters. Of `FINE` harmless
    cases the first two turned better, and the last has no answer, only an error made of all those texts.
    """
    said = WORDS | ({"long": long_line()} if long else {}) | {f"fine-{number}": "fine" for number in range(FINE)}
    cases = [_case(name, text) for name, text in said.items()]
    return Run(
        id="20261121T120000Z-hostile-abcdef",
        suite="hostile",
        suite_path="evals/hostile.yaml",
        created_at="2026-11-21T12:00:00Z",
        llmops_version="0",
        cases=cases,
        repeats=1,
        repeatable=True,
        candidate=_side("candidate", cases, said),
        baseline=_side("baseline", cases, said),
        baseline_commit="a1b2c3d" + "0" * 33,
        against="main",
        judged_by={"right": WORDS["script"]},
        notes=list(WORDS.values()),
    )


def hostile(*, long: bool = True, given: Policy | None = None) -> Analysis:
    """That run with its verdict, which is `fail`."""
    given = given or policy(rule("right", bound=0.9, tolerance=0.02))
    run = hostile_run(long=long).model_copy(update={"policy": policy_as_json(given)})
    return analyse(decided(run, evidence_of(run, given))[0])


def _case(name: str, text: str) -> CaseRecord:
    short = text[:200]
    return CaseRecord(id=f"{name} {short}".strip(), vars={"question": text}, expected=short, tags=[short or "none"])


def _side(role: str, cases: list[CaseRecord], said: dict[str, str]) -> Side:
    baseline = role == "baseline"
    right = (lambda name: name not in ("fine-0", "fine-1")) if baseline else (lambda name: name.startswith("fine"))
    results = [
        _result(case.id, f"{text} before" if baseline else text, right=right(name))
        for case, (name, text) in zip(cases, said.items(), strict=True)
    ]
    if not baseline:
        everything = " ".join(WORDS.values())
        scores = {"right": ScoreRecord(status="failed", reason=everything)}
        results[-1] = Result(case=cases[-1].id, repeat=0, error=everything, scores=scores)
    return Side(
        role="baseline" if baseline else "candidate",
        prompt="support/triage",
        version="1.0.0" if baseline else "1.1.0",
        digest=f"sha256:{role}",
        model="test/model",
        commit="c" * 40,
        dirty=False,
        results=results,
    )


def _result(case: str, text: str, *, right: bool) -> Result:
    value = 1.0 if right else 0.0
    return Result(
        case=case,
        repeat=0,
        output=text,
        tool_calls=[{"id": "1", "name": text[:100], "arguments": text[:1_000]}],
        contexts=[ContextRecord(text=text[:1_000], id=text[:100])],
        latency_ms=120.5,
        cost_usd=0.0004,
        answered_by=text[:100],
        scores={
            "right": ScoreRecord(status="scored", value=value, passed=right, reason=text[:1_000]),
            "<b>|`@x": ScoreRecord(status="scored", value=value, passed=right, reason=text[:1_000]),
            "judged": ScoreRecord(status="failed", reason=text[:1_000]),
        },
        judge_replies={"judged": [text]},
    )
