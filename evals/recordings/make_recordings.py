"""Writes the recordings of this example. No model has spoken here: every answer is written by hand or by this script.

The answers start from the `expected` of the golden sets; the tables below say where a version departs from it. Phrases,
layout, latency and token counts vary with a seed, so that the same input gives the same bytes.
Run it again after editing a golden set: python evals/recordings/make_recordings.py
"""

import json
import math
import random
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"

Row = dict[str, Any]

# What version 1.0.0 of support-triage gets wrong: a human would have sorted these mails differently.
MISTAKES: dict[str, Row] = {
    "refund-downtime": {"category": "billing"},
    "price-rise-complaint": {"category": "feedback"},
    "two-topics": {"category": "billing"},
    "outage-api-slow": {"priority": "urgent"},
    "bug-dark-mode": {"priority": "normal"},
    "account-merge": {"priority": "high"},
}

# How 1.0.1 ("be warm and friendly") loses the JSON: {} stands for the object that a parser would have needed alone.
BROKEN: dict[str, str] = {
    "card-expired-lockout": "Oh no, what a moment for that to happen! Let me help you with this right away:\n\n{}",
    "refund-unused-year": "{}\n\nHope this helps! Please let me know if there is anything else I can do for you.",
    "bug-umlaut-paths": "```json\n{}\n```\nI hope this gets your umlauts back soon!",
    "feedback-thanks": "What a lovely mail, this made my day! Here is the triage:\n\n{}",
    "account-rename": "{}  // congratulations on the new name!",
    "german-refund": "Vielen Dank für Ihre Nachricht! Gerne kümmere ich mich darum:\n\n{}",
    "empty-body": "It seems that your mail arrived without any text. No worries at all, just write to us again!",
}
WARM = ["We are sorry that this happened. ", "This customer deserves a quick answer. ", ""]

# 1.1.0 (summary in a chosen language) sorts one mail better than 1.0.0 did, and one worse.
MISTAKES_1_1_0 = {name: change for name, change in MISTAKES.items() if name != "refund-downtime"} | {
    "reseller-invoice": {"priority": "high"}
}

# What version 1.0.0 of rag-answer gets wrong.
RAG_MISTAKES: dict[str, str] = {
    "none-max-file": "A single file may be as large as your storage quota, for example 10 GB on the free plan [doc-1].",
    "restore-disk-time": "The encrypted disk arrives within 5 working days.",
    "sla-credit": "You are credited 5 % of the monthly fee, if you ask within 30 days {cited}.",
    "two-role-audit": "Owners can export the audit log {cited}.",
    "exclude-where": "Under Devices > Network, with patterns in the syntax of .gitignore {cited}.",
}
OPENINGS = ["", "", "", "Short answer: "]

# Tokens of each version's own text, without the variables; estimated.
OWN_TOKENS = {
    "support-triage@1.0.0": 210,
    "support-triage@1.0.1": 224,
    "support-triage@1.1.0": 211,
    "rag-answer@1.0.0": 140,
}


def golden(name: str) -> list[Row]:
    """The rows of a golden set."""
    return [json.loads(line) for line in (GOLDEN / name).read_text(encoding="utf-8").splitlines()]


def row(prompt: str, case: Row, output: str, rng: random.Random) -> Row:
    """One row. Usage (about four characters a token) and latency (log-normal, around one second) are made up."""
    asked = sum(len(value) for value in case["vars"].values())
    words = len(output) / 4
    return {
        "prompt": prompt,
        "case": case["id"],
        "repeat": 0,
        "output": output,
        "usage": {
            "input_tokens": OWN_TOKENS[prompt] + asked // 4,
            "output_tokens": max(4, round(words * rng.uniform(0.9, 1.1))),
        },
        "latency_ms": round(350 + 9 * words + 220 * math.exp(rng.gauss(0, 0.45))),
    }


def triage_answer(case: Row, version: str, rng: random.Random) -> str:
    """The text one version answers for one mail."""
    mistakes = MISTAKES_1_1_0 if version == "1.1.0" else MISTAKES
    answer = {**case["expected"], **mistakes.get(case["id"], {})}
    if version == "1.0.1":
        answer["summary"] = rng.choice(WARM) + answer["summary"]
    text = json.dumps(answer, ensure_ascii=False, indent=2 if rng.random() < 0.3 else None)
    return BROKEN[case["id"]].replace("{}", text) if version == "1.0.1" and case["id"] in BROKEN else text


def rag_answer(case: Row, rng: random.Random) -> str:
    """The text rag-answer@1.0.0 answers for one question."""
    expected: str = case["expected"]
    if case["id"] in RAG_MISTAKES:
        label = re.search(r"\[doc-\d+\]", expected)
        return RAG_MISTAKES[case["id"]].replace("{cited}", label.group() if label else "")
    if "unanswerable" in case["tags"]:
        return expected
    return (rng.choice(OPENINGS) if "non-english" not in case["tags"] else "") + expected


def write(name: str, rows: list[Row]) -> None:
    """One JSON object a line."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (HERE / name).write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Write both recordings."""
    rows: list[Row] = []
    for version in ("1.0.0", "1.0.1", "1.1.0"):
        prompt = f"support-triage@{version}"
        for case in golden("support-triage.jsonl"):
            rng = random.Random(f"{prompt}:{case['id']}")
            rows.append(row(prompt, case, triage_answer(case, version, rng), rng))
    write("support-triage.jsonl", rows)
    rows = []
    for case in golden("rag-answer.jsonl"):
        rng = random.Random(f"rag-answer@1.0.0:{case['id']}")
        rows.append(row("rag-answer@1.0.0", case, rag_answer(case, rng), rng))
    write("rag-answer.jsonl", rows)


if __name__ == "__main__":
    main()
