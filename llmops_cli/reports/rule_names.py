"""What every rule that an annotation can name is about, in one sentence, for those who read it outside of llmops."""

RULES: dict[str, str] = {
    # the guards of the gate (docs/reference/gate.md)
    "validity": "Nothing can be decided by what was measured.",
    "floor": "A metric is below its floor.",
    "ceiling": "A measured quantity is above its ceiling.",
    "regression": "A metric fell further than it may.",
    "noninferior": "It is not shown that a metric did not fall further than it may.",
    "critical": "A critical case that passed at the base fails.",
    "anchor": "A metric fell further than it may since the anchor.",
    "change": "A metric moved, and nothing was decided by that.",
    "not-measured": "Something could not be measured, so nothing is known of it.",
    "case-fails": "A case fails a check of the gate, and did not fail it at the base.",
    # the guards of prompt check (docs/reference/versions.md)
    "needs-bump": "A prompt changed and kept its version.",
    "version-taken": "A version is taken by other content.",
    "version-below": "A version is below one that is released.",
    "level-too-low": "The step in version is smaller than the change needs.",
    "silent-merge": "A merge joined two contents under one version.",
    "name-taken": "Another project of the repository releases under this name.",
    "deleted-while-live": "A prompt that an environment serves is gone.",
    "yanked-while-live": "An environment serves a version that was yanked.",
    "invalid-file": "A file is not what it must be.",
    # the rules of golden lint (docs/reference/golden-sets.md)
    "malformed": "A golden set cannot be read.",
    "empty": "A golden set has no cases.",
    "duplicate-id": "Two cases have one id.",
    "duplicate": "Two cases are the same.",
    "contradiction": "Two cases ask the same and expect something else.",
    "near-duplicate": "Two cases are nearly the same.",
    "vars": "The variables of a case do not fit the prompt.",
    "leak": "What is expected stands in the prompt or in the case.",
    "secret": "A case holds what looks like a secret.",
    "personal-data": "A case holds what looks like personal data.",
    "check": "A check of a case cannot be used.",
    "no-expected": "A check needs what is expected, and a case does not say it.",
    "check-rejects-expected": "A check does not pass what is expected.",
    "check-passes-nothing": "An empty answer passes a check.",
    "unchecked": "No check looks at a case.",
    "ungated": "No rule of the gate looks at a case.",
    "rare-tag": "A tag is on very few cases.",
    "tag-spelling": "Two tags are nearly the same word.",
    "mostly-critical": "Most cases are critical.",
}


def sentence_about(rule: str) -> str:
    """What a rule is about."""
    return RULES.get(rule, f"llmops objects: {rule.replace('-', ' ')}.")
